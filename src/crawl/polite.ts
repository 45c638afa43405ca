/** How hard one host and all of them are asked. */
export interface PoliteOptions {
  /** Requests at once to one host. */
  perHost: number
  /** Requests at once to all hosts. */
  concurrency: number
  signal: AbortSignal
}

export interface HostQueues {
  /** Runs work for a host when it is the host's turn. Rejects with the signal's reason once it is aborted. */
  run<T>(host: string, work: () => Promise<T>): Promise<T>
  /** At least this long between two starts at a host, ms; the longest that was said holds. */
  space(host: string, intervalMs: number): void
  /** A host asked us to slow down: fewer at once, and none for `pauseMs`. */
  slowDown(host: string, pauseMs: number): void
  /** Rejects with the error what waits for its turn at the host. */
  end(host: string, error: Error): void
}

interface Host {
  name: string
  waiting: Job[]
  running: number
  /** Requests at once now: halved by each plea to slow down, raised by one after that many good answers. */
  limit: number
  good: number
  intervalMs: number
  /** `performance.now()` before which nothing starts. */
  notBefore: number
  timer: NodeJS.Timeout | undefined
}

interface Job {
  start(): void
  cancel(reason: Error): void
}

/** Good answers in a row after which a slowed host is asked one more at once. */
const RAISE_AFTER = 20

/**
 * One queue a host, served in turn, so that a slow host holds its own pictures and nobody else's.
 *
 * Memory: a closure for each waiting job; hosts with nothing waiting are forgotten unless they were slowed down.
 */
export function openHostQueues({ perHost, concurrency, signal }: PoliteOptions): HostQueues {
  const hosts = new Map<string, Host>()
  /** Hosts that may have a job to start, in their turn. */
  const turns = new Set<Host>()
  let running = 0

  signal.addEventListener('abort', cancelAll, { once: true })

  function cancelAll(): void {
    for (const host of hosts.values()) {
      clearTimeout(host.timer)
      for (const job of host.waiting.splice(0)) job.cancel(signal.reason as Error)
    }
    hosts.clear()
    turns.clear()
  }

  function hostOf(name: string): Host {
    let host = hosts.get(name)
    if (host === undefined) {
      host = {
        name,
        waiting: [],
        running: 0,
        limit: perHost,
        good: 0,
        intervalMs: 0,
        notBefore: 0,
        timer: undefined,
      }
      hosts.set(name, host)
    }
    return host
  }

  function pump(): void {
    for (const host of turns) {
      if (running >= concurrency) return
      turns.delete(host)
      if (host.waiting.length === 0 || host.running >= host.limit) continue
      const waitMs = host.notBefore - performance.now()
      if (waitMs > 0) {
        host.timer ??= setTimeout(() => wake(host), Math.ceil(waitMs))
        continue
      }
      host.notBefore = performance.now() + host.intervalMs
      host.running++
      running++
      host.waiting.shift()!.start()
      // To the end of the line, so that all hosts get one before any gets two.
      turns.add(host)
    }
  }

  function wake(host: Host): void {
    host.timer = undefined
    turns.add(host)
    pump()
  }

  function done(host: Host): void {
    host.running--
    running--
    if (host.limit < perHost && ++host.good >= RAISE_AFTER) {
      host.good = 0
      host.limit++
    }
    const isIdle = host.waiting.length === 0 && host.running === 0
    if (isIdle && host.limit === perHost && host.intervalMs === 0 && host.notBefore <= performance.now()) {
      hosts.delete(host.name)
    }
    turns.add(host)
    pump()
  }

  return {
    run(name, work) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error)
          return
        }
        const host = hostOf(name)
        host.waiting.push({
          start: () =>
            void work()
              .then(resolve, reject)
              .finally(() => done(host)),
          cancel: reject,
        })
        turns.add(host)
        pump()
      })
    },
    space(name, intervalMs) {
      if (intervalMs > 0) hostOf(name).intervalMs = Math.max(hostOf(name).intervalMs, intervalMs)
    },
    slowDown(name, pauseMs) {
      const host = hostOf(name)
      host.limit = Math.max(1, Math.floor(host.limit / 2))
      host.good = 0
      host.notBefore = Math.max(host.notBefore, performance.now() + pauseMs)
    },
    end(name, error) {
      for (const job of hosts.get(name)?.waiting.splice(0) ?? []) job.cancel(error)
    },
  }
}
