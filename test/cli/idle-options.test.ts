import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { doctorCommand } from '../../src/cli/doctor.ts'
import { planCommand } from '../../src/cli/plan.ts'
import { runCommand } from '../../src/cli/run.ts'
import { stagesCommand } from '../../src/cli/stages.ts'
import { statusCommand } from '../../src/cli/status.ts'
import { takedownCommand } from '../../src/cli/takedown.ts'
import { planFile } from '../../src/pipeline/plan.ts'
import { openRunFolder, withPlan } from '../../src/pipeline/run-folder.ts'

const COMMANDS: Record<string, () => Command> = {
  run: () => runCommand(['pairloom', 'run']),
  plan: planCommand,
  doctor: doctorCommand,
  status: statusCommand,
  stages: stagesCommand,
  takedown: takedownCommand,
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-idle-'))
  const links = `stages:\n  list: { use: crawl/list, path: ${folder}/urls.txt }\n  links: { use: crawl/merge-links }\n`
  const files = {
    'l.yaml': `name: links\nrun: ${folder}/runs/links\n${links}`,
    'i.yaml': `name: images\nrun: ${folder}/runs/images\n${links}  images: { use: crawl/fetch }\n`,
    'urls.txt': '',
    'p.yaml': 'gibIn: 1\n',
    'list.yaml': '- 1\n',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const plan = await planFile(join(folder, 'i.yaml'))
  await openRunFolder(plan.run).writeRunFile(withPlan(null, plan))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What a command line is refused with, in this process: nothing may be started. */
async function refusal(line: string): Promise<string> {
  const [name, ...words] = line
    .split(' ')
    .map((word) => (/\.yaml$|^runs/.test(word) ? join(folder, word) : word))
  const command = COMMANDS[name!]!()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return command.parseAsync(words, { from: 'user' }).then(
    () => 'nothing',
    (error: Error) => error.message,
  )
}

describe('an option that would do nothing is refused with a sentence', () => {
  it.each<[string, RegExp]>([
    ['run i.yaml --prices p.yaml', /Expected --prices beside --max-cost, got it alone/],
    ['plan i.yaml --prices p.yaml', /Expected --prices beside --cost or --max-cost, got it alone/],
    ['plan i.yaml --workers 3', /Expected --workers beside --cost or --max-cost, got it alone/],
    ['run i.yaml --failure-rate-after 5', /Expected --failure-rate-after beside --max-failure-rate, got it/],
    ['run l.yaml --max-failure-rate 0.5', /a stage that fetches pictures, which --max-failure-rate could/],
    ['run i.yaml --max-failure-rate 0.5 --to links', /fetches pictures up to links, which --max-failure/],
    ['run l.yaml --deadline 6h', /a stage that fetches pictures, which --deadline could end, got none/],
    ['run i.yaml --older-than 6h', /Expected --older-than beside --retry, got it alone/],
    ['run i.yaml --retry dns --to links', /such as crawl\/fetch to retry in .*i\.yaml up to links, got none/],
    ['run i.yaml --retry dns --refresh', /Expected --retry or --refresh, got both/],
    ['run l.yaml --refresh', /Expected a stage that crawls, .*with --refresh, got none/],
    ['run i.yaml --refresh --refresh-consent', /Expected --refresh or --refresh-consent, got both/],
    ['run i.yaml --out elsewhere', /a stage that writes shards, .* in .*i\.yaml beside --out, got none/],
    ['plan i.yaml --to imgaes', /Expected --to to name one of .*\(did you mean images\?\)/],
    ['doctor i.yaml --after --workers 3', /Expected --after or --workers, got both: --after tests nothing/],
    ['doctor i.yaml --after --probe http://a.test/', /Expected --after or --probe, got both/],
    ['doctor --probe http://a.test/', /Expected --probe beside a pipeline file, got it alone/],
    [
      'status l.yaml --run runs/images',
      /Expected .*images to be a run of .*l\.yaml \(links\), got one of images/,
    ],
    ['takedown i.yaml --purge --reason x', /Expected --reason beside --domain, .*, got it alone/],
    ['takedown i.yaml --purge --dry-run', /'--dry-run' cannot be used with option '--purge'/],
    ['stages --json --markdown', /'--markdown' cannot be used with option '--json'/],
    ['plan i.yaml --cost --prices no.yaml', /no\.yaml.*prices: expected a prices file, got ENOENT/s],
    ['plan i.yaml --cost --prices list.yaml', /list\.yaml:1:1 prices: expected a map/],
  ])('%s', async (line, says) => {
    expect(await refusal(line)).toMatch(says)
  })
})

describe('help', () => {
  it.each(Object.keys(COMMANDS))('of %s shows no list that is empty', (name) => {
    expect(COMMANDS[name]!().helpInformation()).not.toMatch(/default: (\[|none)/)
  })
})
