import { measureColumns, shortName, type Filter } from '../core/filter.ts'
import type { FilterMember } from '../core/filter-group.ts'
import type { Stage } from '../core/stage.ts'
import { quote, type Fault } from './fault.ts'
import { nearest } from './nearest.ts'
import type { Registry } from './registry.ts'
import { zodFaults } from './zod-faults.ts'

/** What runs as one stage: a source, a row, global or sink stage, or a group of filters. */
export type Body =
  | { kind: 'stage'; stage: Exclude<Stage, Filter>; options: Record<string, unknown> }
  | { kind: 'filters'; members: FilterMember[] }

/** The code of a stage as the file names it, and its options as far as they are in order. */
export interface Found {
  /** The stage, or the filters of a group; empty where there is none of that name. */
  code: Stage[]
  /** Some name is unknown: what it reads and gives is too. */
  isPartial: boolean
  body: Body | null
  faults: Fault[]
}

/** Finds what `use:` or `filters:` of one stage names, and checks its options. */
export function findCode(
  path: string[],
  use: unknown,
  filters: unknown,
  rest: Record<string, unknown>,
  registry: Registry,
): Found {
  if (filters !== undefined) return findFilters(path, use, filters, rest, registry)
  if (typeof use !== 'string') {
    const faults = [
      {
        path,
        message: `expected use: with the name of a stage, got ${use === undefined ? 'none' : quote(use)}`,
      },
    ]
    return { code: [], isPartial: true, body: null, faults }
  }
  const stage = registry.get(use)
  if (!stage) {
    const message = `no stage is called ${quote(use)}`
    const fault = {
      path: [...path, 'use'],
      message,
      hint: nearest(use, registry.keys()),
      isUnknownStage: true,
    }
    return { code: [], isPartial: true, body: null, faults: [fault] }
  }
  const { options, faults } = checkOptions(path, stage, rest, ['use', 'from', 'filters'])
  const body: Body =
    stage.kind === 'filter'
      ? { kind: 'filters', members: [{ filter: stage, options }] }
      : { kind: 'stage', stage, options }
  return { code: [stage], isPartial: false, body: faults.length > 0 ? null : body, faults }
}

function findFilters(
  path: string[],
  use: unknown,
  filters: unknown,
  rest: Record<string, unknown>,
  registry: Registry,
): Found {
  const faults: Fault[] = Object.keys(rest).map((key) => ({
    path: [...path, key],
    atKey: true,
    message: `unknown key ${quote(key)}; a stage with filters: has no options of its own`,
  }))
  if (use !== undefined)
    faults.push({ path: [...path, 'use'], message: 'expected use: or filters:, got both' })
  if (!isRecord(filters) || Object.keys(filters).length === 0) {
    faults.push({ path: [...path, 'filters'], message: `expected a map of filters, got ${quote(filters)}` })
    return { code: [], isPartial: true, body: null, faults }
  }
  const all = [...registry.values()].filter((s) => s.kind === 'filter')
  const members: FilterMember[] = []
  const given = Object.entries(filters)
  for (const [name, options] of given) {
    const at = [...path, 'filters', name]
    const filter = all.find((f) => f.name === name) ?? all.find((f) => shortName(f.name) === name)
    if (!filter) {
      const hint = nearest(
        name,
        all.flatMap((f) => [shortName(f.name), f.name]),
      )
      faults.push({
        path: at,
        atKey: true,
        message: `no filter is called ${quote(name)}`,
        hint,
        isUnknownStage: true,
      })
      continue
    }
    const twin = members.find((m) => shareColumns(m.filter, filter))
    if (twin)
      faults.push({
        path: at,
        atKey: true,
        message: `${filter.name} measures the same columns as ${twin.filter.name}`,
      })
    const checked = isRecord(options ?? {})
      ? checkOptions(at, filter, (options ?? {}) as Record<string, unknown>, [])
      : {
          options: {},
          faults: [{ path: at, message: `expected the options of ${name} as a map, got ${quote(options)}` }],
        }
    faults.push(...checked.faults)
    members.push({ filter, options: checked.options })
  }
  const code = members.map((m) => m.filter)
  return {
    code,
    isPartial: code.length < given.length,
    body: faults.length > 0 ? null : { kind: 'filters', members },
    faults,
  }
}

function checkOptions(path: string[], stage: Stage, options: Record<string, unknown>, more: string[]) {
  const parsed = stage.options.safeParse(options)
  if (!parsed.success)
    return { options: {}, faults: zodFaults(parsed.error.issues, options, path, stage.options, more) }
  const said = (stage as { check?(options: unknown): string[] }).check?.(parsed.data) ?? []
  return {
    options: parsed.data as Record<string, unknown>,
    faults: said.map((message): Fault => ({ path, message })),
  }
}

function shareColumns(a: Filter, b: Filter): boolean {
  const columns = measureColumns(a)
  return Object.keys(measureColumns(b)).some((name) => Object.hasOwn(columns, name))
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
