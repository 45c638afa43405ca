import sharp, { type Sharp } from 'sharp'
import type { Designer, Emoji } from '../demo/art.ts'
import { makeRecipe } from '../demo/recipe.ts'
import type { Renderer } from '../demo/render.ts'
import { seededRandom } from '../src/index.ts'

export interface StudyPicture {
  /** `twemoji/crab, subgroup 50, hue 0`: numbers of emojibase, and the first degree of the hue. */
  name: string
  /** PNG, as the demo web would show it. */
  bytes: Buffer
}

/** Degrees of hue that count as one. */
const HUE = 60

/** Pictures of the demo web, one of each emoji subgroup and hue of the drawing, until there are enough. */
export async function choosePictures(
  emojis: readonly Emoji[],
  designers: readonly Designer[],
  renderer: Renderer,
  count: number,
): Promise<StudyPicture[]> {
  const random = seededRandom('near-duplicates')
  const taken = new Set<string>()
  const chosen: StudyPicture[] = []
  const subjects = random.shuffle(
    emojis.flatMap((emoji) => designers.map((designer) => ({ emoji, designer }))),
  )
  for (const { emoji, designer } of subjects) {
    const recipe = makeRecipe(emoji, designer, random, { format: 'png' })
    const white = { kind: 'flat', colours: ['#fff', '#fff'] } as const
    const plain = { ...recipe, width: 32, height: 32, scale: 1, background: white }
    const hue = await hueOf(await renderer.bytes(plain))
    const key = `${emoji.subgroup} ${hue}`
    if (taken.has(key)) continue
    taken.add(key)
    const name = `${designer}/${emoji.slug}, subgroup ${emoji.subgroup}, hue ${hue}`
    chosen.push({ name, bytes: await renderer.bytes(recipe) })
    if (chosen.length === count) return chosen
  }
  throw new Error(`Expected ${count} pictures of different subgroups and hues, got ${chosen.length}`)
}

/** The hue with the most colour in it, in steps. */
async function hueOf(bytes: Buffer): Promise<number> {
  const { data } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const weights = new Float64Array(360 / HUE)
  for (let at = 0; at < data.length; at += 3) {
    const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!]
    const chroma = Math.max(r, g, b) - Math.min(r, g, b)
    const angle = (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI
    weights[Math.floor(((angle + 360) % 360) / HUE)]! += chroma
  }
  return weights.indexOf(Math.max(...weights)) * HUE
}

const LUMA = [0.299, 0.587, 0.114] as [number, number, number]
const jpeg = (image: Sharp) => image.jpeg({ quality: 90 }).toBuffer()
async function sides(bytes: Buffer): Promise<{ width: number; height: number }> {
  const { width, height } = await sharp(bytes).metadata()
  return { width, height }
}

/** What is done to pictures on their way over the web; the last one is not the same picture any more. */
export const TRANSFORMS: Record<string, (bytes: Buffer) => Promise<Buffer>> = {
  're-encode, JPEG 75': (bytes) => sharp(bytes).jpeg({ quality: 75 }).toBuffer(),
  're-encode, JPEG 30': (bytes) => sharp(bytes).jpeg({ quality: 30 }).toBuffer(),
  're-encode, WebP 60': (bytes) => sharp(bytes).webp({ quality: 60, effort: 1 }).toBuffer(),
  'rescale, half': async (bytes) => {
    const { width } = await sides(bytes)
    return jpeg(sharp(bytes).resize(Math.round(width / 2)))
  },
  'rescale, square of 256 px': (bytes) => jpeg(sharp(bytes).resize(256, 256, { fit: 'fill' })),
  'blur, sigma 1.5': (bytes) => jpeg(sharp(bytes).blur(1.5)),
  'grey, BT.601 luma': (bytes) => jpeg(sharp(bytes).recomb([LUMA, LUMA, LUMA])),
  'grey, linear light': (bytes) => jpeg(sharp(bytes).grayscale()),
  'brighter, 1.1': (bytes) => jpeg(sharp(bytes).modulate({ brightness: 1.1 })),
  'crop, 2 %': async (bytes) => {
    const { width, height } = await sides(bytes)
    const [left, top] = [Math.round(width / 100), Math.round(height / 100)]
    return jpeg(sharp(bytes).extract({ left, top, width: width - 2 * left, height: height - 2 * top }))
  },
  'border, 3 %': async (bytes) => {
    const side = Math.round((await sides(bytes)).width * 0.03)
    return jpeg(sharp(bytes).extend({ top: side, bottom: side, left: side, right: side, background: '#000' }))
  },
  'overlay, 30 x 8 %': async (bytes) => {
    const { width, height } = await sides(bytes)
    const size = { width: Math.ceil(width * 0.3), height: Math.ceil(height * 0.08) }
    const input = { create: { ...size, channels: 3 as const, background: '#fff' } }
    return jpeg(sharp(bytes).composite([{ input, gravity: 'southeast' }]))
  },
  mirror: (bytes) => jpeg(sharp(bytes).flop()),
  'recoloured twin, hue 90°': (bytes) => jpeg(sharp(bytes).modulate({ hue: 90 })),
}
