import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { addedColumns } from '../core/added-columns.ts'
import { PairloomError } from '../core/error.ts'
import { sha256 } from '../core/hash.ts'
import { VERDICT_COLUMNS, type Stage } from '../core/stage.ts'

/** A plug-in as the plan keeps it: where it is and what it was. */
export interface Plugin {
  /** As the pipeline names it. */
  name: string
  /** Absolute path of the module. */
  path: string
  sha256: string
}

const KINDS = new Set(['source', 'row', 'global', 'sink', 'filter'])

export function isStage(value: unknown): value is Stage {
  const stage = value as Partial<Stage> | null
  return (
    typeof stage === 'object' &&
    stage !== null &&
    KINDS.has(stage.kind ?? '') &&
    typeof stage.name === 'string'
  )
}

/**
 * Finds a plug-in: a file, relative to `base`, or a package that `base` can import.
 *
 * @throws PairloomError `PL_PLUGIN` when there is none
 */
export async function findPlugin(name: string, base: string): Promise<Plugin> {
  const path = pluginPath(name, base)
  try {
    return { name, path, sha256: sha256(await readFile(path)) }
  } catch (error) {
    throw new PairloomError(
      'PL_PLUGIN',
      `Expected a plug-in file at ${path}, got ${(error as NodeJS.ErrnoException).code}`,
      {
        data: { plugin: name },
        cause: error,
      },
    )
  }
}

/**
 * Imports a plug-in and gives the stages among its exports.
 *
 * @throws PairloomError `PL_PLUGIN` when it cannot be imported, exports no stage, or one that lacks a part
 */
export async function loadPlugin(plugin: Plugin): Promise<Stage[]> {
  const data = { plugin: plugin.name }
  const { sha256: now } = await findPlugin(plugin.path, '/')
  if (now !== plugin.sha256) {
    const message = `Expected plug-in ${plugin.name} as it was planned, got a changed file: run again`
    throw new PairloomError('PL_PLUGIN', message, { data })
  }
  let exports: Record<string, unknown>
  try {
    exports = (await import(pathToFileURL(plugin.path).href)) as Record<string, unknown>
  } catch (error) {
    // Node strips types from a project's own files only: a package must ship JavaScript.
    const inModules = plugin.path.includes('/node_modules/') && plugin.path.endsWith('.ts')
    const hint = inModules
      ? '; Node does not strip types inside node_modules, so a package must ship JavaScript'
      : ''
    const said = error instanceof Error ? error.message : String(error)
    throw new PairloomError('PL_PLUGIN', `Expected to load plug-in ${plugin.name}, got ${said}${hint}`, {
      data,
      cause: error,
    })
  }
  // A CommonJS module, and one with a default export, give the same stage under two names.
  const stages = [...new Set(Object.values(exports).filter(isStage))]
  if (stages.length === 0) {
    const message = `Expected ${plugin.name} to export a stage (defineFilter, defineStage …), got none`
    throw new PairloomError('PL_PLUGIN', message, { data })
  }
  for (const stage of stages) {
    const lacks = partsOf(stage.kind).filter(
      (part) => (stage as unknown as Record<string, unknown>)[part] === undefined,
    )
    if (lacks.length > 0) {
      const message = `Expected ${lacks.join(', ')} in ${stage.name} of plug-in ${plugin.name}, got none: use defineFilter, defineStage …`
      throw new PairloomError('PL_PLUGIN', message, { data })
    }
    const taken = Object.keys(addedColumns(stage)).filter((name) => Object.hasOwn(VERDICT_COLUMNS, name))
    if (taken.length > 0) {
      const message = `Expected other column names of ${stage.name}, got ${taken.join(', ')}: rejects hold the verdict under it`
      throw new PairloomError('PL_PLUGIN', message, { data })
    }
  }
  return stages
}

function partsOf(kind: Stage['kind']): string[] {
  const own = {
    source: ['columns', 'partitions', 'read'],
    row: ['reads', 'adds', 'process'],
    global: ['reads', 'adds', 'run'],
    sink: ['reads', 'write', 'publish'],
    filter: ['reads', 'measures', 'measure', 'rules'],
  }
  return ['version', 'summary', 'options', ...own[kind]]
}

function pluginPath(name: string, base: string): string {
  if (isAbsolute(name)) return name
  if (name.startsWith('.')) return resolve(base, name)
  const from = resolve(base, 'pipeline.js')
  try {
    return createRequire(from).resolve(name)
  } catch (error) {
    const path = importPath(name, from)
    if (path) return path
    throw new PairloomError('PL_PLUGIN', `Expected to find package ${name} from ${dirname(from)}, got none`, {
      data: { plugin: name },
      cause: error,
    })
  }
}

/** The entry of a package that only `import` may load: `require.resolve` does not see it. */
function importPath(name: string, from: string): string | null {
  try {
    const file = findPackageJSON(name, from)
    if (!file) return null
    const { exports } = JSON.parse(readFileSync(file, 'utf8')) as { exports?: unknown }
    const entry = importEntry((exports as Record<string, unknown> | undefined)?.['.'] ?? exports)
    return entry === null ? null : resolve(dirname(file), entry)
  } catch {
    return null // No such package: whoever asked says so.
  }
}

function importEntry(target: unknown): string | null {
  if (typeof target === 'string') return target
  for (const [condition, inner] of Object.entries((target ?? {}) as object)) {
    if (['import', 'node', 'module-sync', 'default'].includes(condition)) return importEntry(inner)
  }
  return null
}
