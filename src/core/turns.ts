import { openPace, type Pace } from './gate-pace.ts'
import type { GateKey } from './stage.ts'

/** What a task says to the turns, as data, so that it may be in another process. Ids are its own, and above 0. */
export type TurnCall =
  | ['enter', id: number, keys: readonly GateKey[]]
  | ['cancel', id: number]
  | ['sent', id: number]
  | ['leave', id: number, firstByteMs: number | null]
  | ['slow', name: string, pauseMs: number]

/** One who takes turns: a worker process, or this one. */
export interface TurnClient {
  hear(call: TurnCall): void
  /** Gives back what it holds, and forgets what it waits for. */
  clear(): void
}

export interface Turns {
  /** granted: told of each turn; `isSpaced` where the turns want to know when its request was sent. */
  client(granted: (id: number, isSpaced: boolean) => void): TurnClient
}

interface Lane {
  name: string
  running: number
  /** Jobs that wait or run with this key: until the last has ended, all find the same lane by its name. */
  jobs: number
  /** Most at once that was asked for. */
  most: number
  /** Longest interval that was asked for, ms. */
  intervalMs: number
  pace: Pace
  /** `performance.now()` before which nothing starts. */
  notBefore: number
  /** Turns whose requests are not on their way yet, where there is an interval. */
  unsent: number
  /** Jobs whose first key this is, in their order. */
  waiting: Job[]
  /** Lanes whose first job finds no room here, in their turn. */
  blocked: Set<Lane>
  /** The lane that this lane's first job waits at. */
  blockedAt: Lane | null
  timer: NodeJS.Timeout | undefined
}

interface Job {
  keys: readonly GateKey[]
  lanes: Lane[]
  state: 'waiting' | 'running' | 'over'
  /** Lanes with an interval that wait for its request to be sent. */
  holds: Lane[]
  grant(isSpaced: boolean): void
}

/** Keys that nobody waits for are kept up to here where their pace is slowed or an interval runs. */
const MAX_IDLE = 20_000
/** Longer ones would overflow the timer and fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * The queues behind a gate: limits are kept over all clients, lanes are served in turn, and a lane that finds no room
 * at one of its keys waits there and holds nobody else.
 *
 * Memory: about 300 bytes a waiting job and 400 bytes a key in use; at most 20,000 idle keys.
 */
export function openTurns(): Turns {
  const lanes = new Map<string, Lane>()
  const idle = new Set<Lane>()

  function laneOf(name: string): Lane {
    let lane = lanes.get(name)
    if (lane === undefined) {
      lane = {
        name,
        running: 0,
        jobs: 0,
        most: 0,
        intervalMs: 0,
        pace: openPace(),
        notBefore: 0,
        unsent: 0,
        waiting: [],
        blocked: new Set(),
        blockedAt: null,
        timer: undefined,
      }
      lanes.set(name, lane)
    }
    // Whoever asked for an interval is gone, and it has passed.
    if (idle.delete(lane) && lane.notBefore <= performance.now()) lane.intervalMs = 0
    return lane
  }

  const intervalOf = (lane: Lane) => Math.max(lane.intervalMs, lane.pace.easeMs)

  /** 0 where there is room, ms where time alone brings it, Infinity where a turn must end or be sent first. */
  function waitMs(lane: Lane, atOnce: number): number {
    if (lane.running >= Math.min(atOnce, lane.pace.limit)) return Infinity
    if (lane.unsent > 0 && intervalOf(lane) > 0) return Infinity
    return Math.max(0, lane.notBefore - performance.now())
  }

  function park(lane: Lane, at: Lane, ms: number): void {
    lane.blockedAt = at
    at.blocked.add(lane)
    alarm(at, ms)
  }

  function unpark(lane: Lane): void {
    lane.blockedAt?.blocked.delete(lane)
    lane.blockedAt = null
  }

  function alarm(at: Lane, ms: number): void {
    if (ms === Infinity || at.blocked.size === 0 || at.timer !== undefined) return
    at.timer = setTimeout(
      () => {
        at.timer = undefined
        wake(at)
      },
      Math.min(MAX_TIMER_MS, Math.ceil(ms)),
    )
  }

  /** Starts the first job of a lane, or parks the lane where there is no room; true where it started. */
  function offer(lane: Lane): boolean {
    while (lane.waiting[0]?.state === 'over') lane.waiting.shift()
    const job = lane.waiting[0]
    if (job === undefined) return false
    for (let i = 0; i < job.lanes.length; i++) {
      const at = job.lanes[i]!
      const ms = waitMs(at, job.keys[i]!.atOnce)
      if (ms === 0) continue
      park(lane, at, ms)
      return false
    }
    lane.waiting.shift()
    job.state = 'running'
    for (const at of job.lanes) {
      at.running++
      if (intervalOf(at) === 0) continue
      at.unsent++
      job.holds.push(at)
    }
    job.grant(job.holds.length > 0)
    return true
  }

  /** Offers the room of a lane to those who wait at it, one job each in turn. */
  function serve(at: Lane): void {
    let ms = 0
    for (let left = at.blocked.size; left > 0 && (ms = waitMs(at, at.most)) === 0; left--) {
      const lane = at.blocked.values().next().value!
      unpark(lane)
      if (!offer(lane)) {
        forget(lane)
      } else if (lane.waiting.length > 0) {
        // To the end of the line, so that all get one before any gets two.
        park(lane, at, Infinity)
        left++
      }
    }
    if (ms > 0) alarm(at, ms)
  }

  function wake(lane: Lane): void {
    serve(lane)
    forget(lane)
  }

  function forget(lane: Lane): void {
    if (lane.jobs > 0) return
    // Its alarm would forget the lane that has the name by then.
    clearTimeout(lane.timer)
    lane.timer = undefined
    if (lane.pace.isFull && lane.notBefore <= performance.now()) {
      lanes.delete(lane.name)
      idle.delete(lane)
      return
    }
    idle.delete(lane)
    idle.add(lane)
    if (idle.size <= MAX_IDLE) return
    const [oldest] = idle
    idle.delete(oldest!)
    lanes.delete(oldest!.name)
  }

  function enter(job: Job): void {
    job.lanes = job.keys.map(({ name, atOnce, intervalMs = 0 }) => {
      const lane = laneOf(name)
      lane.jobs++
      lane.most = Math.max(lane.most, atOnce)
      lane.intervalMs = Math.max(lane.intervalMs, intervalMs)
      return lane
    })
    const lane = job.lanes[0]!
    lane.waiting.push(job)
    // One that is parked has an older job to start first.
    if (lane.blockedAt === null) offer(lane)
  }

  function sent(job: Job): void {
    const now = performance.now()
    for (const at of job.holds.splice(0)) {
      at.unsent--
      at.notBefore = Math.max(at.notBefore, now + intervalOf(at))
      alarm(at, waitMs(at, at.most))
    }
  }

  function leave(job: Job, firstByteMs: number | null): void {
    sent(job)
    for (const at of job.lanes) {
      at.running--
      at.jobs--
    }
    const [first] = job.lanes
    if (firstByteMs !== null) first!.pace.heard(firstByteMs, first!.most)
    for (const at of job.lanes) wake(at)
  }

  function cancel({ lanes: [...at] }: Job): void {
    const [lane] = at
    while (lane!.waiting[0]?.state === 'over') lane!.waiting.shift()
    for (const other of at) other.jobs--
    // Those behind it may wait elsewhere, or nowhere: each that starts leaves the next one to be parked.
    unpark(lane!)
    while (offer(lane!));
    for (const other of at) forget(other)
  }

  function slowDown(name: string, pauseMs: number): void {
    const lane = laneOf(name)
    if (lane.most > 0) lane.pace.ease(lane.most)
    lane.notBefore = Math.max(lane.notBefore, performance.now() + pauseMs)
    forget(lane)
  }

  return {
    client(granted) {
      const jobs = new Map<number, Job>()
      function end(id: number, firstByteMs: number | null): void {
        const job = jobs.get(id)
        if (job === undefined) return
        jobs.delete(id)
        const { state } = job
        job.state = 'over'
        if (state === 'running') leave(job, firstByteMs)
        else cancel(job)
      }
      return {
        hear(call) {
          switch (call[0]) {
            case 'enter': {
              const [, id, keys] = call
              const grant = (isSpaced: boolean) => granted(id, isSpaced)
              const job: Job = { keys, lanes: [], holds: [], state: 'waiting', grant }
              jobs.set(id, job)
              enter(job)
              return
            }
            case 'sent': {
              const job = jobs.get(call[1])
              if (job) sent(job)
              return
            }
            case 'cancel':
              end(call[1], null)
              return
            case 'leave':
              end(call[1], call[2])
              return
            case 'slow':
              slowDown(call[1], call[2])
          }
        },
        clear() {
          // What waits goes first, or it would get what is given back.
          const waitingLast = [...jobs].sort(
            ([, a], [, b]) => Number(a.state === 'running') - Number(b.state === 'running'),
          )
          for (const [id] of waitingLast) end(id, null)
        },
      }
    },
  }
}
