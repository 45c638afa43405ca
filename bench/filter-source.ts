import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { defineSource, hashBucket, imageId, LINK_COLUMNS, sha256, uid, type Row } from '../src/index.ts'

const BATCH_ROWS = 1000
/** What one caption in ten is on the web: no words about a picture. */
const NOISE = [
  'IMG_2041.JPG',
  'DSC_0103',
  'https://cdn.example.com/a/b.png',
  'logo',
  'Image not available',
  'Photo 12',
  '&nbsp;',
  '<b>sale</b> today only',
  '2021-03-04',
  'thumbnail',
  'hero-banner-final2',
  '',
]

const options = z.strictObject({
  captions: z.string().describe('JSON file with a list of captions'),
  rows: z.int().min(1).default(1_000_000).describe('rows in all'),
  partitionRows: z.int().min(1).default(50_000).describe('rows of a partition'),
})

/**
 * Rows with captions of one or two texts of a list, one in ten noise, of pictures of which one in ten has the hash of another
 * row, and some are small or long.
 * Each row is a function of its number.
 */
export const captions = defineSource({
  name: 'bench/captions',
  version: 2,
  summary: 'Captions of a list, drawn by the number of the row',
  options,
  columns: {
    ...LINK_COLUMNS,
    sha256: { type: 'utf8', doc: 'sha256 of no picture, one in ten repeated' },
    original_width: { type: 'int32', doc: 'width, px' },
    original_height: { type: 'int32', doc: 'height, px' },
  },
  partitions: ({ rows, partitionRows }) =>
    Array.from({ length: Math.ceil(rows / partitionRows) }, (_, i) => ({
      first: i * partitionRows,
      last: Math.min(rows, (i + 1) * partitionRows),
    })),
  async *read({ first, last }, { options: { captions: file } }) {
    const names = JSON.parse(await readFile(file, 'utf8')) as string[]
    for (let i = first as number; i < (last as number); i += BATCH_ROWS) {
      const length = Math.min(BATCH_ROWS, (last as number) - i)
      yield await Promise.resolve(Array.from({ length }, (_, j) => row(i + j, names)))
    }
  },
})

function row(number: number, names: string[]): Row {
  const bucket = hashBucket(`caption ${number}`, 2 ** 31)
  const name = (at: number) => names[at % names.length]!
  const text = bucket % 20 === 1 ? name(bucket >>> 4) : `${name(bucket >>> 4)} ${name(number * 7919)}`
  const caption = bucket % 10 === 0 ? NOISE[(bucket >>> 4) % NOISE.length]! : text
  const site = `site${number % 5000}.test`
  const url = `https://images.${site}/uploads/2026/${number}/picture-${number % 977}.jpg`
  return {
    uid: uid(url, caption),
    image_id: imageId(url),
    url,
    site,
    texts: [
      {
        kind: 'alt',
        text: caption,
        language: null,
        score: null,
        page: `https://www.${site}/page/${number >> 4}`,
      },
    ],
    caption: 0,
    merged_uids: [],
    original_width: 100 + ((bucket >>> 3) % 1500),
    original_height: 150 + ((bucket >>> 11) % 900),
    sha256: sha256(`picture ${number % 10 === 9 ? number - 9 : number}`),
  }
}
