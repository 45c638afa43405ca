import { addedColumns } from '../core/added-columns.ts'
import type { Columns } from '../core/column.ts'
import type { Stage } from '../core/stage.ts'
import { pipelineSchema, type PipelineTop } from './definition.ts'
import { quote, type Fault } from './fault.ts'
import { partsOf, type Body } from './body.ts'
import { isRecord } from './check-options.ts'
import { findCode } from './find-code.ts'
import { nearest } from './nearest.ts'
import type { Registry } from './registry.ts'
import { zodFaults } from './zod-faults.ts'

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

/** A stage above another one, in order or with faults. */
interface Above {
  isSink: boolean
  /** Null where a fault hides which columns it gives. */
  columns: Columns | null
  /** Rows come in the order in which they were fetched: no two crawls give the same. */
  isUnordered: boolean
  /** Id of the stage that may leave rows to continuations of its partitions, or null. */
  continues: string | null
  /** Column of which all rows of one value lie in one partition, none where it is null. Undefined: a fault hides it. */
  partitionsBy: string | null | undefined
}

/**
 * Checks a pipeline against the schemas of its stages and the columns that flow between them.
 *
 * Goes on after a fault, so that one look shows all of them; what follows from a fault is not reported again. Nor are
 * stages that nobody knows while a plug-in is missing.
 */
export function checkPipeline(
  value: unknown,
  registry: Registry,
  isWhole = true,
): { pipeline: CheckedPipeline | null; faults: Fault[] } {
  const parsed = pipelineSchema.safeParse(value)
  const faults = parsed.success
    ? []
    : zodFaults(
        parsed.error.issues.filter((i) => !isStage(i)),
        value,
        [],
        pipelineSchema,
      )
  const given = (value as { stages?: unknown } | null)?.stages
  const entries = isRecord(given) ? Object.entries(given) : []
  const stages: CheckedStage[] = []
  const above = new Map<string, Above>()
  let isComplete = true
  let before: string | null = null
  for (const [id, item] of entries) {
    const checked = checkStage(id, item, before, above, registry)
    faults.push(...checked.faults.filter((f) => isWhole || f.isUnknownStage !== true || f.hint))
    if (checked.stage) stages.push(checked.stage)
    else isComplete = false
    above.set(id, checked.above)
    before = id
  }
  const pipeline = faults.length === 0 && isComplete && parsed.success ? { top: parsed.data, stages } : null
  return { pipeline, faults }
}

/** zod's own words on an entry of `stages:` that is no map: `checkStage` has better ones. */
function isStage({ code, path }: { code?: string | undefined; path: PropertyKey[] }): boolean {
  return code === 'invalid_type' && path[0] === 'stages' && path.length === 2
}

const UNKNOWN: Above = {
  isSink: false,
  columns: null,
  isUnordered: false,
  continues: null,
  partitionsBy: undefined,
}

function checkStage(
  id: string,
  item: unknown,
  before: string | null,
  above: ReadonlyMap<string, Above>,
  registry: Registry,
) {
  const path = ['stages', id]
  if (id === '__proto__' || Object.hasOwn(pipelineSchema.shape, id)) {
    const message = `expected an id that is no key of the top of the file, got ${quote(id)}`
    return { stage: null, above: UNKNOWN, faults: [{ path, atKey: true, message }] }
  }
  if (!isRecord(item)) {
    const message = `expected a map with use: or filters:, got ${quote(item)}`
    return { stage: null, above: UNKNOWN, faults: [{ path, message }] }
  }
  const { use, from: given, filters, ...rest } = item
  const { code, isPartial, body, faults } = findCode(path, use, filters, rest, registry)
  const hasFrom = Object.hasOwn(item, 'from')
  const isSource = code[0]?.kind === 'source'
  const from = isSource ? null : hasFrom ? given : before
  const upstream = above.get(from as string)
  if (isSource && hasFrom)
    faults.push({ path: [...path, 'from'], message: `a source reads nothing, got from: ${quote(given)}` })
  if (!isSource && !upstream && (hasFrom || code.length > 0))
    faults.push(missingUpstream(path, hasFrom, given, [...above.keys()]))
  if (upstream?.isSink) {
    const message = `a sink gives no rows; expected from: to name another stage, got ${quote(from)}`
    faults.push({ path: hasFrom ? [...path, 'from'] : path, message })
  }
  if (code[0]?.kind === 'sink' && upstream?.isUnordered)
    faults.push({
      path,
      message: 'a sink needs rows in an order that does not depend on the fetch; put shard/pack above',
    })
  if (code[0]?.kind === 'row' && code[0].continues && upstream?.continues)
    faults.push({
      path,
      message: `${code[0].name} leaves rows to continuations, as ${upstream.continues} above does; put a global stage such as crawl/merge-links between`,
    })
  faults.push(...wrongPartitions(path, code, upstream, registry))
  if (upstream?.columns && !upstream.isSink)
    faults.push(...missingColumns(path, code, body, from as string, upstream.columns))
  const input = isSource ? {} : (upstream?.columns ?? null)
  const isHidden = input === null || isPartial || upstream?.isSink === true || hidesColumns(code, body)
  const columns = isHidden ? null : columnsOf(code, input, body)
  const stage =
    body && columns && faults.length === 0 ? { id, from: from as string | null, body, columns } : null
  return {
    stage,
    above: {
      isSink: code[0]?.kind === 'sink',
      columns,
      isUnordered: isUnordered(code, upstream),
      continues: continuesAt(id, code, upstream),
      partitionsBy: partitionsBy(code, upstream),
    },
    faults,
  }
}

function missingUpstream(path: string[], hasFrom: boolean, given: unknown, ids: string[]): Fault {
  if (!hasFrom) return { path, message: 'expected a source as the first stage, got a stage that reads rows' }
  return {
    path: [...path, 'from'],
    message: `expected the id of a stage above, got ${quote(given)}`,
    hint: typeof given === 'string' ? nearest(given, ids) : null,
  }
}

/** Without a body, options have faults, and what they name is not known. */
function missingColumns(
  path: string[],
  code: readonly Stage[],
  body: Body | null,
  from: string,
  columns: Columns,
): Fault[] {
  const parts = body ? partsOf(body) : code.map((stage) => ({ stage, options: null }))
  return parts.flatMap(({ stage, options }) => {
    const missing = readsOfStage(stage, options).filter((column) => !Object.hasOwn(columns, column))
    if (missing.length === 0) return []
    return [{ path, message: `${stage.name} reads ${missing.join(', ')}, which ${from} does not give` }]
  })
}

/** Faults of stages that only show beside the columns that come in. They may load what it takes to find them. */
export async function columnFaults({ stages }: CheckedPipeline): Promise<Fault[]> {
  const faults: Fault[] = []
  for (const { id, from, body } of stages) {
    const columns = stages.find((s) => s.id === from)?.columns
    if (!columns) continue
    for (const { stage, options } of partsOf(body)) {
      const said = (await stage.checkColumns?.(options as never, columns)) ?? []
      faults.push(...said.map((message): Fault => ({ path: ['stages', id], message })))
    }
  }
  return faults
}

function wrongPartitions(
  path: string[],
  [stage]: readonly Stage[],
  upstream: Above | undefined,
  registry: Registry,
): Fault[] {
  const column = stage?.kind === 'row' ? stage.partitionedBy : undefined
  if (column === undefined || upstream === undefined || upstream.isSink) return []
  if (upstream.partitionsBy === undefined || upstream.partitionsBy === column) return []
  const able = [...registry.values()].filter((s) => s.kind === 'global' && s.partitionsBy === column)
  const names = able.map(({ name }) => name).join(' or ') || `a stage that partitions by ${column}`
  return [
    {
      path,
      message: `${stage!.name} needs all rows of one ${column} in one partition; put ${names} above, with filters at most between`,
    },
  ]
}

/** Options with faults do not say which columns they name. */
function hidesColumns([stage]: readonly Stage[], body: Body | null): boolean {
  return (
    body === null && (stage?.kind === 'source' || stage?.kind === 'row') && stage.optionColumns !== undefined
  )
}

function columnsOf(code: readonly Stage[], input: Columns, body: Body | null): Columns {
  const options = body?.kind === 'stage' ? body.options : undefined
  return Object.assign({}, input, ...code.map((stage) => addedColumns(stage, options))) as Columns
}

function readsOfStage(stage: Stage, options: Record<string, unknown> | null): string[] {
  const named = options && 'optionReads' in stage ? stage.optionReads?.(options as never) : undefined
  return [...new Set([...('reads' in stage ? stage.reads : []), ...(named ?? [])])]
}

function isUnordered(code: readonly Stage[], upstream: Above | undefined): boolean {
  const [first] = code
  if (first?.kind === 'row' && (first.unordered === true || first.continues === true)) return true
  return (first?.kind === 'row' || first?.kind === 'filter') && upstream?.isUnordered === true
}

function continuesAt(id: string, [first]: readonly Stage[], upstream: Above | undefined): string | null {
  if (first?.kind === 'row' && first.continues === true) return id
  return first?.kind === 'row' || first?.kind === 'filter' ? (upstream?.continues ?? null) : null
}

function partitionsBy([first]: readonly Stage[], upstream: Above | undefined): string | null | undefined {
  switch (first?.kind) {
    case undefined:
      return undefined
    case 'global':
      return first.partitionsBy ?? null
    case 'row':
    case 'filter':
      return upstream?.partitionsBy
    default:
      return null
  }
}
