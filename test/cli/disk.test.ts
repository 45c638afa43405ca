import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { memoryYaml, shell } from './command.ts'

const cli = shell()
const PRELOAD = pathToFileURL(join(import.meta.dirname, '../pipeline/fixtures/full-disk.ts')).href
const RUN = ['run', 'p.yaml', '--workers', '2']

let whole: Record<string, string> | undefined

/** Shards and current.json of an undisturbed run. */
async function undisturbed(): Promise<Record<string, string>> {
  if (!whole) {
    expect((await cli.pairloom(RUN)).code).toBe(0)
    whole = await cli.files('out')
    await rm(join(cli.folder, 'out'), { recursive: true })
    await rm(join(cli.folder, 'runs'), { recursive: true })
  }
  return whole
}

describe.skipIf(process.platform !== 'linux')(
  'a disk that gets full (paths of open files come from /proc)',
  () => {
    const stage = (id: string) => `/runs/memory/${id}/[0-9a-f]{12}`
    it.each([
      { what: "a part's table", full: `${stage('clean')}/01/\\.tmp`, room: 100 },
      { what: 'the bytes of a part', full: `${stage('store')}/00/\\.tmp`, room: 700 },
      { what: 'a commit', full: `${stage('order')}/commit/\\.tmp`, room: 10 },
      { what: 'the first commit', full: `${stage('rows')}/commit/\\.tmp`, room: 0 },
      { what: 'run.json', full: '/runs/memory/\\.tmp', room: 50 },
      { what: 'a shard', full: '/out/memory/lines/[0-9a-f]{12}/\\.tmp', room: 1000 },
      { what: 'current.json', full: '/out/memory/lines/\\.tmp', room: 20 },
    ])(
      'while $what is written: says so, shows nothing half, and goes on afterwards',
      async ({ full, room }) => {
        await cli.write({ 'p.yaml': memoryYaml() })
        const shards = await undisturbed()
        const log = join(cli.folder, 'log')
        const env = {
          NODE_OPTIONS: `--import=${PRELOAD}`,
          PAIRLOOM_TEST_FULL: full,
          PAIRLOOM_TEST_ROOM: String(room),
          PAIRLOOM_TEST_FULL_LOG: log,
        }
        const stopped = await cli.pairloom(RUN, { env })
        expect(existsSync(log), stopped.err).toBe(true)
        expect(stopped.code, stopped.err).toBe(1)
        expect(stopped.err).toMatch(
          /^PL_STORE_FULL: Expected room to write \/.*, got ENOSPC: free some and run again$/m,
        )
        expect(stopped.err).not.toContain('    at ')

        const left = Object.keys(await cli.files('.'))
        expect(left.filter((f) => f.includes('.tmp-'))).toEqual([])
        expect(left.filter((f) => f.endsWith('current.json'))).toEqual([])
        const out = existsSync(join(cli.folder, 'out')) ? await cli.files('out') : {}
        for (const [path, bytes] of Object.entries(out)) expect(bytes === shards[path], path).toBe(true)

        const again = await cli.pairloom(RUN)
        expect(again.code, again.err).toBe(0)
        expect(await cli.files('out')).toEqual(shards)
      },
    )
  },
)

describe('a folder that cannot be written', () => {
  it.each([
    {
      what: 'a file in the way of the run folder',
      args: ['--run', 'file/run'],
      says: /^PL_STORE_DENIED: Expected folders above .*file\/run.*a file is in the way$/m,
    },
    {
      what: 'a file where the run folder is to be',
      args: ['--run', 'file'],
      says: /^PL_STORE_DENIED: Expected folders above .*file.*a file is in the way$/m,
    },
    {
      what: 'a file in the way of the output folder',
      args: ['--out', 'file/out'],
      says: /^PL_STORE_DENIED: Expected folders above .*file\/out.*a file is in the way$/m,
    },
    {
      what: 'a file where the output folder is to be',
      args: ['--out', 'file'],
      says: /^PL_STORE_DENIED: Expected folders above .*file.*a file is in the way$/m,
    },
  ])('$what: clear error before anything is done', async ({ args, says }) => {
    await cli.write({ 'p.yaml': memoryYaml(), file: 'mine' })
    const ended = await cli.pairloom([...RUN, ...args])
    expect(ended.code, ended.err).toBe(1)
    expect(ended.err).toMatch(says)
    expect(ended.err).not.toContain('partition')
    expect(await readFile(join(cli.folder, 'file'), 'utf8')).toBe('mine')
    expect((await cli.pairloom(RUN)).code).toBe(0)
  })

  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const canDrop = process.getuid?.() === 0 && spawnSync(nobody[0]!, [...nobody.slice(1), 'true']).status === 0

  it.skipIf(!canDrop).each([
    { what: 'the run folder', own: 'out', args: ['--run', 'closed/run'] },
    { what: 'the output folder', own: 'runs', args: ['--out', 'closed/out'] },
  ])("another user's folder for $what (needs root and setpriv, to become nobody)", async ({ own, args }) => {
    await cli.write({ 'p.yaml': memoryYaml(), 'closed/file': '' })
    await chmod(cli.folder, 0o755)
    await mkdir(join(cli.folder, own))
    await chown(join(cli.folder, own), 65534, 65534)
    const ended = await cli.pairloom([...RUN, ...args], { through: nobody })
    expect(ended.code, ended.err).toBe(1)
    expect(ended.err).toMatch(
      /^PL_STORE_DENIED: Expected to be allowed to use \/.*\/closed\/.*, got EACCES$/m,
    )
  })

  it('the run folder of another pipeline, and one that is none', async () => {
    await cli.write({
      'p.yaml': memoryYaml(),
      'q.yaml': memoryYaml({ name: 'other' }),
      'mine/thesis.txt': 'x',
    })
    expect((await cli.pairloom([...RUN, '--to', 'rows'])).code).toBe(0)
    const before = await cli.files('.')
    const other = await cli.pairloom(['run', 'q.yaml', '--run', 'runs/memory'])
    expect(other).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^PL_RUN_OTHER: .*to be the run folder of other, got that of memory: give another with --run$/m,
      ) as string,
    })
    const none = await cli.pairloom([...RUN, '--run', 'mine'])
    expect(none).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^PL_RUN_OTHER: .*got a folder with thesis.txt in it: give another with --run$/m,
      ) as string,
    })
    expect(await cli.files('.')).toEqual(before)
  })

  it('a damaged run.json: says which file', async () => {
    await cli.write({ 'p.yaml': memoryYaml(), 'runs/memory/run.json': '{ "name": ' })
    const ended = await cli.pairloom(RUN)
    expect(ended.code).toBe(1)
    expect(ended.err).toContain('runs/memory/run.json')
    expect(ended.err).not.toContain('    at ')
    await writeFile(join(cli.folder, 'runs/memory/run.json'), '')
    expect((await cli.pairloom(['status', 'p.yaml'])).err).toContain('runs/memory/run.json')
  })
})
