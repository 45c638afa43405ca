import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/core/hash.ts'
import { captionOf, type ImageRow } from '../../src/core/row.ts'
import type { Sink } from '../../src/core/stage.ts'
import { parquet, webdataset } from '../../src/shard/index.ts'
import { CONSUMERS } from '../install/consumers.ts'
import { pictureOf, runSink, samples } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'pairloom-consumers-'))
afterAll(() => rmSync(folder, { recursive: true }))

const title = `shards read by the real webdataset and pyarrow${CONSUMERS.missing ? ` (${CONSUMERS.missing})` : ''}`

describe.skipIf(CONSUMERS.missing)(title, () => {
  let rows: ImageRow[]
  let pictures: Map<string, Buffer>
  beforeAll(async () => {
    await CONSUMERS.make()
    ;({ rows, pictures } = await samples(60, { decodable: true }))
  }, 600_000)

  it('webdataset finds the same uids, texts and pixels in the tars', async () => {
    const home = await written('webdataset', webdataset as Sink)
    expect(script('read_webdataset.py', home)).toEqual(await Promise.all(rows.map((row) => seen(row))))
  })

  it('pyarrow finds the same uids, texts and pixels in the Parquet shards', async () => {
    const home = await written('parquet', parquet as Sink)
    expect(script('read_parquet.py', home)).toEqual(await Promise.all(rows.map((row) => seen(row))))
  })

  it('pyarrow reads the index of the tars, and its offsets lead to the pictures', async () => {
    const home = await written('index', webdataset as Sink)
    const wanted = [rows[3]!, rows[26]!, rows[59]!]
    expect(script('read_by_index.py', home, ...wanted.map((r) => r.uid))).toEqual(
      wanted.map((row, i) => ({
        uid: row.uid,
        shard: `0000${i}.tar`,
        caption: captionOf(row),
        image: sha256(pictureOf(row, pictures)),
      })),
    )
  })

  it.each([
    ['webdataset', webdataset as Sink],
    ['parquet', parquet as Sink],
  ])('pyarrow validates every column of the %s shard and sees strings as strings', async (name, sink) => {
    const home = await written(`types-${name}`, sink)
    const check = `import json, sys, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
table.validate(full=True)
print(json.dumps({f.name: [str(f.type), f.nullable] for f in table.schema}))`
    const types = JSON.parse(python('-c', check, join(home, '00000.parquet'))) as Record<
      string,
      [string, boolean]
    >
    expect(types).toMatchObject({
      uid: ['string', false],
      caption: ['string', false],
      width: ['int32', false],
      image_size_ratio: ['double', true],
      is_photo: ['bool', true],
      ...(name === 'parquet' ? { image: ['binary', false] } : { tar_image_offset: ['int64', false] }),
    })
    expect(types.texts![0]).toMatch(
      /^list<\w+: struct<kind: string not null, text: string not null, language: string, score: double, page: string> not null>$/,
    )
  })

  /** Three shards in a folder of their own. */
  async function written(name: string, sink: Sink): Promise<string> {
    const { files } = await runSink(sink, [rows.slice(0, 25), rows.slice(25, 50), rows.slice(50)], pictures)
    const home = mkdtempSync(join(folder, `${name}-`))
    for (const [path, bytes] of files) writeFileSync(join(home, path), bytes)
    return home
  }

  /** What the scripts should print of a row: its pixels as sharp decodes them. */
  async function seen(row: ImageRow) {
    const { uid, width, height } = row
    const pixels = sha256(await sharp(pictureOf(row, pictures)).removeAlpha().raw().toBuffer())
    return { uid, text: captionOf(row), width, height, texts: row.texts.map((t) => t.text), pixels }
  }
})

/** Runs a script of examples/consume; its JSON lines. */
function script(name: string, ...args: string[]): unknown[] {
  const out = python(resolve(import.meta.dirname, '../../examples/consume', name), ...args)
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

function python(...args: string[]): string {
  return execFileSync(CONSUMERS.python, args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
}
