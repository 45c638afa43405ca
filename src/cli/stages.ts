import { Command, Option } from 'commander'
import { PairloomError } from '../core/error.ts'
import { catalogue, catalogueMarkdown } from '../pipeline/catalogue.ts'
import { nearest } from '../pipeline/nearest.ts'
import { findPlugin } from '../pipeline/plugin.ts'
import { builtinStages, openRegistry } from '../pipeline/registry.ts'
import { table } from './format.ts'

/** `pairloom stages [NAME]`: the catalogue, generated from the stages themselves. */
export function stagesCommand(): Command {
  return new Command('stages')
    .description('list the stages, or show one with its options')
    .argument('[name]', 'one stage')
    .option('--plugin <file...>', 'also the stages of these plug-ins')
    .option('--json', 'as JSON')
    .addOption(new Option('--markdown', 'as the page docs/stages.md').conflicts('json'))
    .action(
      async (name: string | undefined, flags: { plugin?: string[]; json?: boolean; markdown?: boolean }) => {
        const plugins = await Promise.all((flags.plugin ?? []).map((p) => findPlugin(p, process.cwd())))
        const stages = catalogue(plugins.length > 0 ? await openRegistry(plugins) : await builtinStages())
        const wanted =
          name === undefined ? stages : stages.filter((s) => s.name === name || s.name.endsWith(`/${name}`))
        if (wanted.length === 0) {
          const near = nearest(
            name!,
            stages.flatMap((s) => [s.name, s.name.slice(s.name.indexOf('/') + 1)]),
          )
          const hint = near ? ` (did you mean ${near}?)` : ''
          throw new PairloomError('PL_USAGE', `Expected the name of a stage, got ${name}${hint}`)
        }
        if (flags.json) process.stdout.write(`${JSON.stringify(wanted)}\n`)
        else if (flags.markdown || name !== undefined)
          process.stdout.write(catalogueMarkdown(wanted, flags.markdown ?? false))
        else process.stdout.write(`${table(wanted.map((s) => [s.name, s.kind, s.summary]))}\n`)
      },
    )
}
