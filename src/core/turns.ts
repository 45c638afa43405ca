import { openLaneWaits, type LaneWait } from './lane-waits.ts'
import {
  block,
  intervalOf,
  lineOf,
  openLane,
  unblock,
  waitMs,
  type Job,
  type Lane,
  type Line,
} from './lane.ts'
import type { GateKey } from './turn.ts'

/** What a task says to the turns, as data, so that it may be in another process. Ids are its own, and above 0. */
export type TurnCall =
  | ['enter', id: number, keys: readonly GateKey[], patienceMs?: number]
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
  /**
   * granted: told of each turn; `isSpaced` where the turns want to know when its request was sent.
   * refused: told of each that has less patience than its first key asks for, and for how long that is.
   */
  client(
    granted: (id: number, isSpaced: boolean) => void,
    refused?: (id: number, quietMs: number) => void,
  ): TurnClient
  /** What had requests waiting for the longest time so far, at most so many. */
  longestWaits(most: number): LaneWait[]
}

/** Keys that nobody waits for are kept up to here where their pace is slowed or an interval runs. */
const MAX_IDLE = 20_000
/** Longer ones would overflow the timer and fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * The queues behind a gate: limits are kept over all clients, lines of jobs with equal keys are served in turn, and a line
 * that finds no room at one of its keys waits there and holds nobody else: neither other keys, nor other tasks that ask the
 * same host.
 *
 * Memory: about 300 bytes a waiting job and 400 bytes a key in use; at most 20,000 idle keys.
 */
export function openTurns(): Turns {
  const lanes = new Map<string, Lane>()
  const idle = new Set<Lane>()
  const waits = openLaneWaits()

  function laneOf(name: string): Lane {
    let lane = lanes.get(name)
    if (lane === undefined) {
      lane = openLane(name)
      waits.begin(lane)
      lanes.set(name, lane)
    }
    // Whoever asked for an interval is gone, and it has passed.
    if (idle.delete(lane) && lane.notBefore <= performance.now()) lane.intervalMs = 0
    return lane
  }

  function park(line: Line, at: Lane, ms: number): void {
    block(line, at)
    alarm(at, ms)
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

  /** Starts the first job of a line, or parks the line where there is no room; true where it started. */
  function offer(line: Line): boolean {
    while (line.waiting[0]?.state === 'over') line.waiting.shift()
    const job = line.waiting[0]
    if (job === undefined) {
      line.lanes[0]!.lines.delete(line.name)
      return false
    }
    for (const [i, at] of line.lanes.entries()) {
      const ms = waitMs(at, job.keys[i]!.atOnce)
      if (ms === 0) continue
      park(line, at, ms)
      return false
    }
    line.waiting.shift()
    if (line.waiting.length === 0) line.lanes[0]!.lines.delete(line.name)
    job.state = 'running'
    for (const at of line.lanes) {
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
      const line = at.blocked.values().next().value!
      unblock(line)
      if (!offer(line)) {
        forget(line.lanes[0]!)
      } else if (line.waiting.length > 0) {
        // To the end of the line, so that all get one before any gets two.
        park(line, at, Infinity)
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
      drop(lane)
      return
    }
    idle.delete(lane)
    idle.add(lane)
    if (idle.size <= MAX_IDLE) return
    const [oldest] = idle
    drop(oldest!)
  }

  function drop(lane: Lane): void {
    idle.delete(lane)
    lanes.delete(lane.name)
    waits.end(lane)
  }

  function enter(job: Job): void {
    const at = job.keys.map(({ name, atOnce, intervalMs = 0 }) => {
      const lane = laneOf(name)
      lane.jobs++
      lane.most = Math.max(lane.most, atOnce)
      lane.intervalMs = Math.max(lane.intervalMs, intervalMs)
      return lane
    })
    const line = lineOf(at, job.keys)
    job.line = line
    line.waiting.push(job)
    if (isRefused(job, at[0]!)) cancel(job)
    // One that is blocked has an older job to start first.
    else if (line.blockedAt === null) offer(line)
  }

  /** Ends a job that waits for less than its first key has asked for. */
  function isRefused(job: Job, first: Lane): boolean {
    const quietMs = first.quietUntil - performance.now()
    if (quietMs <= job.patienceMs) return false
    job.state = 'over'
    job.refuse(quietMs)
    return true
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
    const at = job.line!.lanes
    for (const lane of at) {
      lane.running--
      lane.jobs--
    }
    const [first] = at
    if (firstByteMs !== null) first!.pace.heard(firstByteMs, first!.most)
    for (const lane of at) wake(lane)
  }

  /** To be called for a job that is over before it has had its turn. */
  function cancel(job: Job): void {
    const line = job.line!
    for (const at of line.lanes) at.jobs--
    while (line.waiting[0]?.state === 'over') line.waiting.shift()
    // Those behind it may wait elsewhere, or nowhere: each that starts leaves the next one to be parked.
    unblock(line)
    while (offer(line));
    for (const at of line.lanes) forget(at)
  }

  function slowDown(name: string, pauseMs: number): void {
    const lane = laneOf(name)
    const until = performance.now() + pauseMs
    if (lane.most > 0) lane.pace.ease(lane.most)
    lane.pleas++
    lane.notBefore = Math.max(lane.notBefore, until)
    lane.quietUntil = Math.max(lane.quietUntil, until)
    const waiting = [...lane.lines.values()].flatMap((line) => line.waiting)
    for (const job of waiting) if (job.state === 'waiting' && isRefused(job, lane)) cancel(job)
    forget(lane)
  }

  return {
    longestWaits: (most) => waits.longest(most, lanes.values()),
    client(granted, refused) {
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
              const [, id, keys, patienceMs = Infinity] = call
              const job: Job = {
                keys,
                line: null,
                holds: [],
                state: 'waiting',
                patienceMs,
                grant: (isSpaced) => granted(id, isSpaced),
                refuse(quietMs) {
                  jobs.delete(id)
                  refused?.(id, quietMs)
                },
              }
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
