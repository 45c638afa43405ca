import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Store, StoreEntry } from '../../src/store/store.ts'

export interface OpenedStore {
  store: Store
  close(): Promise<void>
}

/** Every entry of a listing. */
export async function entries(listing: AsyncIterable<StoreEntry>): Promise<StoreEntry[]> {
  const found: StoreEntry[] = []
  for await (const entry of listing) found.push(entry)
  return found
}

const ODD_NAMES = [
  'with space.txt',
  'Ünïcödé-日本語-🐈.txt',
  'a+b.txt',
  '100%25.txt',
  '#hash?query&x=1.txt',
  'it\'s "quoted".txt',
  'back\\slash.txt',
  'a:b;c,d=e@f!$(g)*.txt',
  ' leading and trailing ',
  '.hidden',
  '..dots..',
]

/**
 * What every store must do. `open` gives a new, empty store; each test works in a folder of its own in it.
 */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`the ${name} store`, () => {
    let opened: OpenedStore
    let store: Store
    let serial = 0
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.close())
    beforeEach(() => {
      store = opened.store.at(`case-${serial++}`)
    })
    const text = async (path: string) => (await store.read(path)).toString('utf8')
    const listed = async (folder?: string) => (await entries(store.list(folder))).map((e) => e.path)

    describe('reading', () => {
      it('gives back what was written, byte for byte', async () => {
        const bytes = randomBytes(300_000)
        await store.replace('a/b/c.bin', bytes)
        expect((await store.read('a/b/c.bin')).equals(bytes)).toBe(true)
        expect(await store.size('a/b/c.bin')).toBe(300_000)
        expect(await store.exists('a/b/c.bin')).toBe(true)
      })

      it('holds empty files', async () => {
        await store.replace('empty', '')
        expect(await store.size('empty')).toBe(0)
        expect(await text('empty')).toBe('')
        expect(await store.readRange('empty', 0, 10)).toHaveLength(0)
      })

      it.each([
        { offset: 0, length: 4, got: '0123' },
        { offset: 3, length: 1, got: '3' },
        { offset: 8, length: 2, got: '89' },
        { offset: 8, length: 5, got: '89' }, // fewer only at the end
        { offset: 10, length: 1, got: '' },
        { offset: 99, length: 1, got: '' },
        { offset: 2, length: 0, got: '' },
      ])('reads $length bytes from $offset as "$got"', async ({ offset, length, got }) => {
        await store.replace('digits', '0123456789')
        expect((await store.readRange('digits', offset, length)).toString()).toBe(got)
      })

      it('reads ranges behind the first gigabytes of a number: offsets are no 32-bit words', async () => {
        await store.replace('small', 'x')
        expect(await store.readRange('small', 2 ** 33, 1)).toHaveLength(0)
      })

      it.each([
        ['read', () => store.read('none')],
        ['readRange', () => store.readRange('none/at/all', 0, 1)],
        ['size', () => store.size('none')],
      ])('%s of what is not there is PL_NOT_FOUND', async (_name, act) => {
        await expect(act()).rejects.toMatchObject({
          code: 'PL_NOT_FOUND',
          message: expect.stringContaining('none') as string,
        })
      })

      it('says of what is not there that it does not exist', async () => {
        expect(await store.exists('none')).toBe(false)
        expect(await store.exists('none/at/all')).toBe(false)
      })

      it('does not take a folder for a file', async () => {
        await store.replace('folder/file', 'x')
        expect(await store.exists('folder')).toBe(false)
        await expect(store.size('folder')).rejects.toMatchObject({ name: 'PairloomError' })
        await expect(store.read('folder')).rejects.toMatchObject({ name: 'PairloomError' })
      })
    })

    describe('createOnce', () => {
      it('creates a file once and leaves the first content', async () => {
        expect(await store.createOnce('deep/in/once.json', 'first')).toBe(true)
        expect(await store.createOnce('deep/in/once.json', 'second')).toBe(false)
        expect(await text('deep/in/once.json')).toBe('first')
      })

      it('lets exactly one of 16 writers win, and keeps its content whole', async () => {
        for (let round = 0; round < 5; round++) {
          const contents = Array.from({ length: 16 }, (_, i) =>
            Buffer.alloc(100_000 + i, `${i}`.padStart(2, '0')),
          )
          const won = await Promise.all(contents.map((bytes) => store.createOnce(`race/${round}`, bytes)))
          expect(won.filter(Boolean)).toHaveLength(1)
          expect((await store.read(`race/${round}`)).equals(contents[won.indexOf(true)]!)).toBe(true)
        }
        expect(await listed('race')).toEqual(['race/0', 'race/1', 'race/2', 'race/3', 'race/4'])
      })

      it('may create again what was removed', async () => {
        await store.createOnce('again', '1')
        await store.remove('again')
        expect(await store.createOnce('again', '2')).toBe(true)
        expect(await text('again')).toBe('2')
      })
    })

    describe('replace', () => {
      it('replaces a longer file by a shorter one, wholly', async () => {
        await store.replace('file', 'a long first text')
        await store.replace('file', 'short')
        expect(await text('file')).toBe('short')
      })

      it('shows readers the old or the new content, never a mix', async () => {
        const contents = ['a', 'b'].map((c) => c.repeat(200_000))
        await store.replace('flip', contents[0]!)
        const seen = new Set<string>()
        const writing = (async () => {
          for (let i = 0; i < 10; i++) await store.replace('flip', contents[i % 2]!)
        })()
        for (let i = 0; i < 20; i++) seen.add(await text('flip'))
        await writing
        expect([...seen].every((s) => contents.includes(s))).toBe(true)
      })
    })

    describe('writer', () => {
      it('shows the file only when it is closed, and says its size and sha256', async () => {
        const chunks = Array.from({ length: 5 }, () => randomBytes(100_000))
        const writer = await store.writer('new/file.tar')
        for (const chunk of chunks) {
          await writer.write(chunk)
          expect(await store.exists('new/file.tar')).toBe(false)
          expect(await listed()).toEqual([])
        }
        const whole = Buffer.concat(chunks)
        const sha256 = createHash('sha256').update(whole).digest('hex')
        expect(await writer.close()).toEqual({ bytes: 500_000, sha256 })
        expect((await store.read('new/file.tar')).equals(whole)).toBe(true)
      })

      it('leaves the file that was there until it is closed', async () => {
        await store.replace('file', 'before')
        const writer = await store.writer('file')
        await writer.write(Buffer.from('after'))
        expect(await text('file')).toBe('before')
        await writer.close()
        expect(await text('file')).toBe('after')
      })

      it('leaves nothing behind when it is aborted, before a byte or after many', async () => {
        const nothing = await store.writer('a/nothing')
        await nothing.abort()
        const much = await store.writer('a/much')
        for (let i = 0; i < 8; i++) await much.write(randomBytes(100_000))
        await much.abort()
        expect(await listed()).toEqual([])
        expect(await store.exists('a/much')).toBe(false)
      })

      it('may be aborted after its close, and the file stays', async () => {
        const writer = await store.writer('closed')
        await writer.write(Buffer.from('x'))
        await writer.close()
        await writer.abort()
        expect(await text('closed')).toBe('x')
      })

      it('writes an empty file when nothing was written', async () => {
        const writer = await store.writer('empty')
        expect(await writer.close()).toMatchObject({ bytes: 0 })
        expect(await store.size('empty')).toBe(0)
      })

      it('lets two write the same name: the last to close stands, whole', async () => {
        const [one, two] = [await store.writer('same'), await store.writer('same')]
        await one.write(Buffer.alloc(300_000, '1'))
        await two.write(Buffer.alloc(200_000, '2'))
        await two.close()
        await one.close()
        expect(await text('same')).toBe('1'.repeat(300_000))
      })
    })

    describe('list and folders', () => {
      it('lists every file below a folder, in the order of whole paths, with sizes', async () => {
        const paths = ['b', 'a/z', 'a/b/c', 'a-b', 'a.txt', 'a/b.txt', 'a/B', 'c/1', 'c/10', 'c/2', 'ab/x']
        for (const path of paths) await store.replace(path, path)
        const found = await entries(store.list())
        expect(found.map((e) => e.path)).toEqual([...paths].sort())
        expect(found.every((e) => e.bytes === e.path.length)).toBe(true)
        expect(await listed('a')).toEqual(['a/B', 'a/b.txt', 'a/b/c', 'a/z'])
        expect(await listed('a/b')).toEqual(['a/b/c'])
      })

      it('orders names beyond the ASCII ones by their UTF-8 bytes', async () => {
        const names = ['z', 'é', '\uff5e', '😀', 'Z']
        for (const path of names) await store.replace(path, '')
        const byBytes = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        expect(await listed()).toEqual(byBytes)
      })

      it('names folders directly below, in order, and no files', async () => {
        for (const path of ['b/1', 'a/2/3', 'file', 'a/4', 'a-b/5', 'c/d/e/f']) await store.replace(path, '')
        expect(await store.folders()).toEqual(['a', 'a-b', 'b', 'c'])
        expect(await store.folders('a')).toEqual(['2'])
        expect(await store.folders('c')).toEqual(['d'])
      })

      it('finds nothing in a folder that is not there', async () => {
        expect(await listed('none')).toEqual([])
        expect(await store.folders('none/at/all')).toEqual([])
      })
    })

    describe('remove', () => {
      it('removes one file and leaves its neighbours', async () => {
        for (const path of ['a/1', 'a/10', 'a/1x/2']) await store.replace(path, '')
        await store.remove('a/1')
        expect(await listed()).toEqual(['a/10', 'a/1x/2'])
      })

      it('removes every file below a folder and leaves folders whose name begins alike', async () => {
        for (const path of ['run/a/1', 'run/2', 'run2/3', 'run.txt']) await store.replace(path, '')
        await store.remove('run')
        expect(await listed()).toEqual(['run.txt', 'run2/3'])
      })

      it('takes what is not there for removed', async () => {
        await store.remove('none')
        await store.remove('none/at/all')
        expect(await listed()).toEqual([])
      })
    })

    describe('names', () => {
      it.each(ODD_NAMES)('holds a file called %j', async (odd) => {
        const path = `odd/${odd}/${odd}`
        await store.createOnce(path, odd)
        expect(await text(path)).toBe(odd)
        expect(await listed('odd')).toEqual([path])
        expect(await store.folders('odd')).toEqual([odd])
        await store.remove(path)
        expect(await store.exists(path)).toBe(false)
      })

      it.each(['..', '../x', 'a/../../x', 'a/../b', '/etc/passwd', 'a/..', './a', 'a/./b', 'a//b', 'a\0b'])(
        'refuses the path %j',
        async (path) => {
          const denied = { code: 'PL_STORE_DENIED' }
          await expect((async () => store.read(path))()).rejects.toMatchObject(denied)
          await expect((async () => store.replace(path, 'x'))()).rejects.toMatchObject(denied)
          await expect((async () => store.createOnce(path, 'x'))()).rejects.toMatchObject(denied)
          await expect((async () => store.remove(path))()).rejects.toMatchObject(denied)
          expect(() => store.at(path)).toThrow(expect.objectContaining(denied))
        },
      )

      it('sees through `at` the same files under shorter names', async () => {
        const below = store.at('x').at('y')
        await below.replace('z', 'deep')
        expect(await text('x/y/z')).toBe('deep')
        expect(await entries(below.list())).toEqual([{ path: 'z', bytes: 4 }])
      })
    })
  })
}
