import type { GateKey, StageContext, Turn } from '../core/index.ts'
import { fetchError } from './fetch-error.ts'
import { hostOf } from './host.ts'
import { openRates, type Rates } from './rates.ts'

/** How hard hosts are asked. */
export interface PoliteOptions {
  /** Requests at once to one host. */
  perHost: number
  /** Requests at once to all hosts of this task. */
  concurrency: number
  /** What certain hosts may be asked instead. */
  rates?: Rates
  /** A host that has asked to be left alone for longer is not waited for, ms. */
  maxWaitMs: number
}

export interface Polite {
  /**
   * Sends a request when it is its turn: at its host, at the host's address, in its task and in the run. `work` says when
   * the request is on its way and gives how long its answer took to begin, where that says something of the host.
   *
   * Rejects with the signal's reason once it is aborted. @throws PairloomError `PL_FETCH`: dns-not-found, dns-failed,
   * timeout-dns; host-given-up, where the host has told anybody in the run to stay away for longer than `maxWaitMs`; and
   * what work throws
   */
  run<T>(
    url: string,
    work: (turn: Pick<Turn, 'sent'>, heard: (firstByteMs: number) => void) => Promise<T>,
  ): Promise<T>
  /** At least this long between two requests to a host, ms; the longest that was said holds. */
  space(host: string, intervalMs: number): void
  /** A host asked us to slow down: fewer at once, and none for `pauseMs`. */
  slowDown(host: string, pauseMs: number): void
  /** Rejects with the error what waits for its turn at the host. */
  end(host: string, error: Error): void
  /** The same at all hosts. */
  endAll(error: Error): void
}

/**
 * The turns that a request takes, by `context.gate`, which counts them over all workers.
 *
 * Names are looked up before the wait: hosts of one address share what that address is asked.
 * addressOf: the address that a request for a URL goes to, from a cache. Memory: an entry for each host with an interval.
 */
export function openPolite(
  { gate, network, stage, partition }: Pick<StageContext, 'gate' | 'network' | 'stage' | 'partition'>,
  addressOf: (url: string) => Promise<string>,
  { perHost, concurrency, rates = {}, maxWaitMs }: PoliteOptions,
  signal: AbortSignal,
): Polite {
  const rateOf = openRates(rates, perHost)
  const intervals = new Map<string, number>()
  const task: GateKey = { name: `task ${stage} ${partition}`, atOnce: concurrency }
  const all: GateKey = { name: 'requests', atOnce: network.atOnce }
  const keyOf = (host: string) => `host ${host}`

  return {
    async run(url, work) {
      const host = hostOf(url)
      const address = await addressOf(url)
      const { atOnce, intervalMs } = rateOf(host)
      const turn = await gate.enter(
        [
          { name: keyOf(host), atOnce, intervalMs: Math.max(intervalMs, intervals.get(host) ?? 0) },
          { name: `address ${address}`, atOnce: network.perAddress },
          task,
          all,
        ],
        signal,
        {
          maxMs: maxWaitMs,
          error: (quietMs) =>
            fetchError('host-given-up', url, {
              evidence: `${host}: asked the run to stay away for ${Math.ceil(quietMs / 1000)} s more`,
            }),
        },
      )
      let tookMs: number | undefined
      try {
        return await work(turn, (firstByteMs) => (tookMs = firstByteMs))
      } finally {
        turn.leave(tookMs)
      }
    },
    space(host, intervalMs) {
      if (intervalMs > (intervals.get(host) ?? 0)) intervals.set(host, intervalMs)
    },
    slowDown: (host, pauseMs) => gate.slowDown(keyOf(host), pauseMs),
    end: (host, error) => gate.end(keyOf(host), error),
    endAll: (error) => gate.end(task.name, error),
  }
}
