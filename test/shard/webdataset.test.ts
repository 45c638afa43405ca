import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/core/column.ts'
import { sha256 } from '../../src/core/hash.ts'
import { captionOf } from '../../src/core/row.ts'
import type { Sink } from '../../src/core/stage.ts'
import { webdataset } from '../../src/shard/index.ts'
import { readTar, type TarMember } from '../../src/store/tar.ts'
import { pictureOf, readParquet, runSink, sampleOf, samples } from './harness.ts'

const sink = webdataset as Sink

describe('shard/webdataset', () => {
  it('holds for each row its picture, its caption and its columns, in the order of the rows', async () => {
    const { rows, pictures } = await samples(60)
    const { files, counters } = await runSink(sink, [rows.slice(0, 40), rows.slice(40)], pictures)
    const found = [...(await members(files.get('00000.tar')!)), ...(await members(files.get('00001.tar')!))]
    expect(found.map((m) => m.name)).toEqual(
      rows.flatMap(({ uid, format }) => [
        `${uid}.${format === 'jpeg' ? 'jpg' : format}`,
        `${uid}.txt`,
        `${uid}.json`,
      ]),
    )
    for (const [i, row] of rows.entries()) {
      const [image, text, json] = found.slice(3 * i, 3 * i + 3).map((m) => m.bytes)
      expect(image!.equals(pictureOf(row, pictures))).toBe(true)
      expect(text!.toString()).toBe(captionOf(row))
      expect(JSON.parse(json!.toString())).toEqual(sampleOf(row))
    }
    expect(counters).toEqual({ 'bytes.out': [...pictures.values()].reduce((n, p) => n + p.length, 0) })
  })

  it('writes the keys of every json in one order, and no place, time or address', async () => {
    const { rows, pictures } = await samples(4)
    const { files } = await runSink(sink, [rows], pictures)
    const texts = (await members(files.get('00000.tar')!))
      .filter((m) => m.name.endsWith('.json'))
      .map((m) => m.bytes.toString())
    const keys = texts.map((t) => Object.keys(JSON.parse(t) as Row))
    expect(new Set(keys.map(String)).size).toBe(1)
    expect(keys[0]!.slice(0, 5)).toEqual(['uid', 'image_id', 'url', 'texts', 'caption'])
    expect(keys[0]).toContain('image_size_ratio')
    expect(keys[0]!.filter((k) => k.startsWith('bytes_') || k === 'fetched_at')).toEqual([])
    for (const text of texts)
      expect(text).toMatch(/"texts":\[\{"kind":[^{]*"text":[^{]*"language":[^{]*"score":[^{]*"page":/)
  })

  it('indexes each shard: the offsets lead to the bytes', async () => {
    const { rows, pictures } = await samples(30)
    const { files } = await runSink(sink, [rows], pictures)
    const tar = files.get('00000.tar')!
    const index = await readParquet(files.get('00000.parquet')!)
    const part = (row: Row, member: string) => {
      const offset = Number(row[`tar_${member}_offset`])
      return tar.subarray(offset, offset + Number(row[`tar_${member}_length`]))
    }
    expect(index.map((r) => r.uid)).toEqual(rows.map((r) => r.uid))
    for (const [i, row] of rows.entries()) {
      expect(part(index[i]!, 'image').equals(pictureOf(row, pictures))).toBe(true)
      expect(part(index[i]!, 'text').toString()).toBe(captionOf(row))
      expect(JSON.parse(part(index[i]!, 'json').toString())).toMatchObject({
        uid: row.uid,
        caption: captionOf(row),
      })
    }
  })

  it('publishes a manifest that names every shard with size and sha256, and the sizes that open_clip reads', async () => {
    const { rows, pictures } = await samples(30)
    const { files, published } = await runSink(sink, [rows.slice(0, 20), rows.slice(20)], pictures)
    expect(published.map((f) => f.path)).toEqual(['manifest.json', 'sizes.json'])
    for (const { path, bytes, sha256: hash } of published) {
      expect({ bytes: files.get(path)!.length, hash: sha256(files.get(path)!) }).toEqual({ bytes, hash })
    }
    expect(JSON.parse(files.get('sizes.json')!.toString())).toEqual({ '00000.tar': 20, '00001.tar': 10 })
    const manifest = JSON.parse(files.get('manifest.json')!.toString()) as {
      shards: Row[]
      columns: Row
      rows: number
    }
    expect(manifest).toMatchObject({ format: 'pairloom/webdataset', version: 1, rows: 30 })
    expect(manifest.shards).toEqual(
      ['00000', '00001'].map((name, i) => ({
        path: `${name}.tar`,
        rows: [20, 10][i],
        ...sized(files.get(`${name}.tar`)!),
        index: { path: `${name}.parquet`, ...sized(files.get(`${name}.parquet`)!) },
      })),
    )
    expect(manifest.columns).toMatchObject({
      image_size_ratio: { type: 'float64', nullable: true, doc: 'longest / shortest side' },
    })
  })

  it('gives the same bytes whatever the batches and the order of partitions; the golden holds', async () => {
    const { rows, pictures } = await samples(50)
    const partitions = [rows.slice(0, 17), rows.slice(17, 40), rows.slice(40)]
    const one = await runSink(sink, partitions, pictures, { batchRows: 50 })
    const other = await runSink(sink, partitions, pictures, { batchRows: 1, order: [2, 0, 1] })
    const hashes = ({ files }: typeof one) =>
      Object.fromEntries([...files].map(([path, b]) => [path, sha256(b)]))
    expect(hashes(other)).toEqual(hashes(one))
    // When this changes, so must the version of the stage.
    expect(hashes(one)['00000.tar']).toBe('b2ea9dd8ee0e7b7850cbf9ca290f890b1ef36a61e9eedc5905d99a7464a6637c')
  })

  it('writes only the columns that are asked for, uid always', async () => {
    const { rows, pictures } = await samples(2)
    const { files } = await runSink(sink, [rows], pictures, { options: { columns: ['url', 'caption'] } })
    const json = (await members(files.get('00000.tar')!)).find((m) => m.name.endsWith('.json'))!
    expect(JSON.parse(json.bytes.toString())).toEqual({
      uid: rows[0]!.uid,
      url: rows[0]!.url,
      caption: captionOf(rows[0]!),
    })
  })

  it.each(['widht', 'bytes_offset', 'fetched_at'])('refuses the column %s', async (column) => {
    const { rows, pictures } = await samples(1)
    const run = runSink(sink, [rows], pictures, { options: { columns: [column] } })
    await expect(run).rejects.toMatchObject({ code: 'PL_COLUMN', data: { unknown: [column] } })
  })

  it('makes no shard of a partition without rows', async () => {
    const { rows, pictures } = await samples(3)
    const { files } = await runSink(sink, [[], rows], pictures)
    expect([...files.keys()].sort()).toEqual(['00001.parquet', '00001.tar', 'manifest.json', 'sizes.json'])
  })

  it('names shards with more than five digits where the count needs them', async () => {
    const { rows, pictures } = await samples(1)
    const partitions = Array.from({ length: 100_001 }, (_, i) => (i === 42 ? rows : []))
    const { files } = await runSink(sink, partitions, pictures)
    expect(files.has('000042.tar')).toBe(true)
  })

  it('keeps a uid with dots and slashes one key of a loader', async () => {
    const { rows, pictures } = await samples(1)
    const { files } = await runSink(sink, [[{ ...rows[0]!, uid: 'a/b.c%' }]], pictures)
    const found = await members(files.get('00000.tar')!)
    expect(found.map((m) => m.name)).toEqual(['a%2Fb%2Ec%25.jpg', 'a%2Fb%2Ec%25.txt', 'a%2Fb%2Ec%25.json'])
    expect(JSON.parse(found[2]!.bytes.toString())).toMatchObject({ uid: 'a/b.c%' })
  })

  it.each(['00000.tar', '00000.parquet'])(
    'leaves nothing behind when %s cannot be written',
    async (broken) => {
      const { rows, pictures } = await samples(20)
      const run = runSink(sink, [rows], pictures, { fail: (path, bytes) => path === broken && bytes > 4 })
      await expect(run).rejects.toMatchObject({
        code: 'PL_STORE_FULL',
        aborted: ['00000.tar', '00000.parquet'],
      })
    },
  )

  it('stops at a picture that is gone', async () => {
    const { rows, pictures } = await samples(20)
    pictures.delete(`${rows[19]!.bytes_part}:${rows[19]!.bytes_offset}`)
    await expect(runSink(sink, [rows], pictures)).rejects.toMatchObject({
      code: 'PL_NOT_FOUND',
      aborted: ['00000.tar', '00000.parquet'],
    })
  })
})

async function members(tar: Buffer): Promise<TarMember[]> {
  const found: TarMember[] = []
  for await (const member of readTar(
    (async function* () {
      yield await Promise.resolve(tar)
    })(),
  ))
    found.push(member)
  return found
}

function sized(file: Buffer) {
  return { bytes: file.length, sha256: sha256(file) }
}
