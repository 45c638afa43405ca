import { z } from 'zod'
import type { Row } from '../../core/column.ts'
import { PairloomError } from '../../core/error.ts'
import { defineGlobal, type GlobalBatch, type GlobalInput, type Verdict } from '../../core/stage.ts'
import { intoPartitions, rowsByUid, SLOTS } from '../by-uid.ts'
import { curveCounters } from './balance-curve.ts'
import { EntryCounts } from './entry-counts.ts'
import { equalTails, sameLimits, type HeadLimits } from './head-limit.ts'
import { ONE_LIST } from './entry-list.ts'

const NAME = 'filter/balance'
/** Entries of a dropped row that its verdict names, those of most captions first. */
const NAMED_ENTRIES = 5

const options = z.strictObject({
  t: z
    .int()
    .min(1)
    .default(20_000)
    .describe(
      'captions of an entry from which on it is sampled: each entry alone keeps about so many. 20000 for 400 million pairs, 170000 for 2.5 billion in MetaCLIP',
    ),
  tailOf: z
    .string()
    .min(1)
    .optional()
    .describe(
      'list (a language, such as en) that t is for; every other list gets the t that leaves it the same share of matches in its tail, as in MetaCLIP 2',
    ),
  partitions: z
    .int()
    .min(1)
    .max(SLOTS)
    .optional()
    .describe('output partitions; as many as come in where it is not given'),
})

/**
 * Balances rows over the entries that `filter/entries` found: those of rare entries stay, those that have common entries
 * alone are sampled (`head`).
 *
 * MetaCLIP (arXiv 2309.16671, algorithm 1; 2507.22062 with `tailOf`): an entry that `count` rows have keeps each with a
 * chance of t / count, and a row stays where one of its entries keeps it. The draw is a hash of seed, uid and entry, so it
 * depends on no order, and what stays at one t stays at every larger one: `balance_t` is the least t above which a row
 * does. Belongs after all other filters. Entries in no row count for nothing. Rows come out by md5(uid).
 * Memory: 120 bytes an entry that was found, and as `rowsByUid`.
 * @throws PairloomError `PL_INPUT` where no row is of the list `tailOf`
 */
export const balance = defineGlobal({
  name: NAME,
  version: 1,
  summary: 'Sample rows of common entries, keep those of rare ones (MetaCLIP)',
  options,
  seeded: true,
  reads: ['uid', 'entries_list', 'entries_matched'],
  adds: {
    balance_t: { type: 'float64', nullable: true, doc: 'least t above which balancing keeps the row' },
    balance_limit: { type: 'float64', nullable: true, doc: 't of the list of the row' },
  },
  partitions: (chosen) => chosen.partitions ?? 0,
  async *run(input, { options: chosen, seed, memoryBytes, drop, count }): AsyncGenerator<GlobalBatch> {
    const counts = await countEntries(input)
    const limits = limitsOf(counts, chosen)
    const after = new EntryCounts()
    const partitions = chosen.partitions ?? Math.max(1, input.partitions)
    yield* intoPartitions(rowsByUid(input, memoryBytes, statement), partitions, (twins) => {
      const kept: Row[] = []
      for (const { pairloom_slot: _, ...row } of twins) {
        const { list, entries } = matchesOf(row)
        const leastT = counts.leastT(seed, row.uid as string, list, entries)
        const t = limits.get(list) ?? chosen.t
        const judged = { ...row, balance_t: leastT, balance_limit: t }
        if (leastT === null) drop(judged, { ...DROPPED, reason: 'no-entry', value: '0', limit: 'an entry' })
        else if (leastT < t) {
          kept.push(judged)
          after.add(list, entries)
        } else drop(judged, headVerdict(counts, list, entries, t))
      }
      return kept
    })
    const before = curveCounters('before', counts.sorted())
    for (const [name, by] of [...before, ...curveCounters('after', after.sorted())]) count(name, by)
    for (const [list, t] of limits) if (list !== ONE_LIST) count(`t.${list}`, t)
  },
})

const DROPPED = { status: 'dropped', rule: NAME } as const

async function countEntries(input: GlobalInput): Promise<EntryCounts> {
  const counts = new EntryCounts()
  for await (const rows of input.sql('SELECT entries_list, entries_matched FROM input')) {
    for (const row of rows) {
      const { list, entries } = matchesOf(row)
      if (entries.length > 0) counts.add(list, entries)
    }
  }
  return counts
}

function matchesOf(row: Row): { list: string; entries: string[] } {
  return {
    list: (row.entries_list as string | null) ?? ONE_LIST,
    entries: (row.entries_matched as string[] | null) ?? [],
  }
}

function limitsOf(counts: EntryCounts, { t, tailOf }: z.infer<typeof options>): HeadLimits {
  if (tailOf === undefined || counts.size === 0) return sameLimits(counts, t)
  if (counts.lists.includes(tailOf)) return equalTails(counts, tailOf, t)
  const message = `Expected rows of the list ${tailOf}, which tailOf names, got those of ${counts.lists.join(', ')}`
  throw new PairloomError('PL_INPUT', message, { data: { tailOf, lists: counts.lists } })
}

/** Value: the row's entries with the rows that have each; limit: the t that its least t did not stay below. */
function headVerdict(counts: EntryCounts, list: string, entries: readonly string[], t: number): Verdict {
  const counted = entries.map((entry) => ({ entry, rows: counts.of(list, entry) }))
  counted.sort((a, b) => b.rows - a.rows || (a.entry < b.entry ? -1 : 1))
  const named = counted.slice(0, NAMED_ENTRIES).map(({ entry, rows }) => `${entry} ${rows}`)
  const more = counted.length - named.length
  const value = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return { ...DROPPED, reason: 'head', value, limit: `t = ${t}` }
}

function statement(from: string, to: string): string {
  return `
    WITH placed AS (SELECT *, substr(md5(uid), 1, 4) AS pairloom_slot FROM input)
    SELECT * FROM placed WHERE pairloom_slot >= '${from}' AND pairloom_slot < '${to}' ORDER BY pairloom_slot, uid`
}
