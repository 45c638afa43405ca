import { PairloomError } from '../../core/error.ts'
import { canonicalJson } from '../../core/hash.ts'
import { outputOptions } from '../../core/options.ts'
import { shortName, type Filter } from '../../core/filter.ts'
import type { Plan, PlannedStage } from '../plan.ts'
import type { Registry } from '../registry.ts'

/** A limit that differs between two plans. */
export interface Change {
  /** `clean.words.min`. */
  option: string
  before: unknown
  after: unknown
}

/** The one filter stage that differs, as it was run and as it would be. */
export interface ChangedStage {
  before: PlannedStage
  after: PlannedStage
  changes: Change[]
}

/**
 * What differs between the plan of a run and another, where that is limits of rules and nothing else.
 *
 * @throws PairloomError `PL_USAGE` where something else differs, or nothing, or limits of several stages
 */
export function comparePlans(run: Plan, other: Plan, registry: Registry): ChangedStage {
  const ids = (plan: Plan) => plan.stages.map((s) => `${s.id} (${s.use}, from ${s.from ?? 'nothing'})`)
  if (canonicalJson(ids(run)) !== canonicalJson(ids(other)))
    throw refusal(`the stages of the run, ${ids(run).join(', ')}`, ids(other).join(', '))
  if (run.seed !== other.seed) throw refusal(`the seed of the run, ${run.seed}`, other.seed)
  if (canonicalJson(run.plugins) !== canonicalJson(other.plugins))
    throw refusal('the plug-ins of the run', 'others, or files that have changed since')
  const changed = other.stages.flatMap((after, i) => {
    const before = run.stages[i]!
    const changes = after.use === 'filters' ? limitChanges(before, after, registry) : []
    if (after.use !== 'filters') expectSame(before, after, registry)
    return changes.length > 0 ? [{ before, after, changes }] : []
  })
  if (changed.length === 1) return changed[0]!
  if (changed.length === 0)
    throw new PairloomError(
      'PL_USAGE',
      'Expected a limit that differs from the run, got none: name one with --set, such as --set clean.words.min=4',
    )
  throw new PairloomError(
    'PL_USAGE',
    `Expected limits of one stage, got ${changed.flatMap((c) => c.changes.map((x) => x.option)).join(', ')}: the later stage has not seen the rows that the earlier one would keep; ask for one at a time`,
  )
}

function expectSame(before: PlannedStage, after: PlannedStage, registry: Registry): void {
  const schema = registry.get(after.use)!.options
  const [was, is] = [before, after].map((s) => outputOptions(schema, s.options))
  const option = Object.keys({ ...was, ...is }).find((o) => canonicalJson(was![o]) !== canonicalJson(is![o]))
  if (option !== undefined) throw notLimit(`${after.id}.${option}`, was![option], is![option])
  if (before.version !== after.version || canonicalJson(before.identity) !== canonicalJson(after.identity))
    throw refusal(`${after.use} of the run`, `another version of it, or other lists, in ${after.id}`)
}

function limitChanges(before: PlannedStage, after: PlannedStage, registry: Registry): Change[] {
  const shape = ({ filters, tree }: PlannedStage) =>
    canonicalJson([filters.map(({ name, version }) => `${name} ${version}`), tree ?? null])
  if (shape(before) !== shape(after))
    throw refusal(
      `the filters of the run in ${after.id}, ${before.filters.map((f) => f.name).join(', ')}`,
      `${after.filters.map((f) => f.name).join(', ')}, or others of their versions, or combined otherwise`,
    )
  const changes = after.filters.flatMap(({ name, options }, i): Change[] => {
    const filter = registry.get(name) as Filter
    const was = outputOptions(filter.options, before.filters[i]!.options)
    const is = outputOptions(filter.options, options)
    return Object.keys({ ...was, ...is })
      .filter((option) => canonicalJson(was[option]) !== canonicalJson(is[option]))
      .map((option) => {
        const path = `${after.id}.${shortName(name)}.${option}`
        if (!isLimit(filter, option)) throw notLimit(path, was[option], is[option], filter)
        return { option: path, before: was[option] ?? null, after: is[option] ?? null }
      })
  })
  if (canonicalJson(before.identity) !== canonicalJson(after.identity))
    throw refusal(`the models and lists that ${after.id} measured with`, 'others')
  return changes
}

/** Whether an option decides only what a measure is held against: of a filter without measures, all do. */
function isLimit(filter: Filter, option: string): boolean {
  if (Object.keys(filter.measures).length === 0) return true
  return filter.measuredBy !== undefined && !filter.measuredBy.includes(option)
}

function notLimit(path: string, before: unknown, after: unknown, filter?: Filter): PairloomError {
  const text = (value: unknown) => JSON.stringify(value ?? null)
  const why =
    filter && !filter.measuredBy
      ? `it may change what is measured, as ${filter.name} has no measuredBy`
      : filter
        ? 'it changes what is measured'
        : 'it changes what is made'
  return new PairloomError(
    'PL_USAGE',
    `Expected limits of filters alone to differ from the run, got ${path} ${text(after)} where it was ${text(before)}: ${why}; run again`,
    { data: { option: path } },
  )
}

function refusal(expected: string, got: string): PairloomError {
  return new PairloomError('PL_USAGE', `Expected ${expected}, got ${got}: run again to see what that does`)
}
