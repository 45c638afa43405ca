import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { openThumbnails } from '../../src/pipeline/report/thumbnail.ts'

const create = { width: 400, height: 200, channels: 3, background: '#2a7f86' } as const
const row = (part: number) => ({
  bytes_dataset: 'images/0',
  bytes_part: part,
  bytes_offset: 0,
  bytes_length: 1,
})
const reader = (bytes: Buffer) => ({ read: () => Promise.resolve(bytes) })

describe('openThumbnails', () => {
  it('makes a small WebP of a picture', async () => {
    const picture = await openThumbnails(reader(await sharp({ create }).png().toBuffer()), 1e6).make(row(0))
    expect(picture).toMatchObject({ width: 128, height: 64 })
    const { data } = /^data:image\/webp;base64,(?<data>.+)$/.exec(picture!.uri)!.groups!
    expect(await sharp(Buffer.from(data!, 'base64')).metadata()).toMatchObject({
      format: 'webp',
      width: 128,
      height: 64,
    })
  })

  it('stops when the page is full, and draws one picture once', async () => {
    const bytes = await sharp({ create }).png().toBuffer()
    const { uri } = (await openThumbnails(reader(bytes), 1e6).make(row(0)))!
    const { make } = openThumbnails(reader(bytes), 2.5 * uri.length)
    const made = []
    for (const part of [0, 0, 0, 1, 2, 0]) made.push((await make(row(part)))?.uri)
    expect(made).toEqual([uri, uri, uri, uri, undefined, uri])
  })

  it.each([
    { name: 'no picture', bytes: () => Promise.resolve(Buffer.from('<html>')) },
    { name: 'nothing', bytes: () => Promise.resolve(Buffer.alloc(0)) },
    {
      name: 'a picture of too many pixels',
      bytes: () =>
        sharp({ create: { ...create, width: 9000, height: 9000 } })
          .png()
          .toBuffer(),
    },
  ])('gives none for $name', async ({ bytes }) => {
    expect(await openThumbnails(reader(await bytes()), 1e6).make(row(0))).toBeNull()
  })

  it('gives none where the bytes are gone', async () => {
    const gone = { read: () => Promise.reject(new Error('gone')) }
    expect(await openThumbnails(gone, 1e6).make(row(0))).toBeNull()
  })
})
