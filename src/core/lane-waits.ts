import type { Lane } from './lane.ts'

/** What requests have waited at: a host, an address, the limit of a task or of the run. */
export interface LaneWait {
  /** Kind and name, as a gate's key: `host example.org`. */
  name: string
  /** How long it had somebody waiting for room, ms. */
  heldMs: number
  /** Requests at once that its limits allow, and at present. */
  most: number
  atOnce: number
  /** Pause between two requests that its limits ask for (`rates`, Crawl-delay), and at present, ms. */
  limitMs: number
  intervalMs: number
  /** How often it asked for patience (429, 503). */
  pleas: number
}

/** Waits at lanes, kept beyond the lanes themselves. */
export interface LaneWaits {
  /** A lane by this name begins: it goes on from what one before it had. */
  begin(lane: Lane): void
  /** A lane is forgotten. */
  end(lane: Lane): void
  /** The longest ones first, those of `lanes` included. */
  longest(most: number, lanes: Iterable<Lane>): LaneWait[]
}

/** Lanes that are gone whose waits are remembered. */
const MAX_PAST = 2000
/** Shorter waits are no news, ms. */
const MIN_HELD_MS = 1000

/** Memory: about 200 bytes for each of at most 2,000 lanes that are gone and have held somebody for a second. */
export function openLaneWaits(): LaneWaits {
  const past = new Map<string, LaneWait>()

  return {
    begin(lane) {
      const before = past.get(lane.name)
      if (before === undefined) return
      past.delete(lane.name)
      lane.heldMs = before.heldMs
      lane.pleas = before.pleas
    },
    end(lane) {
      if (lane.heldMs < MIN_HELD_MS) return
      past.set(lane.name, waitOf(lane))
      if (past.size <= MAX_PAST) return
      const kept = longestOf([...past.values()], MAX_PAST / 2)
      past.clear()
      for (const wait of kept) past.set(wait.name, wait)
    },
    longest(most, lanes) {
      const all = [...past.values(), ...[...lanes].map(waitOf)]
      return longestOf(
        all.filter(({ heldMs }) => heldMs >= MIN_HELD_MS),
        most,
      )
    },
  }
}

function waitOf(lane: Lane): LaneWait {
  const { name, heldMs, heldSince, most, intervalMs, pace, pleas } = lane
  return {
    name,
    heldMs: Math.round(heldMs + (heldSince > 0 ? performance.now() - heldSince : 0)),
    most,
    atOnce: Math.min(most, pace.limit),
    limitMs: Math.round(intervalMs),
    intervalMs: Math.round(Math.max(intervalMs, pace.easeMs)),
    pleas,
  }
}

function longestOf(waits: LaneWait[], most: number): LaneWait[] {
  return waits.sort((a, b) => b.heldMs - a.heldMs || (a.name < b.name ? -1 : 1)).slice(0, most)
}
