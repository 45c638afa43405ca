import { Command } from 'commander'
import { diagnoseRun } from '../pipeline/doctor/after.ts'
import { printDiagnosis } from './doctor-after.ts'
import { findRun, runOptions } from './options.ts'

interface DoctorFlags {
  run?: string
  json?: boolean
}

/** `pairloom doctor`: why pictures of a run did not come. */
export function doctorCommand(): Command {
  return runOptions(new Command('doctor').description('explain by cause why pictures of a run did not come'))
    .option('--json', 'as JSON')
    .action(async (file: string | undefined, flags: DoctorFlags) => {
      const { folder, run } = await findRun(file, flags)
      const fetches = await diagnoseRun(folder)
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ run, fetches })}\n`)
        return
      }
      if (fetches.length === 0) process.stdout.write(`nothing was fetched yet in ${run}\n`)
      for (const fetch of fetches) printDiagnosis(fetch)
    })
}
