import { addCounters, emptyTally, type Counters, type Tally } from './counters.ts'
import type { Row } from './column.ts'
import { PairloomError } from './error.ts'
import type { Filter } from './filter.ts'
import { runFilters } from './filter-group.ts'
import { openGate } from './gate.ts'
import type { BytesAccess, Network, RowStage, SourceStart, StageContext, Verdict } from './stage.ts'

export interface Collected {
  kept: Row[]
  rejects: (Row & Verdict)[]
  /** Left to a continuation. */
  deferred: Row[]
  /** `kept`, `dropped.<reason>`, `failed.<reason>` and what the stage counted. */
  counters: Counters
  tally: Tally
}

export const NO_NETWORK: Network = {
  agent: 'pairloom',
  contact: null,
  hosts: {},
  allow: [],
  atOnce: 1024,
  perAddress: 16,
  dns: { servers: [], atOnce: 64 },
  http2: false,
}

/** What finds the partitions of a source that asks no network. */
export const NO_START: SourceStart = { network: NO_NETWORK, signal: new AbortController().signal }

const NO_BYTES: BytesAccess = {
  append: () => Promise.reject(new PairloomError('PL_STAGE', 'Expected a stage that declares writesBytes')),
  read: () => Promise.reject(new PairloomError('PL_STAGE', 'Expected a run: collect holds no bytes')),
}

/**
 * Runs one filter or row stage over rows in memory, without a run folder: for trying a stage and for its tests.
 *
 * options are checked with the stage's schema, defaults filled in.
 */
export async function collect(
  stage: Filter | RowStage,
  rows: readonly Row[],
  options: Record<string, unknown> = {},
  context: Partial<StageContext> = {},
): Promise<Collected> {
  const checked = stage.options.parse(options)
  const rejects: (Row & Verdict)[] = []
  const deferred: Row[] = []
  const counts: Counters = {}
  const full: StageContext = {
    options: checked,
    stage: stage.name,
    seed: '0',
    partition: 0,
    link: 0,
    signal: new AbortController().signal,
    now: Date.now,
    deadline: null,
    network: NO_NETWORK,
    gate: openGate(),
    scratch: '',
    memoryBytes: 256 * 2 ** 20,
    bytes: NO_BYTES,
    isTakenDown: () => false,
    drop: (row, verdict) => rejects.push({ ...row, ...verdict }),
    defer: (row) => deferred.push(row),
    count: (name, by = 1) => addCounters(counts, { [name]: by }),
    ...context,
  }
  const input = (async function* () {
    yield await Promise.resolve([...rows])
  })()
  const output =
    stage.kind === 'filter'
      ? runFilters([{ filter: stage, options: checked }], input, full)
      : stage.process(input, { ...full, options: checked })
  const kept: Row[] = []
  for await (const batch of output) for (const row of batch) kept.push(row)

  const counters: Counters = { ...counts }
  if (kept.length > 0) addCounters(counters, { kept: kept.length })
  for (const { status, reason } of rejects) addCounters(counters, { [`${status}.${reason}`]: 1 })
  const tally = emptyTally()
  tally.rowsIn = rows.length - deferred.length
  tally.kept = kept.length
  tally.dropped = rejects.filter((r) => r.status === 'dropped').length
  tally.failed = rejects.length - tally.dropped
  tally.counters = counts
  for (const r of rejects) addCounters(tally.reasons, { [`${r.status}.${r.rule}.${r.reason}`]: 1 })
  return { kept, rejects, deferred, counters, tally }
}
