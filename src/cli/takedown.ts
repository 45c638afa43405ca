import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { PairloomError } from '../core/error.ts'
import { namedInList, type Named } from '../pipeline/takedown/subjects.ts'
import { purge, type Purged } from '../pipeline/takedown/purge.ts'
import { takeDown, type TakenDown } from '../pipeline/takedown/takedown.ts'
import { plural } from '../core/plural.ts'
import { count, table } from './format.ts'
import { expectBeside } from './idle-options.ts'
import { findRun, runOptions } from './options.ts'

interface Flags {
  run?: string
  domain?: string[]
  url?: string[]
  uid?: string[]
  sha256?: string[]
  file?: string[]
  reason?: string
  purge?: boolean
  dryRun?: boolean
  json?: boolean
}

/** `pairloom takedown`: what a data owner wants used no more, at once and for good. */
export function takedownCommand(): Command {
  const again = (value: string, before: string[] = []) => [...before, value]
  return runOptions(
    new Command('takedown').description('use samples no more: a domain’s, a URL’s, by uid or hash'),
  )
    .option('--domain <name>', 'all pictures of this host and its sub-domains; may be given again', again)
    .option('--url <url>', 'the picture at this URL, whatever its texts; may be given again', again)
    .option('--uid <uid>', 'the sample of this uid, merged ones too; may be given again', again)
    .option('--sha256 <hash>', 'pictures whose original bytes have this sha256; may be given again', again)
    .option('--file <list>', 'a list, one `domain example.org` (url, uid, sha256) a line', again)
    .option('--reason <text>', 'kept beside the tombstone')
    .option(
      '--purge',
      'remove all that is taken down, now or before, from run folder and shards; not with --dry-run',
    )
    .addOption(
      new Option(
        '--dry-run',
        'say what is meant and where it lives, and write nothing; not with --purge',
      ).conflicts('purge'),
    )
    .option('--json', 'as JSON')
    .action(async (file: string | undefined, flags: Flags) => {
      const { folder, run } = await findRun(file, flags)
      const which = [file, flags.run !== undefined || file === undefined ? `--run ${flags.run ?? run}` : '']
        .filter(Boolean)
        .join(' ')
      const named = await namedBy(flags)
      const { reason = null, dryRun = false, json = false } = flags
      const isNamed = Object.values(named).some((values) => values.length > 0)
      if (!isNamed && flags.purge)
        expectBeside({ '--reason': flags.reason }, '--domain, --url, --uid, --sha256 or --file')
      const done = isNamed || !flags.purge ? await takeDown(folder, { named, reason, dryRun }) : null
      if (done && !json) process.stdout.write(`${told(done)}\n${flags.purge ? '' : next(done, which)}`)
      const purged = flags.purge ? await purge(folder, commandOf(named)) : null
      if (json) process.stdout.write(`${JSON.stringify({ ...done, purged })}\n`)
      else if (purged) process.stdout.write(`${toldPurged(purged)}\n`)
      if (purged && purged.left.length > 0) process.exitCode = 1
    })
}

/** The command for the evidence: which options it had, never what they named. */
function commandOf(named: Named): string {
  const options = Object.entries(named).flatMap(([kind, values]) =>
    values.length > 0 ? [`--${kind} …`] : [],
  )
  return ['pairloom takedown', ...options, '--purge'].join(' ')
}

function toldPurged({ samples, rows, pictures, shards, left, evidence }: Purged): string {
  if (evidence === null) return 'nothing to purge'
  return [
    `purged ${plural(samples, 'sample')}: ${plural(shards, 'shard')} written again, ${plural(rows, 'row')} and ${plural(pictures, 'picture')} removed from the run`,
    `evidence ${evidence}`,
    ...left.map(
      (path) =>
        `left in ${path}, as its format cannot be written again: run the pipeline, then purge once more`,
    ),
  ].join('\n')
}

async function namedBy(flags: Flags): Promise<Named> {
  const named = {
    domain: [...(flags.domain ?? [])],
    url: [...(flags.url ?? [])],
    uid: [...(flags.uid ?? [])],
    sha256: [...(flags.sha256 ?? [])],
  }
  for (const list of flags.file ?? []) {
    const text = await readFile(list, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new PairloomError('PL_USAGE', `--file: expected a list in ${list}, got ${error.code}`)
    })
    const more = namedInList(text, list)
    for (const kind of ['domain', 'url', 'uid', 'sha256'] as const)
      named[kind] = named[kind].concat(more[kind] ?? [])
  }
  return named
}

/** What comes next, in a sentence. `which`: the words that name the run. */
function next({ name, shards, datasets }: TakenDown, which: string): string {
  if (name === null) return 'nothing was written; the same without --dry-run takes it down\n'
  const holds = datasets.length + shards.length > 0
  if (!holds) return ''
  const later =
    shards.length > 0
      ? `the shards above still hold it: pairloom takedown ${which} --purge removes it from them and from the run now; pairloom run makes new ones without it, and the old stay until a purge`
      : `what the run has of it stays in its folder until pairloom takedown ${which} --purge removes it`
  return `used no more from now on; ${later}\n`
}

function told({ name, isNew, tombstones, samples, datasets, shards, sameBytes }: TakenDown): string {
  const head =
    name === null
      ? `would take down ${plural(samples, 'picture')} (${plural(tombstones, 'tombstone')})`
      : `${isNew ? 'taken down' : 'taken down before'}: ${plural(samples, 'picture')} (${plural(tombstones, 'tombstone')}, takedown/${name}.tombstone.json)`
  const rows = [
    ...datasets.map((d) => ['', d.dataset, count(d.kept), 'rows', count(d.rejected), 'rejected']),
    ...shards.map((s) => ['', s.path, s.samples === null ? '?' : count(s.samples), 'samples', '', '']),
  ]
  const lines = [head, ...(rows.length > 0 ? [table(rows, new Set([2, 4]))] : [])]
  if (samples === 0) lines.push('nothing here has it now; it is refused should it come')
  if (sameBytes.rows > 0) {
    lines.push(
      `${plural(sameBytes.rows, 'row')} of other addresses ${sameBytes.rows === 1 ? 'has' : 'have'} the same bytes; to take ${sameBytes.rows === 1 ? 'it' : 'them'} down too, add`,
      ...sameBytes.sha256.map((hash) => `  --sha256 ${hash}`),
    )
  }
  return lines.join('\n')
}
