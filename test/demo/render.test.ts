import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pixelBomb } from '../../demo/pixel-bomb.ts'
import type { Format, Recipe } from '../../demo/recipe.ts'
import { Renderer, render } from '../../demo/render.ts'
import { planWeb } from '../../demo/web.ts'

const web = planWeb({ seed: 5, pictures: 60 })
const recipe = web.pictures.find(({ trouble }) => trouble === null)?.recipe as Recipe
const wide = { ...recipe, width: 240, height: 160 }
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-render-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('demo/render', () => {
  it.each([
    { format: 'jpeg', seen: { format: 'jpeg', space: 'srgb', width: 240, height: 160 } },
    { format: 'png', seen: { format: 'png', space: 'srgb', hasAlpha: false, width: 240, height: 160 } },
    { format: 'webp', seen: { format: 'webp', width: 240, height: 160 } },
    { format: 'avif', seen: { format: 'heif', compression: 'av1', width: 240, height: 160 } },
    { format: 'gif', seen: { format: 'gif', pages: 3, width: 240, height: 160 } },
    { format: 'svg', seen: { format: 'svg', width: 240, height: 160 } },
    { format: 'jpeg-cmyk', seen: { format: 'jpeg', space: 'cmyk', channels: 4 } },
    { format: 'png-16-bit', seen: { format: 'png', depth: 'ushort', channels: 4, hasAlpha: true } },
    { format: 'jpeg-orientation-6', seen: { orientation: 6, width: 160, height: 240 } },
  ] satisfies { format: Format; seen: object }[])('draws $format', async ({ format, seen }) => {
    const bytes = await render({ ...wide, format })
    expect(await sharp(bytes).metadata()).toMatchObject(seen)
  })

  it('turns a picture with orientation 6 upright: it looks as without EXIF', async () => {
    const raw = (format: Format) =>
      render({ ...wide, format, quality: 95 }).then((bytes) =>
        sharp(bytes).autoOrient().removeAlpha().raw().toBuffer(),
      )
    const [turned, plain] = await Promise.all([raw('jpeg-orientation-6'), raw('png')])
    const difference = turned.reduce((sum, value, i) => sum + Math.abs(value - (plain[i] ?? 0)), 0)
    expect(turned.length).toBe(plain.length)
    expect(difference / turned.length).toBeLessThan(4)
  })

  it('gives equal bytes for equal recipes, in any folder', async () => {
    const recipes = web.pictures.flatMap((picture) => picture.recipe ?? [])
    const [one, two] = [new Renderer(join(folder, 'one')), new Renderer(join(folder, 'two'))]
    await Promise.all([one.renderAll(recipes), two.renderAll(recipes)])
    for (const each of recipes) expect((await one.bytes(each)).equals(await two.bytes(each))).toBe(true)
  })

  it('renders a recipe once and leaves no temporary files', async () => {
    const renderer = new Renderer(join(folder, 'once'))
    await Promise.all([renderer.bytes(recipe), renderer.bytes(recipe)])
    const files = await readdir(join(folder, 'once'), { recursive: true, withFileTypes: true })
    const [file, ...others] = files.filter((entry) => entry.isFile())
    expect(others).toEqual([])
    await writeFile(join(file?.parentPath ?? '', file?.name ?? ''), 'from the folder')
    expect((await renderer.bytes(recipe)).toString()).toBe('from the folder')
  })

  it('makes a bomb of 900 million valid pixels in 110 kB', async () => {
    const bomb = pixelBomb()
    expect(bomb.length).toBeLessThan(120_000)
    await expect(sharp(bomb).stats()).rejects.toThrow('exceeds pixel limit')
    const { width, height } = await sharp(bomb, { limitInputPixels: false }).metadata()
    expect([width, height]).toEqual([30_000, 30_000])
  })
})
