import { readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { z } from 'zod'
import { defineSource } from '../core/stage.ts'
import { imageCodec } from '../media/codec.ts'
import { checkKeep, keptColumns } from './source-columns.ts'
import { filesDigest, findFiles, inputError, pathOption, type SourceFile } from './source-files.ts'
import {
  MAX_TEXT_BYTES,
  PICTURE_COLUMNS,
  PICTURE_OPTIONS,
  storeSamples,
  tooManyBytes,
  type PictureOptions,
  type PictureSample,
  type Trouble,
} from './source-pictures.ts'
import { pictureColumns } from './store-picture.ts'

const options = z.strictObject({
  path: pathOption,
  ...PICTURE_OPTIONS,
  filesPerPartition: z.int().min(1).max(100_000).default(2000).describe('pictures of a partition at most'),
})

interface FolderPart extends Record<string, unknown> {
  /** The folder that names are below; ends with a slash unless it is the working directory. */
  root: string
  names: string[]
}

/**
 * Takes pictures that are on disk, with their texts from the files beside them, or their names.
 *
 * Beside `cats/1.jpg` are `cats/1.txt` and `cats/1.json`. Rows are in the order of the paths. Rejects: those of
 * `crawl/fetch` for pictures, `bad-json`, `bad-text`, and `unreadable` with the error's code.
 * Memory: the paths of all files while the run is planned; then those of a partition, and `decoders` pictures.
 */
export const folder = defineSource({
  name: 'crawl/folder',
  version: 3,
  summary: 'Take pictures that are on disk, with texts from .txt and .json beside them or from their names',
  options,
  columns: PICTURE_COLUMNS,
  optionColumns: (chosen) => ({ ...keptColumns(chosen.keep), ...pictureColumns(chosen) }),
  check: ({ keep }) => checkKeep(keep),
  whenEmpty: 'path and extensions, and the rejects in the report',
  async identity(chosen) {
    const files = await findFiles(chosen.path, isWanted([...chosen.extensions, 'txt', 'json']))
    picturesOf(files, chosen.extensions)
    return { codec: await imageCodec(chosen), digest: filesDigest(files) }
  },
  writesBytes: true,
  async partitions(chosen): Promise<FolderPart[]> {
    const pictures = picturesOf(await findFiles(chosen.path, isWanted(chosen.extensions)), chosen.extensions)
    const parts: FolderPart[] = []
    for (const { path, name } of pictures) {
      const root = path.slice(0, path.length - name.length)
      const last = parts.at(-1)
      if (last?.root === root && last.names.length < chosen.filesPerPartition) last.names.push(name)
      else parts.push({ root, names: [name] })
    }
    return parts
  },
  async *read(part, context) {
    yield* storeSamples('crawl/folder', readSamples(part as FolderPart, context.options), context)
  },
})

async function* readSamples(
  { root, names }: FolderPart,
  { maxBytes }: PictureOptions,
): AsyncGenerator<PictureSample> {
  for (const name of names) {
    const path = join(root, name)
    const beside = path.slice(0, path.length - extname(path).length)
    const [image, text, json] = await Promise.all([
      readAtMost(path, maxBytes),
      readAtMost(`${beside}.txt`, MAX_TEXT_BYTES),
      readAtMost(`${beside}.json`, MAX_TEXT_BYTES),
    ])
    const wrong = image.wrong ?? text.wrong ?? json.wrong
    yield {
      name,
      image: wrong ?? image.bytes ?? unreadable(path, 'ENOENT'),
      text: text.bytes,
      json: json.bytes,
    }
  }
}

/** A file, null where there is none, or what is wrong with it. */
async function readAtMost(
  path: string,
  maxBytes: number,
): Promise<{ bytes: Buffer | null; wrong?: Trouble }> {
  try {
    const { size } = await stat(path)
    return size > maxBytes
      ? { bytes: null, wrong: tooManyBytes(size, maxBytes) }
      : { bytes: await readFile(path) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? { bytes: null } : { bytes: null, wrong: unreadable(path, code ?? message) }
  }
}

function unreadable(path: string, value: string): Trouble {
  return { status: 'failed', reason: 'unreadable', value: `${basename(path)}: ${value}` }
}

function isWanted(extensions: readonly string[]): (name: string) => boolean {
  return (name) => extensions.includes(extname(name).slice(1).toLowerCase())
}

/** @throws PairloomError `PL_INPUT` where two pictures of different folders have one name below them, so one URL */
function picturesOf(files: readonly SourceFile[], extensions: readonly string[]): SourceFile[] {
  const pictures = files.filter(({ path }) => isWanted(extensions)(path))
  const seen = new Map<string, string>()
  for (const { name, path } of pictures) {
    const twin = seen.get(name)
    if (twin !== undefined)
      throw inputError(path, `Expected one ${name}, got ${twin} and ${path}: name the folder that holds both`)
    seen.set(name, path)
  }
  return pictures
}
