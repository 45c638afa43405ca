import { describe, expect, it } from 'vitest'
import { addedColumns } from '../../src/core/added-columns.ts'
import { fetchImages, folder, webdataset } from '../../src/crawl/index.ts'
import { makePicture, pictureColumns, storePicture } from '../../src/crawl/store-picture.ts'
import { pictureHashes } from '../../src/media/picture-hashes.ts'
import { noise } from '../media/pictures.ts'

describe('further sizes of a picture', () => {
  it('are columns of every stage that stores pictures, by their names', () => {
    const expected = ['bytes_offset', 'bytes_length', 'width', 'height'].map((name) => `image_tiny_${name}`)
    for (const stage of [fetchImages, folder, webdataset]) {
      const options = stage.options.parse({
        sizes: { tiny: 32 },
        ...(stage === fetchImages ? {} : { path: 'x' }),
      })
      const names = Object.keys(addedColumns(stage, options))
      expect(
        names.filter((name) => name.startsWith('image_tiny')),
        stage.name,
      ).toEqual(expected)
      expect(Object.keys(addedColumns(stage))).not.toContain('image_tiny_width')
    }
  })

  it('lie in the tar of the picture, each where its columns say', async () => {
    const options = fetchImages.options.parse({ size: 64, sizes: { tiny: 16 } }) as never
    const picture = await makePicture(await noise(120, 90).png().toBuffer(), options)
    const stored: { name: string; bytes: Buffer }[] = []
    let offset = 0
    const row = await storePicture({ image_id: 'id' }, picture, {
      bytes: {
        read: () => Promise.reject(new Error('nothing is read')),
        async append(name, bytes) {
          stored.push({ name, bytes: Buffer.from(bytes) })
          offset += 1000
          return { bytes_dataset: 'd', bytes_part: 0, bytes_offset: offset, bytes_length: bytes.length }
        },
      },
      count: () => undefined,
    })
    expect(stored.map(({ name }) => name)).toEqual(['id.jpg', 'id.tiny.jpg'])
    expect(row).toMatchObject({
      bytes_offset: 1000,
      width: 85,
      height: 64,
      image_tiny_bytes_offset: 2000,
      image_tiny_bytes_length: stored[1]!.bytes.length,
      image_tiny_width: 21,
      image_tiny_height: 16,
    })
    for (const name of Object.keys(pictureColumns({ sizes: { tiny: 16 }, hashes: [] })))
      expect(row).toHaveProperty(name)
  })
})

describe('hashes of a picture', () => {
  it('are those of the bytes that are stored, for the hashes that are asked for', async () => {
    const options = fetchImages.options.parse({ size: 64, hashes: ['pdq', 'phash'] }) as never
    const picture = await makePicture(await noise(120, 90).png().toBuffer(), options)
    expect(picture.hashes).toEqual(await pictureHashes(picture.bytes, ['pdq', 'phash']))
    const columns = Object.keys(addedColumns(fetchImages, options))
    expect(columns).toEqual(expect.arrayContaining(Object.keys(picture.hashes)))
    const plain = fetchImages.options.parse({}) as never
    expect((await makePicture(await noise(20, 20).png().toBuffer(), plain)).hashes).toEqual({})
    expect(Object.keys(addedColumns(fetchImages, plain))).not.toContain('pdq')
  })
})
