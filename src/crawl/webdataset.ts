import { z } from 'zod'
import { isPairloomError } from '../core/error.ts'
import { defineSource, type StageContext } from '../core/stage.ts'
import { imageCodec } from '../media/codec.ts'
import { fileChunks } from '../store/file-chunks.ts'
import { readTar } from '../store/tar.ts'
import { checkKeep, keptColumns } from './source-columns.ts'
import { checkUnchanged, filesDigest, findFiles, pathOption, type SourceFile } from './source-files.ts'
import {
  MAX_TEXT_BYTES,
  PICTURE_COLUMNS,
  PICTURE_OPTIONS,
  storeSamples,
  tooManyBytes,
  type PictureOptions,
  type PictureSample,
} from './source-pictures.ts'
import { pictureColumns } from './store-picture.ts'
import { groupMembers, type Group } from './webdataset-keys.ts'

const NAME = 'crawl/webdataset'

const options = z.strictObject({
  path: pathOption,
  keys: z
    .enum(['first-dot', 'last-dot'])
    .default('first-dot')
    .describe('where the key of a member ends: WebDataset ends it at the first dot of the file name'),
  ...PICTURE_OPTIONS,
})

type WebdatasetOptions = z.infer<typeof options>
type TarPart = SourceFile & Record<string, unknown>

/**
 * Takes the samples of WebDataset tars (pairloom's, img2dataset's, DataComp's): picture, .txt and .json of one key, one
 * after another.
 *
 * A tar is one partition, rows in its order. Rejects: those of `crawl/fetch` for pictures, `bad-json`, `bad-text`,
 * `no-image`, `several-images` (keys with dots: see `keys`), and one `tar-damaged` for what follows the damage.
 * Memory: the members of one key, each of at most `maxBytes`, and `decoders` pictures.
 */
export const webdataset = defineSource({
  name: NAME,
  version: 3,
  summary: 'Take pictures and texts from WebDataset tars',
  options,
  columns: PICTURE_COLUMNS,
  optionColumns: (chosen) => ({ ...keptColumns(chosen.keep), ...pictureColumns(chosen) }),
  check: ({ keep }) => checkKeep(keep),
  whenEmpty: 'that the tars hold pictures with these extensions, and keys',
  async identity(chosen) {
    return { codec: await imageCodec(chosen), digest: filesDigest(await tars(chosen)) }
  },
  writesBytes: true,
  partitions: (chosen) => tars(chosen) as Promise<TarPart[]>,
  async *read(part, context) {
    await checkUnchanged(part as TarPart)
    yield* storeSamples(NAME, readSamples(part as TarPart, context), context)
  },
})

function tars({ path }: WebdatasetOptions): Promise<SourceFile[]> {
  return findFiles(path, (name) => /\.(tar|tgz|tar\.gz|tar\.zst)$/i.test(name))
}

async function* readSamples(
  { path, name }: TarPart,
  { options: chosen, drop }: StageContext<WebdatasetOptions>,
): AsyncGenerator<PictureSample> {
  const members = readTar(fileChunks(path), Math.max(chosen.maxBytes, MAX_TEXT_BYTES))
  const isWanted = (ending: string) => endsIn(ending, ['txt', 'json', ...chosen.extensions])
  try {
    for await (const group of groupMembers(members, chosen.keys, isWanted))
      yield sampleOf(name, group, chosen)
  } catch (error) {
    if (!isPairloomError(error) || (error.code !== 'PL_TAR' && error.code !== 'PL_INPUT')) throw error
    // What was read before the damage is sound; the key that it is in is lost with the rest.
    drop({}, { status: 'failed', rule: NAME, reason: 'tar-damaged', value: `${name}: ${error.message}` })
  }
}

function sampleOf(
  tar: string,
  { key, members }: Group,
  { extensions, maxBytes }: WebdatasetOptions & PictureOptions,
) {
  const pictures = [...members].filter(([ending]) => endsIn(ending, extensions))
  // A picture without further dots is the sample's, whatever else has an ending of pictures (`seg.png`).
  const plain = pictures.filter(([ending]) => extensions.includes(ending))
  const [picture, ...more] = plain.length > 0 ? plain : pictures
  const beside = (ending: string) =>
    members.get(picture?.[0].replace(/[^.]*$/, ending) ?? ending) ?? members.get(ending)
  const text = beside('txt')
  const json = beside('json')
  const place = `${tar}/${key}`
  const sample = {
    name: picture ? `${place}.${picture[0]}` : place,
    text: text?.bytes ?? null,
    json: json?.bytes ?? null,
  }
  const trouble = (reason: string, value: string): PictureSample => {
    return {
      ...sample,
      text: null,
      json: null,
      image: { status: 'failed', reason, value: `${place}: ${value}` },
    }
  }
  if (!picture) return trouble('no-image', [...members.keys()].join(', '))
  if (more.length > 0) return trouble('several-images', pictures.map(([ending]) => ending).join(', '))
  const large = [picture[1], text, json].find((m, i) => m && m.size > (i === 0 ? maxBytes : MAX_TEXT_BYTES))
  if (!large) return { ...sample, image: picture[1].bytes }
  const limit = large === picture[1] ? maxBytes : MAX_TEXT_BYTES
  return { ...sample, text: null, json: null, image: tooManyBytes(large.size, limit) }
}

/** The ending, or the last part of one with dots: `v1.jpg`. */
function endsIn(ending: string, extensions: readonly string[]): boolean {
  return extensions.includes(ending.slice(ending.lastIndexOf('.') + 1))
}
