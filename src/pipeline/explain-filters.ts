import type { Row } from '../core/column.ts'
import type { FilterMember, FilterNode } from '../core/filter-group.ts'
import { judge, limitOf, storedMeasures, type Measured } from '../core/filter.ts'
import type { Step } from './explain.ts'

/**
 * What each rule of a group of filters says of a row, from its stored measures. A combination is a step of its own, and
 * those of its groups follow, each numbered: `any 2 > filter/words: too-few-words (count)`.
 */
export function filterSteps(stage: string, group: readonly FilterNode[], row: Row): Step[] {
  return group.flatMap((node) => {
    if (!('combine' in node)) return ruleSteps(stage, node, row)
    const verdict = { holds: 'holds', breaks: 'breaks', unknown: 'not measured' }[outcomeOf(node, row)]
    const own: Step = { stage, verdict, rule: `filter/${node.combine}`, value: null, limit: null }
    const inner = node.of.flatMap((alternative, i) =>
      filterSteps(stage, alternative, row).map((step) => ({
        ...step,
        rule: `${node.combine}${node.of.length > 1 ? ` ${i + 1}` : ''} > ${step.rule}`,
      })),
    )
    return [own, ...inner]
  })
}

function ruleSteps(stage: string, member: FilterMember, row: Row): Step[] {
  const { filter, options } = member
  const rules = filter.rules(options)
  const measured = storedMeasures(filter, rules, row)
  const untaken = isUntaken(member, row)
  const judged = rules.map((rule): Step => {
    const verdict = untaken ? 'not measured' : judge(filter.name, [rule], measured) ? 'breaks' : 'holds'
    const name = `${filter.name}: ${rule.reason} (${rule.measure})`
    return { stage, verdict, rule: name, value: textOf(measured[rule.measure]), limit: limitOf(rule) }
  })
  // What no rule compares tells why: the word that was found, the rarest one.
  const rest = Object.keys(measured).filter((measure) => !rules.some((rule) => rule.measure === measure))
  const seen = rest.map((measure): Step => {
    const verdict = untaken ? 'not measured' : 'seen'
    const name = `${filter.name} (${measure})`
    return { stage, verdict, rule: name, value: textOf(measured[measure]), limit: null }
  })
  return [...judged, ...seen]
}

function textOf(value: Measured | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}

/** Costly measures of a row that was dropped before are not taken: all of them are null. */
function isUntaken({ filter, options }: FilterMember, row: Row): boolean {
  if (filter.cost !== 'costly' || row.status === undefined) return false
  const measured = storedMeasures(filter, filter.rules(options), row)
  return Object.values(measured).every((value) => value === null)
}

type Outcome = 'holds' | 'breaks' | 'unknown'

function outcomeOf(node: FilterNode, row: Row): Outcome {
  if (!('combine' in node)) {
    if (isUntaken(node, row)) return 'unknown'
    const rules = node.filter.rules(node.options)
    return judge('', rules, storedMeasures(node.filter, rules, row)) ? 'breaks' : 'holds'
  }
  const groups = node.of.map((group) => every(group.map((inner) => outcomeOf(inner, row))))
  if (node.combine === 'all') return every(groups)
  if (node.combine === 'not') return opposite(every(groups))
  return opposite(every(groups.map(opposite)))
}

function every(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes('breaks')) return 'breaks'
  return outcomes.includes('unknown') ? 'unknown' : 'holds'
}

function opposite(outcome: Outcome): Outcome {
  return outcome === 'unknown' ? outcome : outcome === 'holds' ? 'breaks' : 'holds'
}
