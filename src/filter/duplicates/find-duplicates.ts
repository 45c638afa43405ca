import { join } from 'node:path'
import type { Row } from '../../core/column.ts'
import type { Mergeable } from '../../core/merge-rows.ts'
import type { GlobalInput, StageContext } from '../../core/stage.ts'
import { THUMB_BYTES } from '../../media/thumb.ts'
import { openSql } from '../../table/sql.ts'
import { openComponents } from './components.ts'
import { confirm } from './confirm.ts'
import { earlierFiles } from './earlier.ts'
import { hammingPairs } from './hamming-pairs.ts'
import { distanceOf, hashOf, isHash, numberOf, openHashSet, type HashName, type HashSet } from './hash-set.ts'
import { openMembers, type Member, type Members } from './members.ts'
import type { NearOptions } from './near-duplicates.ts'
import { thumbColours, thumbDistance } from './thumb-distance.ts'

/** Hot hashes that are named in counters. */
const NAMED = 20

/** A row that is not alone. */
export interface Duplicate {
  /** Who stays; null: it does. */
  keeper: Member | null
  /** How far it is from who stays. */
  distance(): { bits: number; colours: number }
  /** Texts of those that go, of one that stays. */
  others(): Iterable<Mergeable>
}

export interface Duplicates {
  /** By uid; null of a row that is alone. */
  of(uid: string): Duplicate | null
  close(): void
}

type Query = (statement: string) => AsyncIterable<Row[]>

/** Finds who is a duplicate of whom; the rows stay where they are. See `nearDuplicates`. */
export async function findDuplicates(
  input: Pick<GlobalInput, 'sql'>,
  context: StageContext<NearOptions>,
): Promise<Duplicates> {
  const { options, scratch, count } = context
  const earlier = await openEarlier(options.against, context)
  try {
    const { hashes, isRepeated } = await distinctHashes(options.by, input.sql, earlier?.query)
    const pairs = hammingPairs(hashes, options)
    const isCandidate = isRepeated
    for (let pair = 0; pair < pairs.size; pair++)
      isCandidate[pairs.a[pair]!] = isCandidate[pairs.b[pair]!] = 1
    const members = await gather(options, hashes, isCandidate, input.sql, earlier?.query, scratch, count)
    const components = openComponents(members.list)
    const { hot } = pairs
    const addHot = (hash: number, by: number) => {
      const name = hashOf(hashes, hash)
      hot.set(name, (hot.get(name) ?? 0) + by)
    }
    let confirmed = 0
    const found: typeof components.add = (a, b, likeness) => {
      confirmed++
      components.add(a, b, likeness)
    }
    const compared = confirm(members, pairs, options, found, addHot)
    count('hashes', hashes.size)
    count('hash.comparisons', pairs.compared)
    count('hash.pairs', pairs.size)
    count('thumb.comparisons', compared)
    count('thumb.pairs', confirmed)
    countHot(hot, count)
    return duplicatesOf(members, components.keepers(), hashes, options)
  } finally {
    earlier?.close()
  }
}

/** Every hash once, and whether more than one row has it. */
async function distinctHashes(by: HashName, input: Query, earlier: Query | undefined) {
  const set = openHashSet(by)
  const isRepeated: number[] = []
  let last = ''
  const sorted = `SELECT ${by} AS hash, count(*) AS repeats FROM input WHERE ${by} IS NOT NULL AND thumb16 IS NOT NULL GROUP BY ${by} ORDER BY ${by}`
  for await (const { hash, repeats } of inOrder(input(sorted), earlier?.(sorted))) {
    if (!isHash(by, hash)) continue
    if (hash === last) isRepeated[isRepeated.length - 1] = 1
    else {
      set.add(hash)
      isRepeated.push((repeats as number) > 1 ? 1 : 0)
      last = hash
    }
  }
  return { hashes: set.done(), isRepeated: Uint8Array.from(isRepeated) }
}

/** Rows of both by hash. */
async function* inOrder(a: AsyncIterable<Row[]>, b: AsyncIterable<Row[]> | undefined): AsyncGenerator<Row> {
  const [left, right] = [eachRow(a), eachRow(b ?? [])]
  let [x, y] = [await left.next(), await right.next()]
  while (!x.done || !y.done) {
    if (!x.done && (y.done || (x.value.hash as string) <= (y.value.hash as string))) {
      yield x.value
      x = await left.next()
    } else {
      yield y.value as Row
      y = await right.next()
    }
  }
}

async function* eachRow(batches: AsyncIterable<Row[]> | Row[][]): AsyncGenerator<Row, undefined> {
  for await (const rows of batches) yield* rows
}

async function gather(
  { by, score }: NearOptions,
  hashes: HashSet,
  isCandidate: Uint8Array,
  input: Query,
  earlier: Query | undefined,
  scratch: string,
  count: StageContext['count'],
): Promise<Members> {
  const writer = openMembers(scratch)
  async function take(batches: AsyncIterable<Row[]>, isEarlier: boolean): Promise<void> {
    for await (const rows of batches) {
      for (const row of rows) {
        const { hash, thumb16: thumb } = row
        const number = isHash(by, hash) ? numberOf(hashes, hash) : -1
        if (number < 0 || !(thumb instanceof Uint8Array) || thumb.length !== THUMB_BYTES) count('unmeasured')
        else if (isCandidate[number] === 1) writer.add(number, row, isEarlier)
      }
    }
  }
  const area = 'CAST(original_width AS BIGINT) * original_height AS area'
  const of = score === null ? 'CAST(NULL AS DOUBLE)' : `CAST(${score} AS DOUBLE)`
  await take(
    input(`SELECT uid, ${by} AS hash, thumb16, ${area}, ${of} AS score, texts, merged_uids FROM input`),
    false,
  )
  if (earlier) await take(earlier(`SELECT uid, ${by} AS hash, thumb16 FROM input`), true)
  return writer.done()
}

function duplicatesOf(
  members: Members,
  keepers: Int32Array,
  hashes: HashSet,
  { mirror }: NearOptions,
): Duplicates {
  const { list } = members
  const byUid = new Map<string, number>()
  const others = new Map<number, number[]>()
  keepers.forEach((keeper, member) => {
    if (keeper === member) return
    if (!list[member]!.isEarlier) byUid.set(list[member]!.uid, member)
    if (list[keeper]!.isEarlier) return
    byUid.set(list[keeper]!.uid, keeper)
    const held = others.get(keeper)
    if (held) held.push(member)
    else others.set(keeper, [member])
  })
  function distance(a: Member, b: Member) {
    const [x, y] = [a, b].map((m) => thumbColours(members.thumb(m))) as [ThumbPair, ThumbPair]
    const sides = (mirror ? [false, true] : [false]).map((isMirrored) => {
      const { luma, colour } = thumbDistance(x, y, isMirrored)
      const levels = x.isGray === y.isGray ? Math.max(luma, colour) : luma
      return { bits: distanceOf(hashes, a.hash, b.hash, isMirrored), colours: levels }
    })
    return sides.reduce((best, side) => (side.colours < best.colours ? side : best))
  }
  return {
    of(uid) {
      const member = byUid.get(uid)
      if (member === undefined) return null
      const keeper = keepers[member]!
      return {
        keeper: keeper === member ? null : list[keeper]!,
        distance: () => distance(list[member]!, list[keeper]!),
        others: () => (others.get(member) ?? []).map((other) => members.texts(list[other]!)),
      }
    },
    close: () => members.close(),
  }
}

type ThumbPair = ReturnType<typeof thumbColours>

/** `hot` in all, and those of the most by name, so that a user can look at them. */
function countHot(hot: Map<string, number>, count: StageContext['count']): void {
  if (hot.size === 0) return
  count('hot', hot.size)
  const most = [...hot].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, NAMED)
  for (const [hash, left] of most) count(`hot ${hash}`, left)
}

async function openEarlier(paths: readonly string[], { scratch, memoryBytes }: StageContext) {
  if (paths.length === 0) return null
  const sql = await openSql({ memoryBytes: memoryBytes / 8, scratch: join(scratch, 'earlier') })
  await sql.view('input', await earlierFiles(paths))
  return { query: (statement: string) => sql.query(statement), close: () => sql.close() }
}
