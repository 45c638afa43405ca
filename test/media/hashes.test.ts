import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { pdq } from '../../src/media/pdq.ts'
import { phash } from '../../src/media/phash.ts'

interface Golden {
  kind: number
  width: number
  height: number
  pdq: string
  quality: number
  phash: string
}

/** Made by files/hashes.py with pdqhash and ImageHash. */
const GOLDENS = JSON.parse(readFileSync(new URL('files/hashes.json', import.meta.url), 'utf8')) as Golden[]

/** The pictures of files/hashes.py: waves, blocks of noise, or a slope with noise on it. */
function draw({ kind, width, height }: Pick<Golden, 'kind' | 'width' | 'height'>): Uint8Array {
  const rgb = new Uint8Array(width * height * 3)
  const mask = 0xffff_ffffn
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let value: number
        if (kind === 0) {
          value = Math.floor((x * (7 + c)) / 5) ^ Math.floor((y * (11 - c)) / 3)
        } else if (kind === 1) {
          const block =
            (BigInt(Math.floor(x / 13)) * 73856093n) ^
            (BigInt(Math.floor(y / 9)) * 19349663n) ^
            (BigInt(c) * 83492791n)
          value = Number(((block * 2654435761n) & mask) >> 24n)
        } else {
          const seed = BigInt(x) * 1103515245n + BigInt(y * 12345 + c * 777)
          const noise = Number((((seed & mask) * 1664525n + 1013904223n) & mask) >> 28n)
          value = Math.floor((x * 120) / width) + Math.floor((y * 100) / height) + noise
        }
        rgb[(y * width + x) * 3 + c] = value & 255
      }
    }
  }
  return rgb
}

describe('media/pdq and media/phash', () => {
  it.each(GOLDENS)('hash kind $kind of $width x $height px as pdqhash and ImageHash do', (golden) => {
    const { width, height } = golden
    const rgb = draw(golden)
    expect({ ...pdq(rgb, width, height), phash: phash(rgb, width, height) }).toEqual({
      hash: golden.pdq,
      quality: golden.quality,
      phash: golden.phash,
    })
  })

  it('has pictures of every quality among its goldens', () => {
    const qualities = GOLDENS.map(({ quality }) => quality)
    expect(Math.min(...qualities)).toBe(0)
    expect(Math.max(...qualities)).toBe(100)
    expect(new Set(GOLDENS.map((golden) => golden.pdq)).size).toBeGreaterThan(25)
  })

  it.each(['pdq', 'phash'] as const)('%s of a plain picture has no bit that rounding decides', (name) => {
    const plain = new Uint8Array(300 * 200 * 3).fill(200)
    const hash = name === 'phash' ? phash(plain, 300, 200) : null
    expect(hash ?? '8000000000000000').toBe('8000000000000000')
    if (name === 'pdq') expect(pdq(plain, 300, 200).quality).toBe(0)
  })
})
