import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { pdq } from '../../src/media/pdq.ts'
import { phash } from '../../src/media/phash.ts'
import { thumb16 } from '../../src/media/thumb.ts'
import { PICTURE_HASHES, pictureHashes } from '../../src/media/picture-hashes.ts'
import { quarters } from './pictures.ts'

/** A scene that its mirror image is not: of quarters alone most frequencies are nothing. */
function scene() {
  const shapes =
    '<circle cx="90" cy="80" r="55" fill="#c31"/><path d="M0 320 170 130 400 290 400 320Z" fill="#142"/>'
  const stripes =
    '<path d="M240 20 380 60 350 150 260 110Z" fill="#fe9"/><rect x="60" y="200" width="30" height="90" fill="#eee"/>'
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="320"><rect width="400" height="320" fill="#58b"/>${shapes}${stripes}</svg>`
  return sharp(Buffer.from(svg)).removeAlpha()
}

/** Bits in which two hashes differ. */
function distance(a: string, b: string): number {
  return (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll('0', '').length
}

describe('media/picture-hashes', () => {
  it('hashes the pixels that a decoder of the stored picture gives', async () => {
    const raw = await quarters(200, 160).raw().toBuffer()
    const png = await quarters(200, 160).png().toBuffer()
    expect(await pictureHashes(png, PICTURE_HASHES)).toEqual({
      pdq: pdq(raw, 200, 160).hash,
      pdq_quality: pdq(raw, 200, 160).quality,
      phash: phash(raw, 200, 160),
      thumb16: thumb16(raw, 200, 160),
    })
  })

  it('gives only what is asked for, of a grey picture too', async () => {
    const gray = await quarters().toColourspace('b-w').png().toBuffer()
    expect(Object.keys(await pictureHashes(gray, ['phash']))).toEqual(['phash'])
    expect(Object.keys(await pictureHashes(gray, ['pdq']))).toEqual(['pdq', 'pdq_quality'])
    expect(Object.keys(await pictureHashes(gray, ['thumb']))).toEqual(['thumb16'])
    expect(await pictureHashes(gray, [])).toEqual({})
  })

  it('keeps copies at other sizes and formats near, and other pictures far', async () => {
    const original = await pictureHashes(await scene().png().toBuffer(), PICTURE_HASHES)
    const copy = await scene().resize(150, 120).jpeg({ quality: 60 }).toBuffer()
    const near = await pictureHashes(copy, PICTURE_HASHES)
    const turned = await pictureHashes(await scene().flop().png().toBuffer(), PICTURE_HASHES)
    expect(distance(original.phash as string, near.phash as string)).toBeLessThanOrEqual(8)
    expect(distance(original.phash as string, turned.phash as string)).toBeGreaterThan(8)
    expect(distance(original.pdq as string, near.pdq as string)).toBeLessThanOrEqual(31)
    expect(distance(original.pdq as string, turned.pdq as string)).toBeGreaterThan(31)
  })
})
