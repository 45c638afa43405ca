import type { z } from 'zod'

/** Options of a stage: a strict zod object, so that a misspelt option is an error. */
export type OptionsSchema = z.ZodObject

/**
 * Marks an option as `runtime`: it changes how fast or how hard a stage works, never what it gives, and so stays out
 * of the fingerprint (concurrency, deadlines, retries, memory). Every other option is an `output` option.
 */
export function runtime<S extends z.ZodType>(schema: S): S {
  return schema.meta({ ...schema.meta(), effect: 'runtime' }) as S
}

/** What the catalogue shows of one option. */
export interface OptionInfo {
  name: string
  type: string
  /** JSON text of the default, or null where the option must be given. */
  default: string | null
  effect: 'output' | 'runtime'
  doc: string
}

/** The options of a schema in their order, for the catalogue, the plan and the fingerprint. */
export function optionTable(schema: OptionsSchema): OptionInfo[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const layers = unwrap(field as z.ZodType)
    const meta = layers.map((layer) => layer.meta() ?? {})
    const fallback = layers.find((layer) => layer.def.type === 'default') as
      | { def: { defaultValue: unknown } }
      | undefined
    const optional = layers.some((layer) => layer.def.type === 'optional')
    return {
      name,
      type:
        typeName(layers.at(-1)!) + (layers.some((layer) => layer.def.type === 'nullable') ? ' or null' : ''),
      default: fallback ? JSON.stringify(fallback.def.defaultValue) : optional ? 'none' : null,
      effect: meta.some((m) => m.effect === 'runtime') ? 'runtime' : 'output',
      doc: meta.map((m) => m.description).find((d) => d !== undefined) ?? '',
    }
  })
}

/** The options that decide what a stage gives: all but the `runtime` ones. */
export function outputOptions(
  schema: OptionsSchema,
  options: Record<string, unknown>,
): Record<string, unknown> {
  const runtimeNames = new Set(
    optionTable(schema)
      .filter((o) => o.effect === 'runtime')
      .map((o) => o.name),
  )
  return Object.fromEntries(Object.entries(options).filter(([name]) => !runtimeNames.has(name)))
}

/** A schema and what it wraps (default, optional, nullable), outermost first. */
function unwrap(schema: z.ZodType): z.ZodType[] {
  const inner = (schema.def as { innerType?: z.ZodType }).innerType
  return inner ? [schema, ...unwrap(inner)] : [schema]
}

function typeName(schema: z.ZodType): string {
  const def = schema.def as {
    type: string
    element?: z.ZodType
    valueType?: z.ZodType
    options?: z.ZodType[]
    entries?: Record<string, string>
    values?: unknown[]
    format?: string
  }
  const range = rangeOf(schema)
  if (def.type === 'array') return `list of ${typeName(unwrap(def.element!).at(-1)!)}`
  if (def.type === 'record') return `map to ${typeName(unwrap(def.valueType!).at(-1)!)}`
  if (def.type === 'union') return def.options!.map((o) => typeName(unwrap(o).at(-1)!)).join(' or ')
  if (def.type === 'enum') return Object.values(def.entries!).join(' | ')
  if (def.type === 'literal') return def.values!.map(String).join(' | ')
  const type = def.type === 'number' && def.format === 'safeint' ? 'int' : def.type
  return range ? `${type} ${range}` : type
}

function rangeOf(schema: z.ZodType): string {
  const { minValue, maxValue } = schema as { minValue?: number | null; maxValue?: number | null }
  const finite = (n: number | null | undefined) =>
    typeof n === 'number' && Number.isFinite(n) && Math.abs(n) < Number.MAX_SAFE_INTEGER
  if (finite(minValue) && finite(maxValue)) return `${minValue}..${maxValue}`
  if (finite(minValue)) return `>= ${minValue}`
  return finite(maxValue) ? `<= ${maxValue}` : ''
}
