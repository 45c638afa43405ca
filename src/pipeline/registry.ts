import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PairloomError } from '../core/error.ts'
import { sha256 } from '../core/hash.ts'
import type { Stage } from '../core/stage.ts'

/** Stages by name. */
export type Registry = ReadonlyMap<string, Stage>

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

/** The stages that come with pairloom. Their heavy libraries load when they run, not here. */
export async function builtinStages(): Promise<Registry> {
  const folders = await Promise.all([
    import('../crawl/index.ts'),
    import('../filter/index.ts'),
    import('../shard/index.ts'),
  ])
  return new Map(folders.flatMap((folder) => Object.values(folder).filter(isStage)).map((s) => [s.name, s]))
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
      `Expected a plug-in file at ${path}, got ${(error as Error).message}`,
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
 * @throws PairloomError `PL_PLUGIN` when it cannot be imported or exports no stage
 */
export async function loadPlugin(plugin: Plugin): Promise<Stage[]> {
  let exports: Record<string, unknown>
  try {
    exports = (await import(pathToFileURL(plugin.path).href)) as Record<string, unknown>
  } catch (error) {
    // Node strips types from a project's own files only: a package must ship JavaScript.
    const inModules = plugin.path.includes('/node_modules/') && plugin.path.endsWith('.ts')
    const hint = inModules
      ? '; Node does not strip types inside node_modules, so a package must ship JavaScript'
      : ''
    throw new PairloomError(
      'PL_PLUGIN',
      `Expected to load plug-in ${plugin.name}, got ${(error as Error).message}${hint}`,
      {
        data: { plugin: plugin.name },
        cause: error,
      },
    )
  }
  const stages = Object.values(exports).filter(isStage)
  if (stages.length > 0) return stages
  throw new PairloomError(
    'PL_PLUGIN',
    `Expected ${plugin.name} to export a stage (defineFilter, defineStage …), got none`,
    {
      data: { plugin: plugin.name },
    },
  )
}

/** Built-in stages and those of plug-ins; a plug-in may not take a built-in's name. */
export async function openRegistry(plugins: readonly Plugin[]): Promise<Registry> {
  const registry = new Map(await builtinStages())
  for (const plugin of plugins) {
    for (const stage of await loadPlugin(plugin)) {
      if (registry.has(stage.name)) {
        throw new PairloomError(
          'PL_PLUGIN',
          `Expected a new name, got ${stage.name} again from plug-in ${plugin.name}`,
          {
            data: { plugin: plugin.name, stage: stage.name },
          },
        )
      }
      registry.set(stage.name, stage)
    }
  }
  return registry
}

function pluginPath(name: string, base: string): string {
  if (isAbsolute(name)) return name
  if (name.startsWith('.')) return resolve(base, name)
  try {
    return createRequire(resolve(base, 'pipeline.js')).resolve(name)
  } catch (error) {
    throw new PairloomError(
      'PL_PLUGIN',
      `Expected to find package ${name} from ${dirname(resolve(base, 'x'))}, got none`,
      {
        data: { plugin: name },
        cause: error,
      },
    )
  }
}
