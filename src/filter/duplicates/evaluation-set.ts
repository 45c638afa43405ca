import { createHash } from 'node:crypto'
import { glob, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PairloomError } from '../../core/error.ts'
import { hashIndex } from '../../media/hash-index.ts'
import { pictureHashes } from '../../media/picture-hashes.ts'
import { entryError, listEntries, type ListEntry } from '../../store/list-entries.ts'
import { HASHES, mirrorOf, type HashName } from './hash-set.ts'
import { thumbColours, type ThumbColours } from './thumb-distance.ts'

export interface EvaluationOptions {
  by: HashName
  radius: number
  mirror: boolean
  images: string[]
  texts: string[]
}

/** A picture of an evaluation set. */
export interface EvaluationPicture {
  /** Its path, or its place in a list and its name there. */
  name: string
  hash: string
  /** Null where a list gives the hash alone. */
  colours: ThumbColours | null
}

export interface EvaluationSet {
  /** Pictures whose hash, or its mirror image where that is asked for, is within the radius. */
  near(hash: string): EvaluationPicture[]
  /** Name of the picture of these bytes. */
  ofBytes(sha256: string): string | null
  /** Place of this text, as `normalText` gives it. */
  ofText(text: string): string | null
}

/** As texts are compared: NFC, small letters, one space between words. */
export function normalText(text: string): string {
  return text.normalize('NFC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
}

/**
 * Checks all lists, and gives what changes with any of them and with any picture's path, size or time of change.
 *
 * @throws PairloomError `PL_INPUT` where a path is not there, a folder has no picture, or a line is no entry
 */
export async function evaluationDigest(options: EvaluationOptions): Promise<string> {
  const digest = await filesDigest(options)
  await readLists(options)
  return digest
}

async function filesDigest({ images, texts }: EvaluationOptions): Promise<string> {
  const digest = createHash('sha256')
  for (const path of [...images, ...texts]) {
    for (const file of (await picturesOf(path)) ?? [path]) {
      const { size, mtimeMs } = await statOf(file)
      digest.update(`${file}\0${size}\0${mtimeMs}\n`)
    }
  }
  return digest.digest('hex')
}

let last: { key: string; set: Promise<EvaluationSet> } | null = null

/**
 * The evaluation sets of a stage, read once a process for all of its tasks.
 *
 * Memory: 4 KiB a picture, and the texts.
 * @throws PairloomError `PL_INPUT` as above, or where a file of a folder is no picture
 */
export async function openEvaluationSet(options: EvaluationOptions): Promise<EvaluationSet> {
  const key = JSON.stringify([options, await filesDigest(options)])
  if (last?.key !== key) last = { key, set: readSet(options) }
  return last.set
}

async function readSet(options: EvaluationOptions): Promise<EvaluationSet> {
  const { by, radius, mirror, images } = options
  const { pictures, bytes, texts } = await readLists(options)
  for (const path of images) {
    for (const file of (await picturesOf(path)) ?? []) {
      const picture = await readFile(file)
      bytes.set(createHash('sha256').update(picture).digest('hex'), file)
      const { [by]: hash, thumb16 } = await pictureHashes(picture, [by, 'thumb']).catch((error: Error) => {
        throw inputError(file, 'a picture', error.message)
      })
      pictures.push({ name: file, hash: hash as string, colours: thumbColours(thumb16 as Buffer) })
    }
  }
  const find = hashIndex(
    pictures.map(({ hash }) => hash),
    radius,
  )
  return {
    near(hash) {
      const found = new Set([...find(hash), ...(mirror ? find(mirrorOf(hash)) : [])])
      return [...found].sort((a, b) => a - b).map((place) => pictures[place]!)
    },
    ofBytes: (sha256) => bytes.get(sha256) ?? null,
    ofText: (text) => texts.get(text) ?? null,
  }
}

async function readLists({ by, images, texts: paths }: EvaluationOptions) {
  const pictures: EvaluationPicture[] = []
  const bytes = new Map<string, string>()
  const texts = new Map<string, string>()
  const digits = HASHES[by].bits / 4
  for (const path of images) {
    if ((await picturesOf(path)) !== null) continue
    for await (const entry of listEntries(path)) {
      const [kind, value, name] = partsOf(entry)
      if (kind === by && value.length === digits) pictures.push({ name, hash: value, colours: null })
      else if (kind === 'sha256' && value.length === 64) bytes.set(value, name)
      else throw entryError(entry, `${by}: and ${digits} hex digits, or sha256: and 64, and a name`)
    }
  }
  for (const path of paths) {
    for await (const { text, place } of listEntries(path)) {
      const known = normalText(text)
      if (!texts.has(known)) texts.set(known, place)
    }
  }
  return { pictures, bytes, texts }
}

/** `phash:8f0f3c5a96e1d2b4 val/0001.jpg` */
function partsOf({ text, place }: ListEntry): [kind: string, value: string, name: string] {
  const [, kind = '', value = '', name] = /^(\w+):\s*([0-9a-f]+)(?:\s+(.*))?$/i.exec(text) ?? []
  return [kind.toLowerCase(), value.toLowerCase(), name === undefined ? place : `${place} ${name}`]
}

/** The pictures below a folder in the order of their paths; null where the path is a file, a list. */
async function picturesOf(path: string): Promise<string[] | null> {
  if (!(await statOf(path)).isDirectory()) return null
  const found: string[] = []
  for await (const file of glob('**/*', { cwd: path })) {
    if (/\.(?:avif|gif|jpe?g|png|tiff?|webp)$/i.test(file)) found.push(join(path, file))
  }
  if (found.length === 0) throw inputError(path, 'pictures', 'none')
  return found.sort()
}

async function statOf(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    throw inputError(path, 'a file or folder', error.code ?? error.message)
  })
}

function inputError(path: string, expected: string, got: string): PairloomError {
  const message = `Expected ${expected} at ${path}, got ${got}: an evaluation set is a folder of pictures, or lists`
  return new PairloomError('PL_INPUT', message, { data: { path } })
}
