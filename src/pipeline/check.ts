import type { Columns } from '../core/column.ts'
import type { Filter } from '../core/filter.ts'
import { shortName } from '../core/filter.ts'
import { type FilterMember, groupColumns, groupReads } from '../core/filter-group.ts'
import type { Stage } from '../core/stage.ts'
import { pipelineSchema, type PipelineTop } from './definition.ts'
import { quote, zodFaults, type Fault } from './fault.ts'
import { nearest } from './nearest.ts'
import type { Registry } from './registry.ts'

/** What runs as one stage: a source, a row, global or sink stage, or a group of filters. */
export type Body =
  | { kind: 'stage'; stage: Exclude<Stage, Filter>; options: Record<string, unknown> }
  | { kind: 'filters'; members: FilterMember[] }

/** A stage whose options are checked and complete. */
export interface CheckedStage {
  id: string
  from: string | null
  body: Body
  /** Columns of the rows it gives. */
  columns: Columns
}

export interface CheckedPipeline {
  top: PipelineTop
  stages: CheckedStage[]
}

/**
 * Checks a pipeline against the schemas of its stages and the columns that flow between them.
 *
 * Goes on after a fault, so that one look shows all of them; what follows from a fault is not reported again.
 */
export function checkPipeline(
  value: unknown,
  registry: Registry,
): { pipeline: CheckedPipeline | null; faults: Fault[] } {
  const parsed = pipelineSchema.safeParse(value)
  const faults = parsed.success
    ? []
    : zodFaults(parsed.error.issues, value, [], Object.keys(pipelineSchema.shape))
  const entries = Object.entries(
    ((value as { stages?: unknown } | null)?.stages ?? {}) as Record<string, unknown>,
  )
  const stages: CheckedStage[] = []
  const broken = new Set<string>()
  for (const [index, [id, item]] of entries.entries()) {
    const found = isRecord(item)
      ? checkStage(id, item, entries[index - 1]?.[0] ?? null, stages, broken, registry)
      : [{ path: ['stages', id], message: `expected a map with use: or filters:, got ${quote(item)}` }]
    if (Array.isArray(found)) {
      broken.add(id)
      faults.push(...found)
    } else {
      stages.push(found)
    }
  }
  const pipeline = faults.length === 0 && parsed.success ? { top: parsed.data, stages } : null
  return { pipeline, faults }
}

function checkStage(
  id: string,
  item: Record<string, unknown>,
  before: string | null,
  stages: readonly CheckedStage[],
  broken: ReadonlySet<string>,
  registry: Registry,
): CheckedStage | Fault[] {
  const path = ['stages', id]
  const { use, from: given, filters, ...rest } = item
  const { body, faults } = checkBody(path, use, filters, rest, registry)

  const isSource = body?.kind === 'stage' && body.stage.kind === 'source'
  const from = isSource ? null : ((given as string | undefined) ?? before)
  if (isSource && given !== undefined) {
    faults.push({ path: [...path, 'from'], message: `a source reads nothing, got from: ${quote(given)}` })
  }
  const upstream = stages.find((s) => s.id === from)
  if (!isSource && body && !upstream && !(from !== null && broken.has(from)))
    faults.push(missingUpstream(path, given, stages))
  if (upstream?.body.kind === 'stage' && upstream.body.stage.kind === 'sink') {
    const message = `a sink gives no rows; expected from: to name another stage, got ${quote(from)}`
    faults.push({ path: given === undefined ? path : [...path, 'from'], message })
  }
  if (upstream && body) faults.push(...missingColumns(path, body, upstream))
  if (faults.length > 0 || !body) return faults
  // Where the stage before is broken its columns are unknown; checking goes on with none.
  return { id, from, body, columns: columnsOf(body, upstream?.columns ?? {}) }
}

function checkBody(
  path: string[],
  use: unknown,
  filters: unknown,
  rest: Record<string, unknown>,
  registry: Registry,
): { body: Body | null; faults: Fault[] } {
  if (filters !== undefined) {
    const faults: Fault[] = Object.keys(rest).map((key) => ({
      path: [...path, key],
      atKey: true,
      message: `unknown key ${quote(key)}; a stage with filters: has no options of its own`,
    }))
    if (use !== undefined)
      faults.push({ path: [...path, 'use'], message: 'expected use: or filters:, got both' })
    if (!isRecord(filters) || Object.keys(filters).length === 0) {
      faults.push({ path: [...path, 'filters'], message: `expected a map of filters, got ${quote(filters)}` })
      return { body: null, faults }
    }
    const members = Object.entries(filters).map(([name, options]) =>
      checkFilter([...path, 'filters', name], name, options ?? {}, registry),
    )
    faults.push(...members.flatMap((m) => (Array.isArray(m) ? m : [])))
    return {
      body: { kind: 'filters', members: members.filter((m) => !Array.isArray(m)) as FilterMember[] },
      faults,
    }
  }
  if (typeof use !== 'string') {
    return {
      body: null,
      faults: [{ path, message: `expected use: with the name of a stage, got ${quote(use)}` }],
    }
  }
  const stage = registry.get(use)
  if (!stage) return { body: null, faults: [unknownStage([...path, 'use'], use, [...registry.keys()])] }
  const checked = checkOptions(path, stage, rest, ['use', 'from', 'filters'])
  if (checked.faults.length > 0) return { body: null, faults: checked.faults }
  const { options } = checked
  return stage.kind === 'filter'
    ? { body: { kind: 'filters', members: [{ filter: stage, options }] }, faults: [] }
    : { body: { kind: 'stage', stage, options }, faults: [] }
}

function checkFilter(
  path: string[],
  name: string,
  options: unknown,
  registry: Registry,
): FilterMember | Fault[] {
  const all = [...registry.values()].filter((s) => s.kind === 'filter')
  const filter = all.find((f) => f.name === name) ?? all.find((f) => shortName(f.name) === name)
  if (!filter)
    return [
      {
        ...unknownStage(
          path,
          name,
          all.flatMap((f) => [shortName(f.name)]),
        ),
        atKey: true,
      },
    ]
  if (!isRecord(options))
    return [{ path, message: `expected the options of ${name} as a map, got ${quote(options)}` }]
  const checked = checkOptions(path, filter, options, [])
  return checked.faults.length > 0 ? checked.faults : { filter, options: checked.options }
}

function checkOptions(path: string[], stage: Stage, options: Record<string, unknown>, more: string[]) {
  const parsed = stage.options.safeParse(options)
  if (!parsed.success) {
    return {
      options: {},
      faults: zodFaults(parsed.error.issues, options, path, [...Object.keys(stage.options.shape), ...more]),
    }
  }
  const said = (stage as { check?(options: unknown): string[] }).check?.(parsed.data) ?? []
  return {
    options: parsed.data as Record<string, unknown>,
    faults: said.map((message): Fault => ({ path, message })),
  }
}

function missingUpstream(path: string[], given: unknown, stages: readonly CheckedStage[]): Fault {
  if (given === undefined)
    return { path, message: 'expected a source as the first stage, got a stage that reads rows' }
  const ids = stages.map((s) => s.id)
  return {
    path: [...path, 'from'],
    message: `expected the id of a stage above, got ${quote(given)}`,
    hint: typeof given === 'string' ? nearest(given, ids) : null,
  }
}

function missingColumns(path: string[], body: Body, upstream: CheckedStage): Fault[] {
  const wants =
    body.kind === 'filters'
      ? body.members.map((m) => ({ name: m.filter.name, reads: m.filter.reads }))
      : [{ name: body.stage.name, reads: 'reads' in body.stage ? body.stage.reads : [] }]
  return wants.flatMap(({ name, reads }) => {
    const missing = reads.filter((column) => !Object.hasOwn(upstream.columns, column))
    if (missing.length === 0) return []
    return [{ path, message: `${name} reads ${missing.join(', ')}, which ${upstream.id} does not give` }]
  })
}

function columnsOf(body: Body, input: Columns): Columns {
  if (body.kind === 'filters') return { ...input, ...groupColumns(body.members) }
  switch (body.stage.kind) {
    case 'source':
      return body.stage.columns
    case 'row':
    case 'global':
      return { ...input, ...body.stage.adds }
    case 'sink':
      return input
  }
}

/** Columns that a stage must find in its input. */
export function readsOf(body: Body): string[] {
  if (body.kind === 'filters') return groupReads(body.members)
  return 'reads' in body.stage ? body.stage.reads : []
}

function unknownStage(path: string[], name: string, names: string[]): Fault {
  return { path, message: `no stage is called ${quote(name)}`, hint: nearest(name, names) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
