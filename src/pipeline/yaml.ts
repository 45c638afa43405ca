import { isMap, isScalar, LineCounter, parse, parseDocument, type Document, type Node } from 'yaml'
import { configError, type Fault, type PlacedFault } from './fault.ts'

/** A pipeline file, read: the value, and where in the file each part of it is. */
export interface YamlSource {
  value: unknown
  /** Faults of the YAML itself that leave the rest readable (a key given twice). */
  faults: PlacedFault[]
  place(fault: Fault): PlacedFault
}

/** One `--set path=value`. */
export interface Override {
  path: string[]
  value: unknown
}

/**
 * Parses YAML 1.2 and applies overrides.
 *
 * @throws PairloomError `PL_CONFIG` with every syntax fault, when the file is no YAML
 */
export function parseYaml(text: string, file: string, overrides: readonly Override[] = []): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const faults = document.errors.map((error): PlacedFault & { fatal: boolean } => {
    const { line, col } = lines.linePos(error.pos[0])
    return { path: [], message: error.message, line, column: col, fatal: error.code !== 'DUPLICATE_KEY' }
  })
  if (faults.some((f) => f.fatal)) throw configError(file, faults)
  for (const { path, value } of overrides) document.setIn(resolveOverride(document, path), value)

  return {
    value: document.toJS() as unknown,
    faults,
    place(fault) {
      const offset = offsetOf(document, fault)
      if (offset === null) return { ...fault, line: null, column: null }
      const { line, col } = lines.linePos(offset)
      return { ...fault, line, column: col }
    },
  }
}

/** `clean.words.min=4` -> path and value; the value is YAML. Null when there is no `=`. */
export function parseOverride(text: string): Override | null {
  const at = text.indexOf('=')
  if (at < 1) return null
  return { path: text.slice(0, at).split('.'), value: parse(text.slice(at + 1)) as unknown }
}

/** A path from a stage's id, the filter's short name understood; or from the top of the file. */
function resolveOverride(document: Document, path: string[]): string[] {
  const [stage, filter] = path
  if (!document.hasIn(['stages', stage])) return path
  const inFilters =
    filter !== undefined && path.length > 2 && document.hasIn(['stages', stage, 'filters', filter])
  return inFilters ? ['stages', stage!, 'filters', ...path.slice(1)] : ['stages', ...path]
}

/** Where a fault is: the value (or key) it names, else the nearest part around it that is in the file. */
function offsetOf(document: Document, fault: Fault): number | null {
  for (let depth = fault.path.length; depth >= 0; depth--) {
    const path = fault.path.slice(0, depth)
    const asKey = depth < fault.path.length || fault.atKey === true
    const node =
      asKey && depth > 0 ? keyNode(document, path) : (document.getIn(path, true) as Node | undefined)
    if (node?.range) return node.range[0]
    if (depth > 0 && depth === fault.path.length && document.hasIn(path)) return null // It came from --set.
  }
  return null
}

function keyNode(document: Document, path: (string | number)[]): Node | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return document.getIn(path, true) as Node | undefined
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1))
  return pair?.key as Node | undefined
}
