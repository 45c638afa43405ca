import { open } from 'node:fs/promises'
import { isMap, isPair, isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml'
import { configError, quote, type Fault, type PlacedFault } from './fault.ts'
import { applyOverrides, type Applied, type Override } from './override.ts'

/** A pipeline file, read: the value, and where in the file each part of it is. */
export interface YamlSource {
  value: unknown
  /** Faults of the YAML itself that leave the rest readable (a key given twice), and of overrides. */
  faults: PlacedFault[]
  place(fault: Fault): PlacedFault
}

/** Far above any pipeline: a file that is larger is something else. */
const MAX_BYTES = 2 ** 20

/**
 * The text of a pipeline file, or of another small YAML file. kind: what an error says was expected.
 *
 * @throws PairloomError `PL_CONFIG` when it cannot be read, is no UTF-8 text or larger than 1 MiB
 */
export async function readPipeline(path: string, kind: 'pipeline' | 'prices' = 'pipeline'): Promise<string> {
  const fail = (got: string) =>
    configError(path, [
      {
        path: kind === 'pipeline' ? [] : [kind],
        message: `expected a ${kind} file, got ${got}`,
        line: null,
        column: null,
      },
    ])
  let bytes: Buffer
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0)
      bytes = buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw fail((error as NodeJS.ErrnoException).code ?? String(error))
  }
  if (bytes.length > MAX_BYTES) throw fail('one of more than 1 MiB')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw fail('bytes that are no UTF-8 text')
  }
}

/**
 * Parses YAML 1.2 and applies overrides.
 *
 * @throws PairloomError `PL_CONFIG` with every syntax fault, when the file is no YAML
 */
export function parseYaml(text: string, file: string, overrides: readonly Override[] = []): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const faults = document.errors.map((error): PlacedFault => {
    const { line, col } = lines.linePos(error.pos[0])
    const path = error.code === 'DUPLICATE_KEY' ? pathOfKey(document, error.pos[0]) : []
    const message = path.length > 0 ? `the key ${quote(path.at(-1))} is given twice` : error.message
    return { path, message, line, column: col }
  })
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) throw configError(file, faults)
  const { applied, faults: overrideFaults } = applyOverrides(document, overrides)
  let value: unknown
  try {
    value = document.toJS()
  } catch (error) {
    // Aliases of aliases that grow without end, or that point to nothing.
    throw configError(file, [{ path: [], message: (error as Error).message, line: null, column: null }])
  }
  return {
    value,
    faults: [...faults, ...overrideFaults],
    place(fault) {
      const by = setBy(document, applied, fault)
      if (by) return { ...fault, line: null, column: null, set: by }
      const { line, col } = lines.linePos(offsetOf(document, fault) ?? 0)
      return { ...fault, line, column: col }
    },
  }
}

/** The override that brought the value or key that a fault names, or what lies below it. */
function setBy(document: Document, applied: readonly Applied[], { path: keys }: Fault): string | undefined {
  const isNew = keys.length > 0 && !keyNode(document, keys)?.range
  return applied.findLast(({ path }) => {
    const shared = path.slice(0, isNew ? keys.length : path.length)
    return shared.every((key, i) => key === String(keys[i]))
  })?.set
}

/** Where a fault is: the value (or key) it names, else the nearest part around it that is in the file. */
function offsetOf(document: Document, fault: Fault): number | null {
  for (let depth = fault.path.length; depth >= 0; depth--) {
    const path = fault.path.slice(0, depth)
    const asKey = depth < fault.path.length || fault.atKey === true
    const node =
      asKey && depth > 0 ? keyNode(document, path) : (document.getIn(path, true) as Node | undefined)
    if (node?.range) return node.range[0]
  }
  return null
}

function keyNode(document: Document, path: (string | number)[]): Node | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return document.getIn(path, true) as Node | undefined
  const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === path.at(-1))
  return pair?.key as Node | undefined
}

/** Keys from the top down to the one at an offset; empty where there is none. */
function pathOfKey(document: Document, offset: number): string[] {
  let found: string[] = []
  visit(document, {
    Pair(_, pair, ancestors) {
      if ((pair.key as Node | null)?.range?.[0] !== offset) return undefined
      found = [...ancestors.filter(isPair), pair].map((p) => String(isScalar(p.key) ? p.key.value : p.key))
      return visit.BREAK
    },
  })
  return found
}
