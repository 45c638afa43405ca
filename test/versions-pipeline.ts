import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A pipeline with a plug-in of plain JavaScript, for running pairloom from outside: four rows whose texts are the
 * versions of Node that made them, one of them too short for `words`, written as lines.
 *
 * pairloom: what the plug-in imports. Returns the path of the pipeline file.
 */
export async function writeVersionsPipeline(folder: string, pairloom: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'versions.js'), plugin(pairloom))
  const file = join(folder, 'versions.yaml')
  await writeFile(file, PIPELINE)
  return file
}

/** What the run published: `<version of Node> <process id>` by row. */
export async function readVersions(out: string): Promise<{ version: string; pid: number }[]> {
  const { dataset } = JSON.parse(await readFile(join(out, 'lines', 'current.json'), 'utf8')) as {
    dataset: string
  }
  const text = await readFile(join(out, 'lines', dataset, 'lines-0.txt'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ({ version: line.split(' ')[0]!, pid: Number(line.split(' ')[1]) }))
}

const PIPELINE = `
name: versions
plugins: [./versions.js]
stages:
  rows: { use: versions/rows, rows: 4 }
  clean: { filters: { words: { min: 2 } } }
  lines: { use: versions/lines }
`

const plugin = (pairloom: string) => `
import { defineSink, defineSource, imageId, LINK_COLUMNS, uid, z } from ${JSON.stringify(pairloom)}

export const rows = defineSource({
  name: 'versions/rows',
  version: 1,
  summary: 'Rows that say which Node made them',
  options: z.strictObject({ rows: z.int().describe('rows in all') }),
  columns: LINK_COLUMNS,
  partitions: () => [{}],
  async *read(part, { options }) {
    yield Array.from({ length: options.rows }, (_, i) => {
      const url = 'http://www.example.test/' + i + '.jpg'
      const text = i === 0 ? 'short' : process.version + ' ' + process.pid
      const texts = [{ kind: 'alt', text, language: null, score: null, page: null }]
      return { uid: uid(url, text), image_id: imageId(url), url, site: 'example.test', texts, caption: 0, merged_uids: [] }
    })
  },
})

export const lines = defineSink({
  name: 'versions/lines',
  version: 1,
  summary: 'One text a line',
  options: z.strictObject({}),
  reads: ['texts'],
  async write(batches, { create, partition }) {
    const path = 'lines-' + partition + '.txt'
    const file = await create(path)
    let rows = 0
    for await (const batch of batches) {
      for (const row of batch) await file.write(Buffer.from(row.texts[0].text + '\\n'))
      rows += batch.length
    }
    return { files: [{ path, rows, ...(await file.close()) }] }
  },
  publish: () => Promise.resolve([]),
})
`
