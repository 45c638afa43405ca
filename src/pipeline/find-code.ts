import type { Body, Found } from './body.ts'
import { checkOptions } from './check-options.ts'
import { quote } from './fault.ts'
import { findFilters } from './find-filters.ts'
import { nearest } from './nearest.ts'
import type { Registry } from './registry.ts'

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
      ? { kind: 'filters', group: [{ filter: stage, options }] }
      : { kind: 'stage', stage, options }
  return { code: [stage], isPartial: false, body: faults.length > 0 ? null : body, faults }
}
