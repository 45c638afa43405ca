import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadEmojis, DESIGNERS } from '../demo/art.ts'
import { Renderer } from '../demo/render.ts'
import { distanceOf, openHashSet, type HashSet } from '../src/filter/duplicates/hash-set.ts'
import { likeness, thumbColours, type ThumbColours } from '../src/filter/duplicates/thumb-distance.ts'
import { pictureHashes } from '../src/media/picture-hashes.ts'
import { choosePictures, TRANSFORMS } from './near-duplicates-pictures.ts'

const PICTURES = 300
const RADII = [4, 6, 8, 10, 12]
/** The defaults of filter/near-duplicates. */
const RADIUS = 8
const COLOURS = 20

interface Look {
  hash: string
  colours: ThumbColours
}

/**
 * The study of near duplicates: how many of 300 pictures of the demo web are found again after each of a list of edits,
 * and how many pairs of different ones are taken for one, by the hash alone and with the thumbs. Recoloured twins and the
 * edits of another picture are the negative control.
 *
 * Writes the table and the list of pictures into bench/results.
 */
export async function bench(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-study-'))
  try {
    const chosen = await choosePictures(loadEmojis(), DESIGNERS, new Renderer(folder), PICTURES)
    const originals: Look[] = []
    const edited: Record<string, Look[]> = Object.fromEntries(
      Object.keys(TRANSFORMS).map((name) => [name, []]),
    )
    for (const { bytes } of chosen) {
      originals.push(await lookOf(bytes))
      for (const [name, edit] of Object.entries(TRANSFORMS))
        edited[name]!.push(await lookOf(await edit(bytes)))
    }
    const rows = Object.entries(edited).map(([name, looks]) => [
      name,
      ...RADII.map((radius) =>
        percent(looks.filter((look, i) => isSame(originals[i]!, look, radius)).length),
      ),
      percent(looks.filter((look, i) => isSame(originals[(i + 1) % PICTURES]!, look, RADIUS)).length),
    ])
    const pairs = originals.flatMap((a, i) => originals.slice(i + 1).map((b) => [a, b] as const))
    const counts = RADII.map((radius) => ({
      radius,
      hash: pairs.filter(([a, b]) => bitsOf(a, b) <= radius).length,
      both: pairs.filter(([a, b]) => isSame(a, b, radius)).length,
    }))
    const text = page(rows, counts, pairs.length)
    const results = join(import.meta.dirname, 'results')
    await writeFile(join(results, 'near-duplicates.md'), text)
    await writeFile(
      join(results, 'near-duplicates-pictures.txt'),
      chosen.map(({ name }) => `${name}\n`).join(''),
    )
    process.stdout.write(text)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function lookOf(bytes: Buffer): Promise<Look> {
  const { phash, thumb16 } = await pictureHashes(bytes, ['phash', 'thumb'])
  return { hash: phash as string, colours: thumbColours(thumb16 as Buffer) }
}

function isSame(a: Look, b: Look, radius: number): boolean {
  return bitsOf(a, b) <= radius && likeness(a.colours, b.colours, COLOURS, true) !== null
}

function bitsOf(a: Look, b: Look): number {
  const set: HashSet = pairOf(a.hash, b.hash)
  return Math.min(distanceOf(set, 0, 1, false), distanceOf(set, 0, 1, true))
}

function pairOf(a: string, b: string): HashSet {
  const set = openHashSet('phash', 2)
  for (const hash of [a, b]) set.add(hash)
  return set.done()
}

function percent(count: number): string {
  return ((100 * count) / PICTURES).toFixed(1)
}

function page(
  rows: string[][],
  counts: { radius: number; hash: number; both: number }[],
  pairs: number,
): string {
  const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`
  const radii = RADII.map((radius) => `${radius} bits`)
  return `${[
    '# Study: near duplicates',
    '',
    'Written by `npm run bench -- near-duplicates`. 300 pictures of the demo web, one of each emoji subgroup and hue',
    `(near-duplicates-pictures.txt), each edited; pHash within a radius and thumbs within ${COLOURS} levels, mirror images too.`,
    '',
    '## Found again, % of 300',
    '',
    line(['edit', ...radii, 'edit of another picture']),
    line(['---', ...radii.map(() => '--:'), '--:']),
    ...rows.map(line),
    '',
    'The last column is the negative control, at the default radius of 8. Recoloured twins are to be told apart.',
    '',
    `## Pairs of different pictures taken for one, of ${pairs.toLocaleString('en')}`,
    '',
    line(['', ...radii]),
    line(['---', ...radii.map(() => '--:')]),
    line(['by the hash alone', ...counts.map(({ hash }) => hash)]),
    line(['with the thumbs', ...counts.map(({ both }) => both)]),
  ].join('\n')}\n`
}
