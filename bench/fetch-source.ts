import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { defineSource, imageId, LINK_COLUMNS, uid } from '../src/index.ts'

const options = z.strictObject({
  list: z.string().describe('JSON file with a list of { url, caption }'),
  partitionRows: z.int().min(1).default(250).describe('rows of a partition'),
})

/** The URLs of a list and their captions, in its order. */
export const urls = defineSource({
  name: 'bench/urls',
  version: 1,
  summary: 'URLs and captions of a JSON list',
  options,
  columns: LINK_COLUMNS,
  async partitions({ list, partitionRows }) {
    const { length } = JSON.parse(await readFile(list, 'utf8')) as unknown[]
    return Array.from({ length: Math.ceil(length / partitionRows) }, (_, i) => ({ first: i * partitionRows }))
  },
  async *read({ first }, { options: { list, partitionRows } }) {
    const all = JSON.parse(await readFile(list, 'utf8')) as { url: string; caption: string }[]
    const from = first as number
    yield all.slice(from, from + partitionRows).map(({ url, caption }) => ({
      uid: uid(url, caption),
      image_id: imageId(url),
      url,
      site: new URL(url).hostname,
      texts: [{ kind: 'alt', text: caption, language: null, score: null, page: null }],
      caption: 0,
      merged_uids: [],
    }))
  },
})
