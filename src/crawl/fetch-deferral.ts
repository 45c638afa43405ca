import type { StageContext } from '../core/stage.ts'
import { fetchError } from './fetch-error.ts'

/** When hosts are asked no more for now, and their rows are left. */
export interface Deferral {
  /** True once the run's deadline has come: nothing is left to a continuation then. */
  readonly isOver: boolean
  /** Counts a row as under way at a host, until it is over. */
  begin(host: string): OpenRow
  /** Counts what rows wait for at a host that is not theirs, such as a file of an origin, until what it gives is called. */
  visit(host: string): () => void
  /** @throws PairloomError `PL_FETCH`, deferred, for a host that is asked no more now */
  check(host: string): void
  /** A wait for a host. @throws PairloomError `PL_FETCH`, deferred, as soon as the host is asked no more */
  pause(host: string, ms: number): Promise<void>
  /** The input, so that it is known whether more rows may come. */
  watched<T>(batches: AsyncIterable<T>): AsyncGenerator<T>
  close(): void
}

/** A row under way. */
export interface OpenRow {
  /** A redirect, or a further try, has led it to a host: it is that host which it waits for. */
  moveTo(host: string): void
  done(): void
}

export interface DeferralOptions {
  /** Time of a partition, ms; a continuation has twice the time of the link before it, up to 64 times. */
  partitionMs: number
  perHost: number
  concurrency: number
  signal: AbortSignal
  /** Rejects with the error what waits for its turn at a host; at all hosts where it is null. */
  onDefer(host: string | null, error: Error): void
}

const MAX_DOUBLINGS = 6
/** Longer ones would overflow the timer. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Ends the waits of rows whose time is over: those of the hosts that are left once the partition's time has passed, and
 * all of them at the run's deadline. Requests under way are finished.
 *
 * When its time is over, a partition goes on as long as it keeps `concurrency` requests busy. It no longer does when no
 * more rows can be taken in (they are all there, or the window is full) and what is there is of fewer hosts than
 * concurrency / perHost: a tail. A row counts for the host that it waits at, wherever a redirect has led it. The hosts of
 * a tail are deferred, those of later rows when they are a tail again. One row at least is done before that, so that each
 * link gets somewhere.
 * Memory: an entry for each host of the rows in work, and for each that was deferred.
 */
export function openDeferral(
  { now, deadline, link }: Pick<StageContext, 'now' | 'deadline' | 'link'>,
  { partitionMs, perHost, concurrency, signal, onDefer }: DeferralOptions,
): Deferral {
  const started = now()
  const endsAt = started + partitionMs * 2 ** Math.min(link, MAX_DOUBLINGS)
  const busyHosts = Math.ceil(concurrency / perHost)
  /** Host -> rows under way that are at it. */
  const open = openCounts()
  const visited = openCounts()
  const deferred = new Set<string>()
  const pauses = new Set<{ host: string; end(error: Error): void }>()
  let isReading = true
  let isOver = false
  let ended = 0
  let timer: NodeJS.Timeout | undefined

  const errorFor = (host: string) =>
    fetchError('deferred', host, {
      evidence: isOver
        ? `the run's deadline, ${new Date(deadline!).toISOString()}`
        : 'the time of its partition',
    })

  function wakePauses(isMeant: (host: string) => boolean): void {
    for (const pause of pauses) if (isMeant(pause.host)) pause.end(errorFor(pause.host))
  }

  function look(): void {
    if (isOver) return
    if (deadline !== null && now() >= deadline) {
      isOver = true
      onDefer(null, errorFor('all hosts'))
      wakePauses(() => true)
      return
    }
    const isTail = !isReading && ended > 0 && open.hosts.size < busyHosts
    if (now() < endsAt || !isTail) return
    for (const host of [...open.hosts.keys(), ...visited.hosts.keys()]) {
      if (deferred.has(host)) continue
      deferred.add(host)
      onDefer(host, errorFor(host))
    }
    wakePauses((host) => deferred.has(host))
  }

  /** Rows that only wait end nothing that would look. */
  function watch(): void {
    look()
    const next = [endsAt, deadline ?? Infinity].filter((at) => at > now())
    if (next.length > 0 && !isOver)
      timer = setTimeout(watch, Math.min(MAX_TIMER_MS, Math.min(...next) - now()))
  }

  function onAbort(): void {
    for (const pause of pauses) pause.end(signal.reason as Error)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  watch()

  return {
    get isOver() {
      return isOver
    },
    begin(host) {
      let at = host
      open.add(at)
      return {
        moveTo(next) {
          if (next === at) return
          open.remove(at)
          open.add((at = next))
          look()
        },
        done() {
          open.remove(at)
          ended++
          look()
        },
      }
    },
    visit(host) {
      visited.add(host)
      return () => visited.remove(host)
    },
    check(host) {
      if (!isOver && deadline !== null && now() >= deadline) look()
      if (isOver || deferred.has(host)) throw errorFor(host)
    },
    pause(host, ms) {
      return new Promise((resolve, reject) => {
        const pause = {
          host,
          end(error: Error | null) {
            clearTimeout(ending)
            pauses.delete(pause)
            if (error) reject(error)
            else resolve()
          },
        }
        const ending = setTimeout(() => pause.end(null), ms)
        pauses.add(pause)
        if (signal.aborted) pause.end(signal.reason as Error)
        else if (isOver || deferred.has(host)) pause.end(errorFor(host))
      })
    },
    async *watched(batches) {
      for await (const batch of batches) {
        isReading = false
        yield batch
        isReading = true
      }
      isReading = false
      look()
    },
    close() {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}

function openCounts() {
  const hosts = new Map<string, number>()
  return {
    hosts: hosts as ReadonlyMap<string, number>,
    add: (host: string) => void hosts.set(host, (hosts.get(host) ?? 0) + 1),
    remove(host: string) {
      const left = hosts.get(host)! - 1
      if (left > 0) hosts.set(host, left)
      else hosts.delete(host)
    },
  }
}
