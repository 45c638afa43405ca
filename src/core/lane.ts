import { openPace, type Pace } from './gate-pace.ts'
import type { GateKey } from './turn.ts'

/** One key of a gate: who is asked through it at present, and who waits at it. */
export interface Lane {
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
  /** `performance.now()` until which it has asked to be left alone. */
  quietUntil: number
  /** How often it has asked for patience. */
  pleas: number
  /** Turns whose requests are not on their way yet, where there is an interval. */
  unsent: number
  /** Lines of jobs whose first key this is, by their other keys. */
  lines: Map<string, Line>
  /** Lines whose first job finds no room here, in their turn. */
  blocked: Set<Line>
  /** How long it has had somebody waiting for room here, ms, and since when it has again, 0 where it has not. */
  heldMs: number
  heldSince: number
  timer: NodeJS.Timeout | undefined
}

/** Jobs of equal keys, in their order: none of them could go where the first cannot. */
export interface Line {
  name: string
  lanes: Lane[]
  waiting: Job[]
  /** The lane that its first job waits at. */
  blockedAt: Lane | null
}

/** A request that waits for its turn, or has it. */
export interface Job {
  keys: readonly GateKey[]
  line: Line | null
  state: 'waiting' | 'running' | 'over'
  /** Lanes with an interval that wait for its request to be sent. */
  holds: Lane[]
  /** It waits no longer than so for a key that has asked to be left alone, ms. */
  patienceMs: number
  grant(isSpaced: boolean): void
  refuse(quietMs: number): void
}

export function openLane(name: string): Lane {
  return {
    name,
    running: 0,
    jobs: 0,
    most: 0,
    intervalMs: 0,
    pace: openPace(),
    notBefore: 0,
    quietUntil: 0,
    pleas: 0,
    unsent: 0,
    lines: new Map(),
    blocked: new Set(),
    heldMs: 0,
    heldSince: 0,
    timer: undefined,
  }
}

/** Least time between two requests at present, ms. */
export function intervalOf({ intervalMs, pace }: Lane): number {
  return Math.max(intervalMs, pace.easeMs)
}

/** 0 where there is room, ms where time alone brings it, Infinity where a turn must end or be sent first. */
export function waitMs(lane: Lane, atOnce: number): number {
  if (lane.running >= Math.min(atOnce, lane.pace.limit)) return Infinity
  if (lane.unsent > 0 && intervalOf(lane) > 0) return Infinity
  return Math.max(0, lane.notBefore - performance.now())
}

/** Lets a line wait at a lane. */
export function block(line: Line, at: Lane): void {
  if (at.blocked.size === 0) at.heldSince = performance.now()
  line.blockedAt = at
  at.blocked.add(line)
}

export function unblock(line: Line): void {
  const at = line.blockedAt
  line.blockedAt = null
  if (!at?.blocked.delete(line) || at.blocked.size > 0) return
  at.heldMs += performance.now() - at.heldSince
  at.heldSince = 0
}

/** The line of a job at its first lane. */
export function lineOf(lanes: Lane[], keys: readonly GateKey[]): Line {
  const { lines } = lanes[0]!
  const name = keys
    .slice(1)
    .map((key) => key.name)
    .join('\n')
  let line = lines.get(name)
  if (line === undefined) {
    line = { name, lanes, waiting: [], blockedAt: null }
    lines.set(name, line)
  }
  return line
}
