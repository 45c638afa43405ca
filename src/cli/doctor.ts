import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { diagnoseRun } from '../pipeline/doctor/after.ts'
import { checkBefore, checkMachine } from '../pipeline/doctor/before.ts'
import { openRunFolder } from '../pipeline/run-folder.ts'
import { printDiagnosis } from './doctor-after.ts'
import { printChecks } from './doctor-before.ts'
import { expectApart, expectBeside } from './idle-options.ts'
import { findRun, planFromFlags, positive } from './options.ts'

interface DoctorFlags {
  run?: string
  out?: string
  workers?: number
  probe?: string
  after?: boolean
  json?: boolean
}

/** `pairloom doctor`: what may go wrong in a run, and why pictures of one did not come. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('test machine, folders and network before a run; explain by cause why pictures did not come')
    .argument('[pipeline]', 'pipeline file (YAML); without one only the machine is tested')
    .option('--run <dir>', "run folder; default the file's run:, else runs/<name>")
    .option('--out <dir>', "folder of the shards; default the file's out:, else out/<name>")
    .option('--workers <n>', 'worker processes of the run; default the number of cores', positive)
    .option('--probe <url>', 'measure the line by reading up to 64 MiB from this URL, once', httpUrl)
    .option('--after', 'only explain what became of the last run')
    .option('--json', 'as JSON')
    .action(async (file: string | undefined, flags: DoctorFlags) => {
      checkFlags(file, flags)
      const checks = flags.after ? [] : await checksOf(file, flags)
      const run = await runOf(file, flags)
      const fetches = run === null ? [] : await diagnoseRun(openRunFolder(run))
      if (flags.json) process.stdout.write(`${JSON.stringify({ checks, run, fetches })}\n`)
      else {
        printChecks(checks)
        for (const fetch of fetches) {
          if (checks.length > 0) process.stdout.write('\n')
          printDiagnosis(fetch)
        }
        if (flags.after && fetches.length === 0) process.stdout.write(`nothing was fetched yet in ${run}\n`)
      }
      if (checks.some((c) => c.status === 'fail')) process.exitCode = 1
    })
}

/** @throws PairloomError `PL_USAGE` for options that would say nothing */
function checkFlags(file: string | undefined, { after, workers, probe, out }: DoctorFlags): void {
  const before = { '--workers': workers, '--probe': probe, '--out': out }
  for (const [option, value] of Object.entries(before))
    expectApart(after === true && value !== undefined, '--after', option, '--after tests nothing')
  if (file === undefined) expectBeside({ '--probe': probe, '--out': out }, 'a pipeline file')
}

async function checksOf(file: string | undefined, flags: DoctorFlags) {
  const workers = flags.workers ?? availableParallelism()
  if (file === undefined) return checkMachine({ workers })
  return checkBefore(await planFromFlags(file, flags), { workers, probe: flags.probe ?? null })
}

/** The run to explain: one that is asked for must be there, else there may be none yet. */
async function runOf(file: string | undefined, flags: DoctorFlags): Promise<string | null> {
  if (flags.after || (file === undefined && flags.run !== undefined)) return (await findRun(file, flags)).run
  if (file === undefined) return null
  const { run } = await planFromFlags(file, flags)
  return (await openRunFolder(run).readRunFile()) ? run : null
}

function httpUrl(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new InvalidArgumentError('expected an http or https URL')
}
