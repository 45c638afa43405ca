import type { Stage } from '../core/stage.ts'
import type { Fault } from './fault.ts'
import { zodFaults } from './zod-faults.ts'

/** The options of a stage after defaults, or what is wrong with them. */
export function checkOptions(
  path: (string | number)[],
  stage: Stage,
  options: Record<string, unknown>,
  more: string[],
) {
  const parsed = stage.options.safeParse(options)
  if (!parsed.success)
    return { options: {}, faults: zodFaults(parsed.error.issues, options, path, stage.options, more) }
  const said = (stage as { check?(options: unknown): string[] }).check?.(parsed.data) ?? []
  return {
    options: parsed.data as Record<string, unknown>,
    faults: said.map((message): Fault => ({ path, message })),
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
