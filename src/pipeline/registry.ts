import { PairloomError } from '../core/error.ts'
import type { Stage } from '../core/stage.ts'
import { isStage, loadPlugin, type Plugin } from './plugin.ts'

/** Stages by name. */
export type Registry = ReadonlyMap<string, Stage>

/** The stages that come with pairloom. Their heavy libraries load when they run, not here. */
export async function builtinStages(): Promise<Registry> {
  const folders = await Promise.all([
    import('../crawl/index.ts'),
    import('../filter/index.ts'),
    import('../shard/index.ts'),
  ])
  return new Map(folders.flatMap((folder) => Object.values(folder).filter(isStage)).map((s) => [s.name, s]))
}

/** Built-in stages and those of plug-ins; a plug-in may not take a name that is taken. */
export async function openRegistry(plugins: readonly Plugin[]): Promise<Registry> {
  const registry = new Map(await builtinStages())
  for (const plugin of plugins) await addPlugin(registry, plugin)
  return registry
}

/** Adds all stages of a plug-in, or none. */
export async function addPlugin(registry: Map<string, Stage>, plugin: Plugin): Promise<void> {
  const stages = await loadPlugin(plugin)
  for (const [i, { name }] of stages.entries()) {
    if (!registry.has(name) && stages.findIndex((s) => s.name === name) === i) continue
    throw new PairloomError(
      'PL_PLUGIN',
      `Expected a new name, got ${name} again from plug-in ${plugin.name}`,
      {
        data: { plugin: plugin.name, stage: name },
      },
    )
  }
  for (const stage of stages) registry.set(stage.name, stage)
}
