import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunEvent, Tally } from '../../src/index.ts'
import { BIN, memoryYaml, shell } from './command.ts'

const cli = shell()
const RUN = ['run', 'p.yaml', '--workers', '2']
const ANSI = '\u001b['

describe('the command line', () => {
  it.each([
    { args: ['--version'], code: 0, says: /^\d+\.\d+\.\d+\n$/ },
    { args: ['--help'], code: 0, says: /Usage: pairloom.*run \[options\] <pipeline>/s },
    { args: ['help', 'run'], code: 0, says: /--dry-run/ },
    { args: ['run', '--help'], code: 0, says: /--workers <n>/ },
    { args: [], code: 2, says: /Usage: pairloom/ },
    { args: ['rnu', 'p.yaml'], code: 2, says: /unknown command 'rnu'\n\(Did you mean run\?\)/ },
    { args: ['run'], code: 2, says: /missing required argument 'pipeline'\n\(pairloom help COMMAND/ },
    {
      args: ['run', 'p.yaml', '--wrokers', '2'],
      code: 2,
      says: /unknown option '--wrokers'\n\(Did you mean --workers\?\)/,
    },
    { args: ['run', 'p.yaml', '--workers', '0'], code: 2, says: /expected a whole number above 0/ },
    { args: ['run', 'p.yaml', '--workers', '1.5'], code: 2, says: /expected a whole number above 0/ },
    { args: ['run', 'p.yaml', 'q.yaml'], code: 2, says: /too many arguments/ },
    {
      args: ['run', 'p.yaml', '--to', 'ordre'],
      code: 2,
      says: /^PL_USAGE: Expected --to to name one of rows, .*, got ordre \(did you mean order\?\)$/m,
    },
    { args: ['run', 'p.yaml', '--older-than', '6h'], code: 2, says: /Expected --older-than beside --retry/ },
    { args: ['run', 'p.yaml', '--retry', 'dns', '--older-than', '6'], code: 2, says: /such as 6h/ },
    { args: ['run', 'p.yaml', '--deadline', 'soon'], code: 2, says: /such as 6h/ },
    {
      args: ['run', 'p.yaml', '--retry', '503', '--refresh'],
      code: 2,
      says: /--retry or --refresh, got both/,
    },
    { args: ['run', 'p.yaml', '--retry', 'dns,5x'], code: 2, says: /^PL_USAGE: .*dns, timeout.*got 5x$/m },
    { args: ['run', 'p.yaml', '--set', 'x'], code: 2, says: /expected stage.option=value/ },
    { args: ['run', 'p.yaml', '--set', 'x=['], code: 2, says: /expected YAML after the =/ },
    {
      args: ['run', 'p.yaml', '--set', 'clean.length.mni=1'],
      code: 2,
      says: /^ {2}--set clean.length.mni: unknown option "mni" \(did you mean min\?\)$/m,
    },
    {
      args: ['run', 'nothing.yaml'],
      code: 2,
      says: /^PL_CONFIG: nothing.yaml .*expected a pipeline file, got ENOENT$/ms,
    },
    {
      args: ['plan', 'bad.yaml'],
      code: 2,
      says: /^PL_CONFIG: bad.yaml has one fault; nothing was started:\n {2}bad.yaml:1:11 stages: expected at least one stage, got {}$/m,
    },
    {
      args: ['status'],
      code: 2,
      says: /^PL_USAGE: Expected a pipeline file or --run, got neither, and there is none in runs\/$/m,
    },
    {
      args: ['status', 'p.yaml'],
      code: 2,
      says: /^PL_RUN_MISSING: Expected a run in .*\/runs\/memory, got none/m,
    },
    { args: ['explain', 'x', '--run', 'none'], code: 2, says: /^PL_RUN_MISSING/ },
    { args: ['whatif', 'p.yaml', '--set', 'clean.length.min=4'], code: 2, says: /^PL_RUN_MISSING/ },
    { args: ['whatif', 'p.yaml', '--sample', '2'], code: 2, says: /expected a number above 0, at most 1/ },
    {
      args: ['whatif', 'p.yaml', '--sample', '0.1', '--exact'],
      code: 2,
      says: /Expected --exact or --sample, got both/,
    },
    { args: ['gc', '--run', 'none'], code: 2, says: /^PL_RUN_MISSING/ },
    {
      args: ['stages', 'wrods'],
      code: 2,
      says: /^PL_USAGE: Expected the name of a stage, got wrods \(did you mean words\?\)$/m,
    },
    { args: ['stages', '--plugin', './gone.mjs'], code: 2, says: /^PL_PLUGIN/ },
  ])('pairloom $args ends with $code', async ({ args, code, says }) => {
    await cli.write({ 'p.yaml': memoryYaml(), 'bad.yaml': '{ stages: {}, name: x }\n' })
    const ended = await cli.pairloom(args)
    expect(ended.code, ended.err).toBe(code)
    expect(code === 0 ? ended.out : ended.err).toMatch(says)
    expect(ended.out + ended.err).not.toContain(ANSI)
    expect(ended.err).not.toMatch(/^ {4}at /m)
    // Nothing is started and nothing is written.
    expect((await readdir(cli.folder)).sort()).toEqual(['bad.yaml', 'p.yaml'])
  })

  it('shows the stages, one stage, and those of a plug-in', async () => {
    const all = await cli.pairloom(['stages'])
    expect(all.out).toMatch(/^crawl\/fetch +row +\S/m)
    expect((await cli.pairloom(['stages', 'words'])).out).toMatch(
      /^## filter\/words\n[^]*\| `min` \| int >= 0 \| `3` \|/,
    )
    const json = JSON.parse((await cli.pairloom(['stages', '--json'])).out) as { name: string }[]
    expect(json.length).toBe(all.out.trim().split('\n').length)
    const own = await cli.pairloom([
      'stages',
      'memory/rows',
      '--plugin',
      join(import.meta.dirname, '../pipeline/fixtures/memory.ts'),
    ])
    expect(own.out).toContain('| `rows` | int | `1000` | rows in all |')
  })

  it('runs, tells plain lines with sums that add up, and shows the same in status', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    const ran = await cli.pairloom(RUN, { env: { TERM: 'xterm-256color' } })
    expect(ran.code, ran.err).toBe(0)
    expect(ran.out + ran.err).not.toContain(ANSI)
    expect(
      ran.err.match(
        /^(rows|clean|stage|order|store|lines) +0000\d\/\d +\d+ rows +\d+ kept +\d+ dropped +\d+ failed +\S+ \S+ +\S+ s$/gm,
      ),
    ).toHaveLength(15)
    expect(ran.out).toMatch(/^clean +100 rows +90 kept +10 dropped +0 failed {2}\(too-short 10\)$/m)
    expect(ran.out).toMatch(/^store +90 rows +80 kept +0 dropped +10 failed {2}\(http-404 10\)$/m)
    expect(ran.out).toMatch(/^shards {2}.*\/out\/memory$/m)
    expect(existsSync(/^report {2}(.*)$/m.exec(ran.out)![1]!)).toBe(true)

    const status = await cli.pairloom(['status'])
    expect(status).toMatchObject({ code: 0 })
    expect(status.out).toMatch(/^memory in .*\/runs\/memory: finished$/m)
    expect(status.out).toMatch(/^clean +3\/3 +100 +90 +10 +0 /m)
    const again = await cli.pairloom(RUN)
    expect(again.err).toMatch(/^rows +3 partitions done before$/m)
    expect(again.out.replace(/^time.*$/m, '')).toBe(ran.out.replace(/^time.*$/m, ''))
  })

  it('--json: every line is an event, and their numbers add up', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    const ran = await cli.pairloom([...RUN, '--json'])
    const events = ran.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent | { event: 'report'; path: string })
    expect(ran.err).toBe('')
    expect(events[0]).toMatchObject({
      event: 'start',
      name: 'memory',
      workers: 2,
      stages: ['rows', 'clean', 'stage', 'order', 'store', 'lines'],
    })
    expect(events.at(-1)).toMatchObject({ event: 'report' })
    const end = events.find((e) => e.event === 'end')!
    for (const { stage, tally, partitions } of end.stages) {
      const tasks = events.filter((e) => e.event === 'task' && e.stage === stage) as {
        tally: Tally
        done: number
        partition: number
      }[]
      expect(tasks.length, stage).toBe(partitions)
      expect(new Set(tasks.map((t) => t.partition)).size).toBe(partitions)
      for (const key of ['rowsIn', 'kept', 'dropped', 'failed'] as const) {
        expect(
          tasks.reduce((sum, t) => sum + t.tally[key], 0),
          `${stage} ${key}`,
        ).toBe(tally[key])
      }
      expect(tally.rowsIn).toBe(tally.kept + tally.dropped + tally.failed)
      expect(Object.values(tally.reasons).reduce((a, b) => a + b, 0)).toBe(tally.dropped + tally.failed)
    }
    const published = events.find((e) => e.event === 'published')!
    expect(published).toMatchObject({ shards: 2, rows: 80 })
    const files = Object.entries(await cli.files(published.folder.slice(cli.folder.length + 1))).filter(
      ([f]) => f !== 'index.json',
    )
    expect(published.bytes).toBe(
      files.reduce((sum, [, base64]) => sum + Buffer.from(base64, 'base64').length, 0),
    )
    for (const command of [
      ['status', '--json'],
      ['plan', 'p.yaml', '--json'],
    ]) {
      expect(JSON.parse((await cli.pairloom(command)).out)).toMatchObject({
        name: 'memory',
        run: join(cli.folder, 'runs/memory'),
      })
    }
  })

  it('--dry-run and plan show the stages and write nothing', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    const dry = await cli.pairloom([...RUN, '--dry-run'])
    expect(dry.code).toBe(0)
    expect(dry.out).toMatch(/^clean +memory\/length +rows +[0-9a-f]{12} +-$/m)
    expect((await cli.pairloom(['plan', 'p.yaml'])).out).toBe(dry.out)
    expect(await readdir(cli.folder)).toEqual(['p.yaml'])
    await cli.pairloom([...RUN, '--to', 'clean'])
    expect((await cli.pairloom(['plan', 'p.yaml'])).out).toMatch(
      /^clean +memory\/length +rows +[0-9a-f]{12} +3 partitions$/m,
    )
  })

  it('a failed partition: code 1, named, with what to do; --allow-failed goes on without, and says so', async () => {
    await cli.write({ 'p.yaml': memoryYaml({ mode: 'throw' }) })
    const failed = await cli.pairloom([...RUN, '--to', 'order'])
    expect(failed.code).toBe(1)
    expect(failed.err).toMatch(/^rows +00001 {2}attempt 1 ended: PL_STAGE this stage always fails/m)
    expect(failed.err).toMatch(/^rows +00001 {2}failed for good: PL_STAGE this stage always fails/m)
    expect(failed.err).toMatch(
      /^PL_PARTITION_FAILED: 3 partitions failed for good \(rows 1, clean 1, stage 1\): run again to try them again, or with --allow-failed to go on without$/m,
    )
    expect(failed.err).not.toMatch(/^ {4}at /m)
    const allowed = await cli.pairloom([...RUN, '--allow-failed'])
    expect(allowed.code, allowed.err).toBe(0)
    expect(allowed.out).toMatch(/^order +60 rows/m)
    expect((await cli.pairloom(['status'])).out).toMatch(/^stage +3\/3 \(1 failed\)/m)
  })

  it('--refresh starts the second snapshot, and the command without it goes on with that one', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    await cli.pairloom(RUN)
    const plan = async () =>
      JSON.parse((await cli.pairloom(['plan', 'p.yaml', '--json'])).out) as { snapshot: number }
    expect((await plan()).snapshot).toBe(1)
    const fetches = (out: string) =>
      out.split('\n').filter((l) => l.includes('"event":"task"') && l.includes('"stage":"store"')).length
    const refreshed = await cli.pairloom([...RUN, '--refresh', '--json'])
    expect(refreshed.code, refreshed.err).toBe(0)
    expect(fetches(refreshed.out)).toBe(2)
    expect((await plan()).snapshot).toBe(2)
    expect(fetches((await cli.pairloom([...RUN, '--json'])).out)).toBe(0)
  })

  it('--retry tries rows again by their reason, says how many, and starts nothing where there are none', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    await cli.pairloom(RUN)
    const stored = (out: string) => /^store +(.*) dropped/m.exec(out)?.[1]
    expect((await cli.pairloom([...RUN, '--retry', '503'])).err).toContain(
      'retry  0 rows: none to try again\n',
    )
    const dry = await cli.pairloom([...RUN, '--retry', '4xx', '--dry-run'])
    expect(dry.err).toContain('retry  10 rows  (http-404 10)\n')
    const young = await cli.pairloom([...RUN, '--retry', '4xx', '--older-than', '6h', '--dry-run'])
    // The stage of this test keeps no times: what has none is old.
    expect(young.err).toContain('retry  10 rows')
    const ran = await cli.pairloom([...RUN, '--retry', '4xx', '--json'])
    expect(ran.code, ran.err).toBe(0)
    const counters = ran.out
      .split('\n')
      .filter((l) => l.includes('"event":"task"') && l.includes('"stage":"store"'))
      .map((l) => (JSON.parse(l) as Extract<RunEvent, { event: 'task' }>).tally.counters)
    const sum = (name: string) => counters.reduce((total, c) => total + (c[name] ?? 0), 0)
    expect([sum('fetches'), sum('reused')]).toEqual([10, 80])
    expect(stored((await cli.pairloom(RUN)).out)).toMatch(/90 rows +80 kept/)
    const reasons = await cli.pairloom(['status', '--reasons'])
    expect(reasons.out).toMatch(
      /^stage +reason +status +rows +cause +first +last\nstore +http-404 +failed +10 +gone +- +-\n$/,
    )
    expect(JSON.parse((await cli.pairloom(['status', '--reasons', '--json'])).out)).toMatchObject({
      reasons: [{ stage: 'store', reason: 'http-404', rows: 10 }],
    })
  })

  it('explain shows rules, values and limits; gc --dry-run removes nothing', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    await cli.pairloom(RUN)
    const wondered = await cli.pairloom(['whatif', 'p.yaml', '--set', 'clean.length.min=1'])
    expect(wondered).toMatchObject({ code: 0, err: '' })
    expect(wondered.out).toMatch(/^clean.length.min {2}2 -> 1$/m)
    expect(wondered.out).toMatch(/^kept +90 +100 +\+10$/m)
    expect(wondered.out).toMatch(/^memory\/length.too-short +10 +0 +-10$/m)
    expect(wondered.out).toMatch(/^site0.test +15 +13.3 % +0.0 % +length.too-short 13.3 % -> 0.0 %$/m)
    expect(await cli.pairloom(['whatif', 'p.yaml', '--set', 'claen.length.min=1'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no stage .* "claen" \(did you mean clean\?\)/) as string,
    })
    const explained = await cli.pairloom(['explain', 'http://www.site3.test/10.jpg'])
    expect(explained.out).toMatch(/clean +breaks +memory\/length: too-short \(characters\) +1 +>= 2\n/)
    expect(explained.out).toMatch(/=> dropped by memory\/length in clean as too-short: 1 \(limit >= 2\)/)
    expect(await cli.pairloom(['explain', 'nobody'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^PL_USAGE: Expected a uid, image_id or URL/) as string,
    })
    for (const min of [3, 4]) await cli.pairloom([...RUN, '--set', `clean.length.min=${min}`])
    const before = await cli.files('.')
    const dry = await cli.pairloom(['gc', '--keep', '1', '--dry-run'])
    expect(dry.out).toMatch(/^would remove +\S+ +\S+ \S+$/m)
    expect(await cli.files('.')).toEqual(before)
    const gc = await cli.pairloom(['gc', '--keep', '1'])
    const paths = (out: string) =>
      out.split('\n').map((line) => line.replace(/^(would remove|removed) +/, '').replace(/ {2,}/g, ' '))
    expect(paths(gc.out)).toEqual(paths(dry.out))
    expect((await cli.pairloom(['gc', '--keep', '1'])).out).toMatch(/^total +0 data sets +0 B$/m)
  })
})

describe.skipIf(process.platform === 'win32')('output that nobody reads to its end', () => {
  const sh = (command: string) =>
    spawnSync('bash', ['-o', 'pipefail', '-c', command], {
      cwd: cli.folder,
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, BIN },
    })

  it('a listing ends without a complaint', () => {
    const ended = sh('"$NODE" "$BIN" stages --markdown | head -1')
    expect(ended).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^# Stages\n$/) as string,
    })
  })

  it.each(['run p.yaml --json', 'run p.yaml 2>&1'])(
    '%s: the run stops, is no success, and goes on later',
    async (command) => {
      await cli.write({ 'p.yaml': memoryYaml() })
      const ended = sh(`"$NODE" "$BIN" ${command} | head -1`)
      expect(ended.status).toBe(1)
      expect(ended.stdout.trim().split('\n')).toHaveLength(1)
      expect(ended.stderr).toBe('')
      expect((await cli.pairloom(RUN)).code).toBe(0)
    },
  )
})
