import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PLACE } from '../../src/store/alive.ts'
import { fileStore, sweepTemporary } from '../../src/store/file.ts'
import { describeStore, entries } from './conformance.ts'

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'pairloom-store-'))

describeStore('file', async () => {
  const folder = await temporaryFolder()
  return { store: fileStore(folder), close: () => rm(folder, { recursive: true, force: true }) }
})

describe('a folder as a store', () => {
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('leaves no temporary file after any write', async () => {
    const store = fileStore(folder)
    await store.replace('a', 'x')
    await store.createOnce('b', 'x')
    await store.createOnce('b', 'y')
    const writer = await store.writer('c')
    await writer.abort()
    expect((await readdir(folder)).sort()).toEqual(['a', 'b'])
  })

  it('locates files for tools that take paths', () => {
    expect(fileStore(folder).at('a').locate('b c')).toBe(join(folder, 'a', 'b c'))
  })

  it.each([
    ['read', (path: string) => fileStore(folder).read(path)],
    ['size', (path: string) => fileStore(folder).size(path)],
    ['exists', (path: string) => fileStore(folder).exists(path)],
    ['replace', (path: string) => fileStore(folder).replace(path, '')],
    ['createOnce', (path: string) => fileStore(folder).createOnce(path, '')],
    ['writer', (path: string) => fileStore(folder).writer(path)],
    ['list', (path: string) => entries(fileStore(folder).list(path))],
    ['folders', (path: string) => fileStore(folder).folders(path)],
  ])('%s says that a file is in the way of a folder', async (_name, act) => {
    await writeFile(join(folder, 'file'), '')
    const said = await act('file/below').then(
      () => null,
      (error: unknown) => error,
    )
    expect(said).toMatchObject({
      code: 'PL_STORE_DENIED',
      data: { errno: expect.stringMatching(/ENOTDIR|EEXIST/) as string },
    })
    expect((said as Error).message).toContain('file is in the way')
  })

  it('refuses to replace a folder by a file', async () => {
    await mkdir(join(folder, 'x'))
    await expect(fileStore(folder).replace('x', '')).rejects.toMatchObject({ code: 'PL_STORE_DENIED' })
    expect(await readdir(folder)).toEqual(['x'])
  })

  describe('the sweep', () => {
    /** The name that a writer of this process gives a temporary file, with another process in it. */
    async function temporaryOf(pid: number, host = PLACE): Promise<string> {
      const store = fileStore(folder)
      const writer = await store.writer('deep/in/file')
      const [name] = await readdir(join(folder, 'deep/in'))
      await writer.abort()
      return name!.replace(PLACE, host).replace(`~${process.pid}~`, `~${pid}~`)
    }
    async function plant(...names: string[]): Promise<void> {
      await mkdir(join(folder, 'deep/in'), { recursive: true })
      for (const name of names) await writeFile(join(folder, 'deep/in', name), 'half')
    }
    const left = async () => (await readdir(join(folder, 'deep/in'))).sort()
    /** A process that has ended: its number belongs to nobody now. */
    const deadPid = () => spawnSync(process.execPath, ['-e', '0']).pid

    it('removes what dead processes left and keeps what living ones write', async () => {
      const [dead, living] = [await temporaryOf(deadPid()), await temporaryOf(process.ppid)]
      await plant(dead, living, 'file')
      expect(await sweepTemporary(fileStore(folder))).toBe(1)
      expect(await left()).toEqual([living, 'file'].sort())
    })

    it('keeps what this process writes', async () => {
      const store = fileStore(folder)
      const writer = await store.writer('deep/in/file')
      expect(await sweepTemporary(store)).toBe(0)
      await writer.write(Buffer.from('whole'))
      await writer.close()
      expect(await left()).toEqual(['file'])
    })

    it('keeps what other machines write: their processes cannot be seen from here', async () => {
      const other = await temporaryOf(deadPid(), '0123abcd')
      await plant(other)
      expect(await sweepTemporary(fileStore(folder))).toBe(0)
      expect(await left()).toEqual([other])
    })

    it('removes what an earlier process of the same number left, as containers do when they start again', async () => {
      const mine = await temporaryOf(process.pid)
      const earlier = mine.replace(`~${process.pid}~`, `~${process.pid}~0`)
      await plant(earlier)
      expect(await sweepTemporary(fileStore(folder))).toBe(1)
      expect(await left()).toEqual([])
    })

    it('never lists temporary files', async () => {
      await plant(await temporaryOf(deadPid()), 'file')
      expect(await entries(fileStore(folder).list())).toEqual([{ path: 'deep/in/file', bytes: 4 }])
    })
  })
})

const isRoot = process.getuid?.() === 0
const canMount =
  isRoot &&
  spawnSync('sh', [
    '-c',
    'd=$(mktemp -d) && mount -t tmpfs tmpfs "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s',
  ]).status === 0

describe.skipIf(!canMount)('a disk that is full (a tmpfs of 1 MiB; needs root and mount)', () => {
  let folder: string
  beforeAll(async () => {
    folder = await temporaryFolder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
  })
  afterAll(async () => {
    execFileSync('umount', [folder])
    await rm(folder, { recursive: true, force: true })
  })
  const big = Buffer.alloc(2 * 2 ** 20, 7)

  it.each([
    ['replace', (name: string) => fileStore(folder).replace(name, big)],
    ['createOnce', (name: string) => fileStore(folder).createOnce(name, big)],
    [
      'writer',
      async (name: string) => {
        const writer = await fileStore(folder).writer(name)
        try {
          await writer.write(big)
          await writer.close()
        } catch (error) {
          await writer.abort()
          throw error
        }
      },
    ],
  ])('%s ends as PL_STORE_FULL, says what to do, and leaves nothing', async (_name, act) => {
    await fileStore(folder).replace('kept', 'as it was')
    for (const name of ['new', 'kept']) {
      const said = await act(name).then(
        () => null,
        (error: unknown) => error,
      )
      if (said !== null) {
        expect(said).toMatchObject({ code: 'PL_STORE_FULL', effect: 'abort', data: { errno: 'ENOSPC' } })
        expect((said as Error).message).toMatch(/free some .*run again/)
      } else expect.fail(`${name} was written`)
      expect(await readdir(folder)).toEqual(['kept'])
      expect((await fileStore(folder).read('kept')).toString()).toBe('as it was')
    }
  })
})

const canDrop =
  isRoot &&
  spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e', '0'])
    .status === 0

describe.skipIf(!canDrop)('a folder of another user (needs root and setpriv, to become nobody)', () => {
  let folder: string
  beforeAll(async () => {
    folder = await temporaryFolder()
    await fileStore(folder).replace('secret', 'x')
    execFileSync('chmod', ['-R', 'go-rwx', join(folder, 'secret')])
    execFileSync('chmod', ['755', folder])
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(['read', 'replace', 'createOnce', 'writer'])('%s ends as PL_STORE_DENIED', (method) => {
    const module = join(dirname(import.meta.dirname), '..', 'src/store/file.ts')
    const program = `
      import { fileStore } from ${JSON.stringify(module)}
      try { await fileStore(${JSON.stringify(folder)}).${method}('secret', 'y') } catch (error) { console.log(error.code, error.data.errno) }`
    const nobody = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      '--input-type=module',
      '-e',
      program,
    ]
    expect(spawnSync('setpriv', nobody, { encoding: 'utf8' }).stdout.trim()).toBe('PL_STORE_DENIED EACCES')
  })
})
