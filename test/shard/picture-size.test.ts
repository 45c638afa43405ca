import { describe, expect, it } from 'vitest'
import { sizeColumns } from '../../src/core/row.ts'
import type { Sink } from '../../src/core/stage.ts'
import { parquet, webdataset } from '../../src/shard/index.ts'
import { readTar } from '../../src/store/tar.ts'
import { COLUMNS, readParquet, runSink, samples } from './harness.ts'

const columns = { ...COLUMNS, ...sizeColumns('small') }

async function withSmall(count: number) {
  const { rows, pictures } = await samples(count)
  const both = rows.map((row, i) => {
    const small = Buffer.from(`small ${i}`)
    const offset = 10_000_000 + i
    pictures.set(`${row.bytes_part}:${offset}`, small)
    return {
      ...row,
      image_small_bytes_offset: offset,
      image_small_bytes_length: small.length,
      image_small_width: 5,
      image_small_height: 6,
    }
  })
  return { rows: both, pictures }
}

describe('picture: small', () => {
  it('packs the further size, with its width and height, in tars and in Parquet', async () => {
    const { rows, pictures } = await withSmall(20)
    const options = { picture: 'small' }
    const tar = await runSink(webdataset as Sink, [rows], pictures, { columns, options })
    const images: string[] = []
    async function* bytes() {
      yield tar.files.get('00000.tar')!
    }
    for await (const { name, bytes: member } of readTar(bytes()))
      if (/\.(jpg|png|webp)$/.test(name)) images.push(member.toString())
    expect(images).toEqual(rows.map((_, i) => `small ${i}`))
    const table = await runSink(parquet as Sink, [rows], pictures, { columns, options })
    const written = await readParquet(table.files.get('00000.parquet')!)
    for (const [i, row] of written.entries()) {
      expect(Buffer.from(row.image as Uint8Array).toString()).toBe(`small ${i}`)
      expect(row).toMatchObject({ width: 5, height: 6 })
      expect(Object.keys(row).filter((name) => name.includes('bytes'))).toEqual([])
    }
  })

  it('names the sizes that there are where it is not one of them', async () => {
    const { rows, pictures } = await withSmall(2)
    for (const sink of [webdataset, parquet] as Sink[])
      await expect(
        runSink(sink, [rows], pictures, { columns, options: { picture: 'tiny' } }),
      ).rejects.toMatchObject({ code: 'PL_COLUMN', data: { picture: 'tiny', known: ['small'] } })
  })
})
