import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, sha256, type Row } from '../../../src/core/index.ts'
import { decontaminate } from '../../../src/filter/index.ts'
import { pictureHashes } from '../../../src/media/picture-hashes.ts'
import { planPipeline } from '../../../src/index.ts'

let folder: string
let pictures: Record<'cat' | 'dog', Buffer>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-decontaminate-'))
  pictures = { cat: await scene('#c31', 90).png().toBuffer(), dog: await scene('#14f', 300).png().toBuffer() }
  await mkdir(join(folder, 'val', 'deep'), { recursive: true })
  await writeFile(join(folder, 'val', 'deep', 'cat.png'), pictures.cat)
  await writeFile(join(folder, 'val', 'README.txt'), 'no picture')
})
afterAll(() => rm(folder, { recursive: true }))

function scene(fill: string, x: number) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="320"><rect width="400" height="320" fill="#58b"/><circle cx="${x}" cy="80" r="75" fill="${fill}"/><path d="M0 320 ${x + 80} 130 400 290 400 320Z" fill="#142"/></svg>`
  return sharp(Buffer.from(svg)).removeAlpha()
}

async function row(picture: Buffer, texts: string[] = ['a picture']): Promise<Row> {
  const kinds = { kind: 'alt', language: null, score: null, page: null }
  const hashes = await pictureHashes(picture, ['phash', 'pdq', 'thumb'])
  return { uid: 'a', texts: texts.map((text) => ({ ...kinds, text })), sha256: sha256(picture), ...hashes }
}

async function list(text: string): Promise<string> {
  const path = join(folder, `${sha256(text).slice(0, 8)}.txt`)
  await writeFile(path, text)
  return path
}

async function ends(row: Row, options: Record<string, unknown>): Promise<string> {
  const { kept, rejects } = await collect(decontaminate, [row], options)
  expect(kept.length + rejects.length).toBe(1)
  const [reject] = rejects
  return reject ? `${reject.reason}: ${String(reject.value)}, ${String(reject.limit)}` : 'kept'
}

describe('filter/decontaminate', () => {
  it('drops copies of pictures of a folder, other sizes and mirror images too, and names the picture', async () => {
    const images = [join(folder, 'val')]
    const name = join(folder, 'val', 'deep', 'cat.png')
    expect(await ends(await row(pictures.cat), { images })).toBe(`evaluation-image: ${name}, equal bytes`)
    const small = await sharp(pictures.cat).resize(150).jpeg({ quality: 70 }).toBuffer()
    const near = /^evaluation-image: .*cat\.png, \d <= 8 bits, \d\.\d <= 20 levels$/
    expect(await ends(await row(small), { images })).toMatch(near)
    const mirrored = await row(await sharp(small).flop().toBuffer())
    expect(await ends(mirrored, { images })).toMatch(near)
    expect(await ends(mirrored, { images, mirror: false })).toBe('kept')
    expect(await ends(await row(pictures.dog), { images })).toBe('kept')
    const again = await row(await sharp(pictures.cat).jpeg({ quality: 90 }).toBuffer())
    expect(await ends(again, { images, by: 'pdq', radius: 31 })).toMatch(/cat\.png, \d+ <= 31 bits/)
  })

  it('keeps a recoloured twin, which the hash alone would not tell', async () => {
    const twin = await row(await sharp(pictures.cat).modulate({ hue: 180 }).png().toBuffer())
    expect(await ends(twin, { images: [join(folder, 'val')] })).toBe('kept')
  })

  it('takes lists of hashes, by which the hash alone decides', async () => {
    const cat = await row(pictures.cat)
    const path = await list(`\nphash:${String(cat.phash)} val/0001.jpg\nsha256:${sha256(pictures.dog)}\n`)
    const images = [path]
    expect(await ends({ ...cat, sha256: null, thumb16: null }, { images })).toBe(
      `evaluation-image: ${path}:2 val/0001.jpg, 0 <= 8 bits`,
    )
    expect(await ends(await row(pictures.dog), { images })).toBe(`evaluation-image: ${path}:3, equal bytes`)
  })

  it.each([
    ['in capitals', 'A  CAT\ton a mat', 'evaluation-text'],
    ['between spaces', ' a cat on a mat\n', 'evaluation-text'],
    ['decomposed', 'a cafe\u0301', 'evaluation-text'],
    ['with a full stop', 'a cat on a mat.', 'kept'],
    ['empty', '', 'kept'],
    ['no Unicode', '\ud800', 'kept'],
    ['of 1 MB', 'a cat on a mat '.repeat(70_000), 'kept'],
  ])('a text %s, whichever of the row it is', async (_, text, verdict) => {
    const texts = [await list('A cat on a mat\n\nA CAFÉ\n')]
    const found = await ends(await row(pictures.dog, ['something', text]), { texts })
    expect(found.split(':')[0]).toBe(verdict)
  })

  it('lets rows without texts and hashes pass', async () => {
    const images = [join(folder, 'val')]
    const texts = [await list('a cat')]
    const bare = { uid: 'a', texts: null, sha256: null, phash: null, thumb16: null }
    expect(await ends(bare, { images, texts })).toBe('kept')
    expect(await ends({ ...bare, texts: [], phash: 'no hash' }, { images, texts })).toBe('kept')
  })

  it.each([
    ['phash:123', /expected phash: and 16 hex digits.* at .*\.txt:2, got/i],
    ['pdq:0f0f0f0f0f0f0f0f', /\.txt:2, got/],
    ['cat.jpg', /\.txt:2, got/],
  ])('refuses a list with %j before the run, with its line', async (line, message) => {
    const images = [await list(`phash:0123456789abcdef\n${line}\n`)]
    await expect(plan({ images })).rejects.toThrow(message)
  })

  it.each([
    [{}, /expected images or texts/],
    [{ texts: ['/nowhere.txt'] }, /nowhere\.txt/],
    [{ images: ['/nowhere'] }, /nowhere/],
    [{ texts: ['/dev/null'], radius: 16 }, /15 at most by phash/],
  ])('refuses %j before the run', async (options, message) => {
    await expect(plan(options)).rejects.toThrow(message)
  })

  it('reads hashes only where there are pictures to compare with', async () => {
    const images = [await list('phash:0123456789abcdef\n')]
    const texts = [await list('a cat\n')]
    await expect(plan({ images }, 'crawl/list')).rejects.toThrow(
      /reads phash, thumb16, sha256, which rows does not give/,
    )
    await expect(plan({ texts }, 'crawl/list')).resolves.toBeDefined()
  })
})

async function plan(options: Record<string, unknown>, use = 'crawl/folder') {
  const path = use === 'crawl/list' ? await list('url\thttp://a.test/a.jpg\n') : join(folder, 'val')
  return planPipeline(
    {
      name: 'decontaminate',
      stages: {
        rows: { use, path, ...(use === 'crawl/folder' && { hashes: ['phash', 'thumb'] }) },
        clean: { use: 'filter/decontaminate', ...options },
      },
    },
    { run: join(folder, 'run') },
  )
}
