import { resolve } from 'node:path'
import { readdir } from 'node:fs/promises'
import { InvalidArgumentError, type Command } from 'commander'
import { parseDuration } from '../core/duration.ts'
import { PairloomError } from '../core/error.ts'
import { planFile, type Plan } from '../pipeline/plan.ts'
import type { Retry } from '../pipeline/retry.ts'
import { openRunFolder, type RunFolder } from '../pipeline/run-folder.ts'
import { parseOverride, type Override } from '../pipeline/override.ts'
import { parseYaml, readPipeline } from '../pipeline/yaml.ts'

export interface PlanFlags {
  run?: string
  out?: string
  set?: Override[]
  refresh?: boolean
  refreshConsent?: boolean
  allowFailed?: boolean
}

/** Adds the options that every command with a plan has. */
export function planOptions(command: Command): Command {
  return setOption(
    command
      .argument('<pipeline>', 'pipeline file (YAML)')
      .option('--run <dir>', "run folder; default the file's run:, else runs/<name>")
      .option('--out <dir>', "folder of the shards; default the file's out:, else out/<name>"),
    'images.totalMs=30000',
  )
    .option('--refresh', 'crawl anew: start another snapshot')
    .option(
      '--refresh-consent',
      'ask again whether pictures may be used: start crawl/consent anew, and it alone',
    )
    .option('--allow-failed', 'let stages that need all rows go on without partitions that failed for good')
}

/** Adds `--set`, with an example. */
export function setOption(command: Command, example: string): Command {
  return command.option(
    '--set <path=value>',
    `set an option of the file, such as ${example}; may be given again`,
    override,
  )
}

/** Reads the file and plans it on top of what its run folder knows; `retry` starts a round of it. */
export async function planFromFlags(file: string, flags: PlanFlags, retry?: Retry): Promise<Plan> {
  const plan = await planFile(file, {
    ...(flags.run !== undefined && { run: flags.run }),
    ...(flags.out !== undefined && { out: flags.out }),
    overrides: flags.set ?? [],
    refresh: flags.refresh ?? false,
    ...(retry && { retry }),
    refreshConsent: flags.refreshConsent ?? false,
    allowFailed: flags.allowFailed ?? false,
  })
  if (flags.out !== undefined && !plan.stages.some((s) => s.kind === 'sink'))
    throw new PairloomError(
      'PL_USAGE',
      `Expected a stage that writes shards, such as shard/webdataset, in ${file} beside --out, got none`,
    )
  return plan
}

/**
 * The run folder that a command means: `--run`, else what the pipeline file says, else `runs/<its name>`.
 *
 * @throws PairloomError `PL_RUN_MISSING` when none is there; `PL_RUN_OTHER` where file and --run mean different ones
 */
export async function findRun(
  file: string | undefined,
  flags: { run?: string },
): Promise<{ run: string; folder: RunFolder }> {
  const run = resolve(flags.run ?? (file === undefined ? await onlyRun() : await runOfFile(file)))
  const folder = openRunFolder(run)
  const known = await folder.readRunFile()
  if (known && file !== undefined && flags.run !== undefined) await expectName(file, known.name, run)
  if (known) return { run, folder }
  throw new PairloomError(
    'PL_RUN_MISSING',
    `Expected a run in ${run}, got none: name another with --run, or start one with pairloom run`,
    {
      data: { run },
    },
  )
}

/** Adds the options that find a run. */
export function runOptions(command: Command): Command {
  return command
    .argument('[pipeline]', 'pipeline file whose run is meant')
    .option(
      '--run <dir>',
      "run folder; default the file's run:, else runs/<name>, else the only one in runs/",
    )
}

export function positive(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('expected a whole number above 0')
}

/** A share of a whole, 0..1. */
export function share(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('expected a number from 0 to 1')
}

/** `6h` as ms. */
export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms !== null) return ms
  throw new InvalidArgumentError('expected a whole number with s, m, h or d, such as 6h')
}

function override(text: string, before: Override[] = []): Override[] {
  let parsed: Override | null
  try {
    parsed = parseOverride(text)
  } catch (error) {
    const [said] = (error as Error).message.split(' at line ')
    throw new InvalidArgumentError(`expected YAML after the =, got an error: ${said}`)
  }
  if (parsed) return [...before, parsed]
  throw new InvalidArgumentError('expected stage.option=value')
}

/** A file beside --run would say nothing, were it that of another pipeline. */
async function expectName(file: string, known: string, run: string): Promise<void> {
  const { name } = await headOf(file)
  if (name === known) return
  throw new PairloomError(
    'PL_RUN_OTHER',
    `Expected ${run} to be a run of ${file} (${String(name)}), got one of ${known}: give the file or --run alone`,
    { data: { run, name: known } },
  )
}

async function headOf(file: string): Promise<{ run?: unknown; name?: unknown }> {
  return (parseYaml(await readPipeline(file), file).value ?? {}) as { run?: unknown; name?: unknown }
}

async function runOfFile(file: string): Promise<string> {
  const { run, name } = await headOf(file)
  if (typeof run === 'string') return run
  if (typeof name === 'string') return `runs/${name}`
  throw new PairloomError('PL_USAGE', `Expected ${file} to have a name:, got none`, { data: { file } })
}

async function onlyRun(): Promise<string> {
  const names = await readdir('runs').catch(() => [])
  if (names.length === 1) return `runs/${names[0]}`
  const found = names.length === 0 ? 'there is none in runs/' : `runs/ has ${names.join(', ')}`
  throw new PairloomError('PL_USAGE', `Expected a pipeline file or --run, got neither, and ${found}`)
}
