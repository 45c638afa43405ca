import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { memoryYaml, shell, type Started } from './command.ts'
import { screen } from './screen.ts'

const cli = shell()
const RUN = ['run', 'p.yaml', '--workers', '2']
const COLUMNS = 100
const pty = (rows = 30, columns = COLUMNS) => [
  'python3',
  join(import.meta.dirname, 'on_terminal.py'),
  String(rows),
  String(columns),
]
const canTerminal = spawnSync('python3', ['-c', 'import pty, fcntl, termios']).status === 0
const STOPPING = 'SIGINT: stopping the running tasks; once more stops at once'
const GO_ON = 'Stopped; what is committed stays. Go on with: pairloom run p.yaml --workers 2'

describe('the screen of these tests', () => {
  it.each([
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\r\nb\r\n\u001b[2A\u001b[0Jc\r\n', ['c']],
    ['\u001b[2mx\u001b[22my', ['xy']],
    ['abcdef', ['abcd', 'ef']],
    ['one\r\ntwo\r\n\u001b[1A\u001b[0J', ['one']],
  ])('%j shows %j', (written, lines) => {
    expect(screen(written, 4)).toEqual(lines)
  })

  it('takes back nothing that has scrolled out', () => {
    expect(screen('a\r\nb\r\nc\r\n\u001b[3A\u001b[0Jd', 4, 2)).toEqual(['a', 'b', 'd'])
  })
})

describe.skipIf(!canTerminal)('on a terminal (needs python3 with pty)', () => {
  it.each([
    { rows: 30, columns: 100, env: {} },
    { rows: 30, columns: 100, env: { NO_COLOR: '1' } as Record<string, string> },
    { rows: 30, columns: 30, env: {} },
    { rows: 4, columns: 100, env: {} },
  ])('$rows x $columns $env: draws bars that leave nothing behind', async ({ rows, columns, env }) => {
    // Two pauses between three attempts: bars are drawn each second.
    await cli.write({ 'p.yaml': memoryYaml({ mode: 'throw' }) })
    const ended = await cli.pairloom(RUN, {
      through: pty(rows, columns),
      env: { TERM: 'xterm-256color', ...env },
    })
    expect(ended.code, ended.out).toBe(1)
    expect(ended.out).toMatch(/[━─]{5}/)
    // Dimming has an end wherever it has a beginning.
    const dims = ended.out.split('\u001b[2m').length - 1
    expect(dims > 0).toBe(!('NO_COLOR' in env))
    expect(ended.out.split('\u001b[22m').length - 1).toBe(dims)
    const lines = screen(ended.out, columns, rows).join('\n')
    expect(lines).not.toMatch(/[━─]|tasks running/)
    expect(lines).not.toContain('\u001b')
    expect(lines.replaceAll('\n', '')).toContain('attempt 2 ended: PL_STAGE this stage always fails')
    expect(lines.replaceAll('\n', '')).toContain('PL_PARTITION_FAILED: ')
    // No line of a bar wraps: it could not be taken back.
    for (const line of ended.out.split(/\r?\n/)) {
      // eslint-disable-next-line no-control-regex -- colours take no room
      const bare = line.replaceAll(/\u001b\[[\d;]*[A-Za-z]/g, '')
      if (/[━─]/.test(bare)) expect(bare.length).toBeLessThan(columns)
    }
  })

  it('Ctrl-C: stops cleanly, shows the command to go on with, and that command finishes', async () => {
    await cli.write({ 'p.yaml': memoryYaml({ mode: 'hang', once: join(cli.folder, 'once') }) })
    const started = cli.start(RUN, { through: pty(), env: { TERM: 'xterm-256color' } })
    await started.said(/1 task running/)
    await untilHanging(started)
    started.child.stdin!.write('INT\n')
    const ended = await started.ended
    expect(ended.code, ended.out).toBe(1)
    const lines = screen(ended.out, COLUMNS)
    expect(lines.filter((l) => l.includes(STOPPING))).toHaveLength(1)
    expect(lines.at(-1)).toBe(`PL_INTERRUPTED: ${GO_ON}`)
    expect(lines.join('\n')).not.toMatch(/[━─]|tasks running/)
    await finishes(lines.at(-1)!)
  })
})

describe.skipIf(process.platform !== 'linux')('signals (processes are found in /proc)', () => {
  it.each([
    { signal: 'SIGINT', to: 'group' },
    { signal: 'SIGTERM', to: 'group' },
    { signal: 'SIGINT', to: 'run' },
    { signal: 'SIGTERM', to: 'run' },
  ] as const)(
    '$signal to the $to: stops, says how to go on, leaves no process and nothing temporary',
    async ({ signal, to }) => {
      await cli.write({ 'p.yaml': memoryYaml({ mode: 'hang', once: join(cli.folder, 'once') }) })
      const started = cli.start(RUN, { group: true })
      await untilHanging(started)
      const pid = started.child.pid!
      process.kill(to === 'group' ? -pid : pid, signal)
      const ended = await started.ended
      expect(ended.code, ended.err).toBe(1)
      expect(ended.err).toContain(STOPPING.replace('SIGINT', signal))
      expect(ended.err.trim().split('\n').at(-1)).toBe(`PL_INTERRUPTED: ${GO_ON}`)
      expect(ended.err).not.toMatch(/^ {4}at /m)
      await nobodyLeft(pid)
      if (signal === 'SIGINT')
        expect(Object.keys(await cli.files('.')).filter((f) => f.includes('.tmp-'))).toEqual([])
      await finishes(ended.err)
    },
  )

  it('the second SIGINT stops at once, even a stage that hears nothing', async () => {
    await cli.write({ 'p.yaml': memoryYaml({ mode: 'deaf', once: join(cli.folder, 'once') }) })
    const started = cli.start(RUN, { group: true })
    await untilHanging(started)
    const pid = started.child.pid!
    process.kill(-pid, 'SIGINT')
    await started.said(STOPPING)
    process.kill(-pid, 'SIGINT')
    const ended = await started.ended
    expect(ended).toMatchObject({ code: 1, signal: null })
    // It did not wait: the clean end would have told how to go on.
    expect(ended.err).not.toContain('PL_INTERRUPTED')
    await nobodyLeft(pid)
    expect((await cli.pairloom(RUN)).code).toBe(0)
  })

  it('SIGKILL of the run: its workers end by themselves', async () => {
    await cli.write({ 'p.yaml': memoryYaml({ mode: 'deaf', once: join(cli.folder, 'once') }) })
    const started = cli.start(RUN, { group: true })
    await untilHanging(started)
    const pid = started.child.pid!
    expect((await groupOf(pid)).length).toBeGreaterThan(1)
    process.kill(pid, 'SIGKILL')
    expect((await started.ended).signal).toBe('SIGKILL')
    await nobodyLeft(pid)
    expect((await cli.pairloom(RUN)).code).toBe(0)
    expect(Object.keys(await cli.files('.')).filter((f) => f.includes('.tmp-'))).toEqual([])
  })
})

/** Until the stage has reached the place where it waits for ever; or the command has ended, which is told. */
async function untilHanging(started: Started): Promise<void> {
  let ended = false
  void started.ended.then(() => (ended = true))
  while (!existsSync(join(cli.folder, 'once'))) {
    if (ended) throw new Error((await started.ended).err)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Runs the command that was printed, and expects it to finish. */
async function finishes(said: string): Promise<void> {
  const words = /Go on with: pairloom (.*)$/m.exec(said)![1]!.trim().split(' ')
  const again = await cli.pairloom(words)
  expect(again.code, again.err).toBe(0)
  expect(again.out).toMatch(/^lines +80 rows +80 kept/m)
}

/** Processes of a group that are alive, zombies left out. */
async function groupOf(group: number): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '')
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(pgrp) === group && state !== 'Z') found.push(Number(name))
  }
  return found
}

/** Until no process of the group is left; one that stays lets the test run into its limit. */
async function nobodyLeft(group: number): Promise<void> {
  while ((await groupOf(group)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
}
