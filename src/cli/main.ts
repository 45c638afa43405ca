import { Command, CommanderError } from 'commander'
import { PairloomError, toPairloomError } from '../core/error.ts'
import { PACKAGE_VERSION } from '../core/version.ts'
import { doctorCommand } from './doctor.ts'
import { explainCommand } from './explain.ts'
import { gcCommand } from './gc.ts'
import { planCommand } from './plan.ts'
import { reportCommand } from './report.ts'
import { runCommand } from './run.ts'
import { stagesCommand } from './stages.ts'
import { statusCommand } from './status.ts'
import { takedownCommand } from './takedown.ts'
import { whatIfCommand } from './whatif.ts'

/**
 * Runs the command line. `again`: the words that a user types to run it once more.
 *
 * Exit code 0: done; 1: the work failed; 2: the command or the pipeline file is wrong.
 */
export async function main(
  argv: readonly string[],
  again: readonly string[] = ['pairloom', ...argv.slice(2)],
): Promise<void> {
  const program = new Command('pairloom')
    .description('Turn the web’s pictures and the words around them into training shards.')
    .version(PACKAGE_VERSION)
    .exitOverride()
    .showHelpAfterError('(pairloom help COMMAND shows the options)')
  for (const command of [
    () => runCommand(again),
    planCommand,
    statusCommand,
    reportCommand,
    doctorCommand,
    explainCommand,
    whatIfCommand,
    stagesCommand,
    takedownCommand,
    gcCommand,
  ]) {
    program.addCommand(command().copyInheritedSettings(program))
  }
  // Output that nobody reads any more (`| head`) is no failure by itself; a run that ends with it is.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) =>
      process.exit(error.code === 'EPIPE' ? process.exitCode : 1),
    )
  }
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    process.exitCode = exitCode(error)
  }
}

const USAGE = new Set([
  'PL_USAGE',
  'PL_CONFIG',
  'PL_PLUGIN',
  'PL_COST',
  'PL_RUN_OTHER',
  'PL_RUN_ACTIVE',
  'PL_RUN_MISSING',
  'PL_NODE_VERSION',
])

function exitCode(error: unknown): number {
  // commander has printed its message already; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const failure = toPairloomError(error)
  console.error(`${failure.code}: ${failure.message}`)
  // An unknown error is a defect: its trace is wanted.
  if (!(error instanceof PairloomError) && error instanceof Error) console.error(error.stack)
  return USAGE.has(failure.code) ? 2 : 1
}
