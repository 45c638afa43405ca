import { Command } from 'commander'
import { writeReport } from '../pipeline/report/index.ts'
import { findRun, positive, runOptions } from './options.ts'

interface ReportFlags {
  run?: string
  out?: string
  samples?: number
  showUnsafe?: boolean
}

/** `pairloom report`: writes the report of a run, finished or not. */
export function reportCommand(): Command {
  return runOptions(new Command('report').description('write report.html of a run'))
    .option('--out <file>', 'where to write it; default report.html in the run folder')
    .option('--samples <n>', 'pictures in each grid', positive)
    .option('--show-unsafe', 'also show what was dropped as unsafe or opted out, which is only counted else')
    .action(async (file: string | undefined, flags: ReportFlags) => {
      const { run } = await findRun(file, flags)
      const path = await writeReport(run, {
        ...(flags.out !== undefined && { out: flags.out }),
        ...(flags.samples !== undefined && { samples: flags.samples }),
        showUnsafe: flags.showUnsafe ?? false,
      })
      process.stdout.write(`${path}\n`)
    })
}
