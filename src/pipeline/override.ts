import { isMap, isScalar, parse, type Document } from 'yaml'
import { pipelineSchema } from './definition.ts'
import { quote, type PlacedFault } from './fault.ts'
import { nearest } from './nearest.ts'

/** One `--set path=value`. */
export interface Override {
  path: string[]
  value: unknown
}

/** An override as it was applied: as the user wrote its path, and where that is in the file. */
export interface Applied {
  set: string
  path: string[]
}

/**
 * `clean.words.min=4` -> path and value; the value is YAML. Null when there is no `=`.
 *
 * @throws Error of the YAML parser when the value is no YAML
 */
export function parseOverride(text: string): Override | null {
  const at = text.indexOf('=')
  if (at < 1) return null
  return { path: text.slice(0, at).split('.'), value: parse(text.slice(at + 1)) as unknown }
}

/** Applies overrides to a document; those that lead nowhere become faults. */
export function applyOverrides(document: Document, overrides: readonly Override[]) {
  const applied: Applied[] = []
  const faults: PlacedFault[] = []
  for (const { path, value } of overrides) {
    const set = path.join('.')
    const found = resolveOverride(document, path)
    if (!Array.isArray(found)) {
      faults.push({ path: [], line: null, column: null, set, ...found })
      continue
    }
    try {
      openEmpty(document, found)
      document.setIn(found, value)
      applied.push({ set, path: found })
    } catch {
      const parent = document.getIn(found.slice(0, -1)) as { toJSON?(): unknown } | undefined
      const message = `expected an option or a map on the way to ${quote(path.at(-1))}, got ${quote(parent?.toJSON?.() ?? parent)}`
      faults.push({ path: [], line: null, column: null, set, message })
    }
  }
  return { applied, faults }
}

/** A path from a stage's id, the filter's short name understood; or from the top of the file. */
function resolveOverride(
  document: Document,
  path: string[],
): string[] | Pick<PlacedFault, 'message' | 'hint'> {
  const [first, second] = path
  if (first === 'stages' && path.length > 1) return resolveOverride(document, path.slice(1))
  const ids = keysAt(document, ['stages'])
  if (ids.includes(first!)) {
    const filters = keysAt(document, ['stages', first!, 'filters'])
    if (filters.length === 0 || second === undefined || ['filters', 'use', 'from'].includes(second))
      return ['stages', ...path]
    if (filters.includes(second)) return ['stages', first!, 'filters', ...path.slice(1)]
    return { message: `stage ${first} has no filter called ${quote(second)}`, hint: nearest(second, filters) }
  }
  const top = Object.keys(pipelineSchema.shape)
  if (top.includes(first!)) return path
  return {
    message: `no stage and no option of the file is called ${quote(first)}`,
    hint: nearest(first!, [...ids, ...top]),
  }
}

/** Makes `words:` with nothing behind it a map, so that an option can be set in it. */
function openEmpty(document: Document, path: readonly string[]): void {
  for (let depth = 1; depth < path.length; depth++) {
    const node = document.getIn(path.slice(0, depth), true)
    if (isScalar(node) && node.value === null) document.setIn(path.slice(0, depth), document.createNode({}))
  }
}

function keysAt(document: Document, path: string[]): string[] {
  const node = document.getIn(path, true)
  return isMap(node) ? node.items.map((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key)) : []
}
