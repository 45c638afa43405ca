import type { Random } from '../src/core/random.ts'
import type { Designer, Emoji } from './art.ts'

export type Format =
  | 'jpeg'
  | 'png'
  | 'webp'
  | 'avif'
  | 'gif'
  | 'svg'
  | 'jpeg-cmyk'
  | 'jpeg-orientation-6'
  | 'png-16-bit'

/** Everything a picture file is made from: equal recipes are equal bytes. */
export interface Recipe {
  designer: Designer
  icon: string
  format: Format
  /** As a viewer sees it, after any rotation that EXIF asks for, px. */
  width: number
  height: number
  quality: number
  background: { kind: 'flat' | 'gradient' | 'dots'; colours: readonly [string, string] }
  /** Part of the shorter side that the drawing fills. */
  scale: number
  /** Where the drawing stands in the room that is left, 0 to 1. */
  x: number
  y: number
}

const MEDIA_TYPES: Record<Format, readonly [type: string, extension: string]> = {
  jpeg: ['image/jpeg', 'jpg'],
  png: ['image/png', 'png'],
  webp: ['image/webp', 'webp'],
  avif: ['image/avif', 'avif'],
  gif: ['image/gif', 'gif'],
  svg: ['image/svg+xml', 'svg'],
  'jpeg-cmyk': ['image/jpeg', 'jpg'],
  'jpeg-orientation-6': ['image/jpeg', 'jpg'],
  'png-16-bit': ['image/png', 'png'],
}

export function mediaType(format: Format): string {
  return MEDIA_TYPES[format][0]
}

export function extension(format: Format): string {
  return MEDIA_TYPES[format][1]
}

/** What size a picture has: `usual` passes every rule, `small` and `long` break one. */
export type Shape = 'usual' | 'small' | 'long'

/** What the demo pipeline's size rules must be for the truth to hold. */
export const SIZE_LIMITS = { minSide: 64, maxRatio: 3 } as const

const RATIOS = [1, 1, 1, 4 / 3, 3 / 4, 3 / 2, 2 / 3, 16 / 9]
const USUAL_FORMATS: readonly Format[] = [
  'jpeg',
  'jpeg',
  'jpeg',
  'jpeg',
  'jpeg',
  'jpeg',
  'png',
  'png',
  'webp',
  'jpeg',
]
const LONGEST_SIDE = 640

export function makeRecipe(
  emoji: Emoji,
  designer: Designer,
  random: Random,
  wish: { format?: Format; shape?: Shape } = {},
): Recipe {
  const format = wish.format ?? random.pick(USUAL_FORMATS)
  const hue = random.below(360)
  return {
    designer,
    icon: emoji.icons[designer],
    format,
    ...size(random, wish.shape ?? 'usual'),
    quality: 70 + random.below(25),
    background: {
      kind: random.pick(['flat', 'flat', 'gradient', 'dots']),
      colours: [colour(hue, random), colour(hue + 40 + random.below(80), random)],
    },
    scale: 0.6 + random.below(36) / 100,
    x: random.below(101) / 100,
    y: random.below(101) / 100,
  }
}

/** The same drawing on the same ground, at another size and quality, in a format that is another one half the time. */
export function reencode(recipe: Recipe, random: Random): Recipe {
  const shrink = 0.5 + random.below(40) / 100
  const least = SIZE_LIMITS.minSide / Math.min(recipe.width, recipe.height)
  const factor = shrink >= least ? shrink : 1.25
  return {
    ...recipe,
    format: random.pick(['jpeg', recipe.format === 'webp' ? 'jpeg' : 'webp']),
    width: Math.round(recipe.width * factor),
    height: Math.round(recipe.height * factor),
    quality: 40 + random.below(30),
  }
}

function size(random: Random, shape: Shape): { width: number; height: number } {
  if (shape === 'small') {
    const side = 8 + random.below(SIZE_LIMITS.minSide - 8)
    return random.next() < 0.5
      ? { width: side, height: side }
      : { width: side, height: 64 + random.below(60) }
  }
  if (shape === 'long') {
    const short = 64 + random.below(40)
    const long = Math.round(short * (3.2 + 2 * random.next()))
    return random.next() < 0.5 ? { width: long, height: short } : { width: short, height: long }
  }
  // Squared: many small pictures and few large ones, as on the web.
  const long = 96 + Math.round((LONGEST_SIDE - 96) * random.next() ** 2)
  const ratio = random.pick(RATIOS)
  const short = Math.max(SIZE_LIMITS.minSide, Math.round(ratio > 1 ? long / ratio : long * ratio))
  return ratio >= 1 ? { width: long, height: short } : { width: short, height: long }
}

function colour(hue: number, random: Random): string {
  return `hsl(${hue % 360} ${20 + random.below(60)}% ${55 + random.below(42)}%)`
}
