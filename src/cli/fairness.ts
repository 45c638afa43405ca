import type { Fairness } from '../pipeline/report/fairness.ts'
import { count, percent, table } from './format.ts'

/** Rules shown, those that take the most of some group. */
const MOST_RULES = 3

/** Drop rates by language, script or domain: of the run, under the other limits, and by the rules that take most. */
export function fairnessText({ by, groups, others }: Fairness): string {
  const rows = groups.map((group) => {
    const dropped = (kept: number, unknown = 0) => percent(group.rows - kept - unknown, group.rows)
    const rules = [...group.rules]
      .sort((a, b) => Math.max(b.before, b.after) - Math.max(a.before, a.after))
      .slice(0, MOST_RULES)
      .map((r) => `${shortReason(r.reason)} ${change(r.before, r.after, group.rows)}`)
    return [
      group.value ?? '(none)',
      count(group.rows),
      dropped(group.keptBefore),
      dropped(group.keptAfter, group.unknown),
      rules.join('  '),
    ]
  })
  const more = others > 0 ? `\nand ${count(others)} more` : ''
  return `${table([[by, 'rows', 'dropped', 'what if', 'by rule'], ...rows], new Set([1, 2, 3]))}${more}`
}

/** `12.0 %`, or `12.0 % -> 14.1 %`. */
function change(before: number, after: number, rows: number): string {
  const [was, is] = [percent(before, rows), percent(after, rows)]
  return was === is ? was : `${was} -> ${is}`
}

/** `filter/words.too-few-words` -> `words.too-few-words`. */
function shortReason(reason: string): string {
  return reason.slice(reason.indexOf('/') + 1)
}
