import { normalText } from './pages.ts'
import type { Truth, TruthLink } from './truth.ts'

/** What became of one link in a run: exactly one for each `<img>` that the crawl met. */
export interface Outcome {
  url: string
  page: string
  text: string
  verdict: 'kept' | 'dropped' | 'failed'
  stage: string
  /** Empty for kept ones. */
  reason: string
  uid?: string
  /** Uid of the link whose row took this one's text in: it has that one's fate. */
  mergedInto?: string
}

/** caught + missed = planted. A trouble that should end well (a GIF, a slow host) is caught when the link is kept. */
export interface PlantedCount {
  planted: number
  caught: number
  missed: number
  /** Caught, and for the expected reason. */
  asExpected: number
}

export interface Judgement {
  planted: Record<string, PlantedCount>
  /** Pairs without trouble; `lost` counts them by reason, `unseen` those that the crawl did not meet. */
  good: { pairs: number; kept: number; lost: Record<string, number> }
  /** Outcomes of links that the truth does not know. */
  unknown: number
}

/**
 * Compares what became of every link with the truth.
 *
 * Links are matched by page, address without fragment, and text with white space collapsed. Of pictures with equal
 * bytes any one may survive: the survivor takes the place of the original.
 */
export function judge(truth: Truth, outcomes: Iterable<Outcome>): Judgement {
  const fates = new Map<string, Outcome>()
  const byUid = new Map<string, Outcome>()
  for (const outcome of outcomes) {
    fates.set(keyOf(outcome), outcome)
    if (outcome.uid !== undefined) byUid.set(outcome.uid, outcome)
  }
  for (const [key, { mergedInto }] of fates) {
    const keeper = mergedInto === undefined ? undefined : byUid.get(mergedInto)
    if (keeper) fates.set(key, keeper)
  }
  const swapped = swapDuplicates(truth, fates)

  const summary: Judgement = { planted: {}, good: { pairs: 0, kept: 0, lost: {} }, unknown: 0 }
  let known = 0
  for (const link of truth.links) {
    const fate = fates.get(keyOf(link))
    if (fate) known++
    const role = swapped.get(keyOf(link)) ?? link
    if (role.trouble === null) judgeGood(summary, fate)
    else judgePlanted(summary, role, fate)
  }
  summary.unknown = fates.size - known
  return summary
}

type Role = Pick<TruthLink, 'trouble' | 'expected'>

function judgeGood({ good }: Judgement, fate: Outcome | undefined): void {
  good.pairs++
  if (fate?.verdict === 'kept') {
    good.kept++
    return
  }
  const reason = fate ? fate.reason || fate.verdict : 'unseen'
  good.lost[reason] = (good.lost[reason] ?? 0) + 1
}

function judgePlanted({ planted }: Judgement, { trouble, expected }: Role, fate: Outcome | undefined): void {
  const count = (planted[trouble ?? ''] ??= { planted: 0, caught: 0, missed: 0, asExpected: 0 })
  const isKept = fate?.verdict === 'kept'
  const isCaught = isKept === (expected.verdict === 'kept')
  count.planted++
  if (!isCaught) {
    count.missed++
    return
  }
  count.caught++
  const isAsExpected =
    isKept || (fate ? expected.reasons.includes(fate.reason) : expected.verdict === 'unseen')
  if (isAsExpected) count.asExpected++
}

/**
 * Roles of links whose picture changed places with the original of its bytes.
 *
 * Where the original was lost and a copy kept, links without a text trouble of their own trade trouble and verdict.
 */
function swapDuplicates({ links, images }: Truth, fates: ReadonlyMap<string, Outcome>): Map<string, Role> {
  const byUrl = Map.groupBy(links, ({ url }) => url)
  const linksOf = (url: string) => byUrl.get(url) ?? []
  const isKept = (url: string) => linksOf(url).some((link) => fates.get(keyOf(link))?.verdict === 'kept')
  const roles = new Map<string, Role>()
  const copies = Map.groupBy(
    images.filter(({ sameBytesAs }) => sameBytesAs !== undefined),
    ({ sameBytesAs }) => sameBytesAs ?? '',
  )
  for (const [original, group] of copies) {
    const survivor = isKept(original) ? undefined : group.find(({ url }) => isKept(url))
    if (!survivor) continue
    const good = linksOf(original).filter(({ trouble }) => trouble === null)
    const [first] = good
    if (!first) continue
    for (const link of good)
      roles.set(keyOf(link), { trouble: survivor.trouble, expected: survivor.expected })
    for (const link of linksOf(survivor.url))
      roles.set(keyOf(link), { trouble: null, expected: first.expected })
  }
  return roles
}

function keyOf({ page, url, text }: { page: string; url: string; text: string }): string {
  return `${page}\0${withoutFragment(url)}\0${normalText(text)}`
}

function withoutFragment(url: string): string {
  const end = url.indexOf('#')
  return end === -1 ? url : url.slice(0, end)
}

/** An aligned table: a line a trouble, then the good pairs and why any were lost. */
export function formatJudgement({ planted, good, unknown }: Judgement): string {
  const names = Object.keys(planted).sort()
  const rows = names.map((name) => {
    const { planted: all = 0, caught = 0, missed = 0, asExpected = 0 } = planted[name] ?? {}
    return [name, ...[all, caught, missed, asExpected].map(grouped)]
  })
  const sum = (key: keyof PlantedCount) =>
    grouped(names.reduce((total, name) => total + (planted[name]?.[key] ?? 0), 0))
  const total = ['total', sum('planted'), sum('caught'), sum('missed'), sum('asExpected')]
  const lost = Object.entries(good.lost).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  const reasons = lost.map(([reason, count]) => `${reason} ${grouped(count)}`).join('  ')
  return [
    ...align([['planted trouble', 'planted', 'caught', 'missed', 'as expected'], ...rows, total]),
    '',
    `good pairs ${grouped(good.pairs)}  kept ${grouped(good.kept)}  lost ${grouped(good.pairs - good.kept)}${reasons && ` (${reasons})`}`,
    ...(unknown > 0 ? [`links that the truth does not know ${grouped(unknown)}`] : []),
    '',
  ].join('\n')
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
