import { parquetMetadata } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/core/column.ts'
import { sha256 } from '../../src/core/hash.ts'
import type { Sink } from '../../src/core/stage.ts'
import { parquet } from '../../src/shard/index.ts'
import { pictureOf, readParquet, runSink, sampleOf, samples } from './harness.ts'

const sink = parquet as Sink

describe('shard/parquet', () => {
  it('holds for each row its columns, its caption as text and the picture, in the order of the rows', async () => {
    const { rows, pictures } = await samples(60)
    const { files } = await runSink(sink, [rows.slice(0, 40), rows.slice(40)], pictures)
    const found = [
      ...(await readParquet(files.get('00000.parquet')!)),
      ...(await readParquet(files.get('00001.parquet')!)),
    ]
    expect(found.length).toBe(60)
    for (const [i, row] of rows.entries()) {
      const { image, ...sample } = found[i]!
      expect(sample).toEqual(sampleOf(row))
      expect(pictureOf(row, pictures).equals(image as Uint8Array)).toBe(true)
    }
  })

  it('bounds row groups by bytes, and cuts them the same whatever the batches', async () => {
    const { rows } = await samples(5)
    const large = Buffer.alloc(30 * 2 ** 20, 1)
    const pictures = new Map(rows.map((r) => [`${r.bytes_part}:${r.bytes_offset}`, large]))
    const groups = async (batchRows: number) => {
      const { files } = await runSink(
        sink,
        [rows.map((r) => ({ ...r, bytes_length: large.length }))],
        pictures,
        { batchRows },
      )
      const file = files.get('00000.parquet')!
      return { hash: sha256(file), rows: metadataOf(file).row_groups.map((g) => Number(g.num_rows)) }
    }
    const one = await groups(5)
    expect(one.rows).toEqual([2, 2, 1])
    expect(await groups(2)).toEqual(one)
  })

  it('stores pictures as they are and the rest as zstd, with statistics that readers prune by', async () => {
    const { rows, pictures } = await samples(40)
    const { files } = await runSink(sink, [rows], pictures)
    const { row_groups, schema, created_by } = metadataOf(files.get('00000.parquet')!)
    const columns = Object.fromEntries(
      row_groups[0]!.columns.map((c) => [c.meta_data!.path_in_schema.join('.'), c.meta_data!]),
    )
    expect(columns.image!.codec).toBe('UNCOMPRESSED')
    expect(columns.image!.statistics).toBeUndefined()
    expect(columns.uid!.codec).toBe('ZSTD')
    expect(columns.width!.statistics).toMatchObject({
      min_value: Math.min(...rows.map((r) => r.width)),
      max_value: Math.max(...rows.map((r) => r.width)),
      null_count: 0n,
    })
    const required = Object.fromEntries(schema.map((s) => [s.name, s.repetition_type]))
    expect(required).toMatchObject({ uid: 'REQUIRED', image: 'REQUIRED', image_size_ratio: 'OPTIONAL' })
    expect(created_by).toBe('pairloom')
  })

  it('leaves pictures out where asked, and reads none', async () => {
    const { rows } = await samples(10)
    const { files } = await runSink(sink, [rows], new Map(), {
      options: { images: false, columns: ['width'] },
    })
    expect(await readParquet(files.get('00000.parquet')!)).toEqual(
      rows.map(({ uid, width }) => ({ uid, width })),
    )
    expect(manifestOf(files).columns).toEqual({
      uid: expect.objectContaining({ type: 'utf8' }) as unknown,
      width: expect.objectContaining({ type: 'int32' }) as unknown,
    })
  })

  it('publishes a manifest that names every shard with size and sha256', async () => {
    const { rows, pictures } = await samples(30)
    const { files, published } = await runSink(sink, [rows.slice(0, 20), [], rows.slice(20)], pictures)
    expect(published.map((f) => f.path)).toEqual(['manifest.json'])
    const shard = (path: string, count: number) => {
      const file = files.get(path)!
      return { path, rows: count, bytes: file.length, sha256: sha256(file) }
    }
    const shards = [shard('00000.parquet', 20), shard('00002.parquet', 10)]
    expect(manifestOf(files)).toMatchObject({
      format: 'pairloom/parquet',
      rows: 30,
      bytes: shards[0]!.bytes + shards[1]!.bytes,
      shards,
      columns: { image: { type: 'binary' } },
    })
  })

  it('gives the same bytes whatever the order of partitions; the golden holds', async () => {
    const { rows, pictures } = await samples(50)
    const partitions = [rows.slice(0, 17), rows.slice(17, 40), rows.slice(40)]
    const one = await runSink(sink, partitions, pictures, { batchRows: 50 })
    const other = await runSink(sink, partitions, pictures, { batchRows: 1, order: [2, 0, 1] })
    const hashes = ({ files }: typeof one) =>
      Object.fromEntries([...files].map(([path, b]) => [path, sha256(b)]))
    expect(hashes(other)).toEqual(hashes(one))
    // When this changes, so must the version of the stage.
    expect(hashes(one)['00000.parquet']).toBe(
      'b8ee13f93d68c9630fccc184808b992bf87232568861621b2d768301a9f06d41',
    )
  })

  it('names the column whose value is of another type, and leaves nothing behind', async () => {
    const { rows, pictures } = await samples(3)
    const wrong: Row[] = rows.map((r) => ({ ...r, width: 'wide' }))
    await expect(runSink(sink, [wrong], pictures)).rejects.toMatchObject({
      code: 'PL_COLUMN',
      data: { column: 'width' },
      aborted: ['00000.parquet'],
    })
    const missing: Row[] = rows.map((r) => ({ ...r, site: null }))
    await expect(runSink(sink, [missing], pictures)).rejects.toMatchObject({
      code: 'PL_COLUMN',
      data: { column: 'site' },
      aborted: ['00000.parquet'],
    })
  })

  it('leaves nothing behind when the disk is full', async () => {
    const { rows, pictures } = await samples(3)
    const run = runSink(sink, [rows], pictures, { fail: (path) => path === '00000.parquet' })
    await expect(run).rejects.toMatchObject({ code: 'PL_STORE_FULL', aborted: ['00000.parquet'] })
  })
})

function metadataOf(file: Buffer) {
  return parquetMetadata(new Uint8Array(file).buffer)
}

function manifestOf(files: Map<string, Buffer>): Row {
  return JSON.parse(files.get('manifest.json')!.toString()) as Row
}
