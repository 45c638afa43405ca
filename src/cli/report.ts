import { Command } from 'commander'
import { writeReport } from '../pipeline/report/index.ts'
import { findRun, positive, runOptions } from './options.ts'

/** `pairloom report`: writes the report of a run, finished or not. */
export function reportCommand(): Command {
  return runOptions(new Command('report').description('write report.html of a run'))
    .option('--out <file>', 'where to write it; default report.html in the run folder')
    .option('--samples <n>', 'pictures in each grid', positive)
    .action(async (file: string | undefined, flags: { run?: string; out?: string; samples?: number }) => {
      const { run } = await findRun(file, flags)
      const path = await writeReport(run, {
        ...(flags.out !== undefined && { out: flags.out }),
        ...(flags.samples !== undefined && { samples: flags.samples }),
      })
      process.stdout.write(`${path}\n`)
    })
}
