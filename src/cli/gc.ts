import { Command } from 'commander'
import { collectGarbage } from '../pipeline/gc.ts'
import { plural } from '../core/plural.ts'
import { bytes, table } from './format.ts'
import { findRun, positive, runOptions } from './options.ts'

/** `pairloom gc`: removes data sets that no recent plan of the run needs. */
export function gcCommand(): Command {
  return runOptions(new Command('gc').description('remove what the last plans of a run do not need'))
    .option('--keep <n>', 'plans to keep, the newest first', positive, 2)
    .option('--dry-run', 'say what would be removed')
    .action(async (file: string | undefined, flags: { run?: string; keep: number; dryRun?: boolean }) => {
      const { folder } = await findRun(file, flags)
      const removed = await collectGarbage(folder, { keep: flags.keep, dryRun: flags.dryRun ?? false })
      const total = removed.reduce((sum, r) => sum + r.bytes, 0)
      const rows = removed.map((r) => [flags.dryRun ? 'would remove' : 'removed', r.path, bytes(r.bytes)])
      process.stdout.write(
        `${table([...rows, ['total', plural(removed.length, 'data set'), bytes(total)]], new Set([2]))}\n`,
      )
    })
}
