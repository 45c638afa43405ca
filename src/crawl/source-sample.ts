import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { imageId, uid as uidOf, type LinkRow, type Text } from '../core/row.ts'
import type { Verdict } from '../core/stage.ts'
import { keepOption, keptValues, type Keep } from './source-columns.ts'
import { siteOf, webUrl } from './url.ts'

/** A picture that is at hand, and the files beside it. */
export interface Sample {
  /** Where it lies below its root, `/` between folders: `cats/1.jpg`, `00000.tar/1.jpg`. */
  name: string
  text: Buffer | null
  json: Buffer | null
}

export const SAMPLE_OPTIONS = {
  text: z
    .array(z.string().regex(/^(txt|name|folder|json:.+)$/, 'expected txt, json:FIELD, name or folder'))
    .min(1)
    .default(['json:texts', 'txt', 'json:caption', 'json:text'])
    .describe(
      'where texts come from, the caption first, each text once: txt (the .txt beside the picture), json:FIELD (a field of the .json beside it), name or folder (of the picture)',
    ),
  uid: z.string().min(1).default('uid').describe('field of the .json whose ids are kept as they are'),
  keep: keepOption,
} as const

export interface SampleOptions {
  text: string[]
  uid: string
  keep: Keep
}

type Judged = { row: LinkRow; verdict: null } | { row: LinkRow | null; verdict: Omit<Verdict, 'rule'> }

/**
 * The row of a sample.
 *
 * Its URL is the `url` of the JSON where that is one of the web, or of a file as pairloom's own shards have it, else
 * `file:///<name>`, the same wherever the root lies. Texts that these shards have in their JSON are taken over whole.
 */
export function sampleRow(sample: Sample, options: SampleOptions, count: (name: string) => void): Judged {
  const { name } = sample
  const json = parsed(sample.json)
  if (json === null) {
    const value = `${name}: its .json is ${isUtf8(sample.json!) ? 'no JSON object' : 'not UTF-8'}`
    return { row: null, verdict: { status: 'failed', reason: 'bad-json', value } }
  }
  if (sample.text && !isUtf8(sample.text)) {
    const value = `${name}: its .txt is not UTF-8`
    return { row: null, verdict: { status: 'failed', reason: 'bad-text', value } }
  }
  const given = typeof json.url === 'string' ? json.url : ''
  const web = webUrl(given).url
  const url = web ?? (given.startsWith('file:///') ? URL.parse(given)?.href : null) ?? fileUrl(name)
  const texts = textsOf(sample, json, options.text)
  const at = texts.findIndex(({ text }) => text === json.caption)
  const uid = idOf(json[options.uid])
  const row: LinkRow = {
    uid: uid || uidOf(url, texts[0]?.text ?? ''),
    image_id: imageId(url),
    url,
    site: web === null ? 'localhost' : siteOf(web),
    texts,
    // In pairloom's own shards the caption may be any of the texts.
    caption: isTextList(json.texts) && at > 0 ? at : 0,
    merged_uids: [json.merged_uids ?? []].flat().filter((id) => typeof id === 'string'),
    ...keptValues(options.keep, json, count),
  }
  return { row, verdict: null }
}

/** RFC 8089, without an authority: paths of other machines mean nothing. */
export function fileUrl(name: string): string {
  return new URL(`file:///${name.split('/').map(encodeURIComponent).join('/')}`).href
}

function parsed(json: Buffer | null): Record<string, unknown> | null {
  if (json === null) return {}
  if (!isUtf8(json)) return null
  try {
    const value: unknown = JSON.parse(json.toString('utf8'))
    return typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown> | null)
      : null
  } catch {
    return null // The verdict says so.
  }
}

function textsOf({ name, text }: Sample, json: Record<string, unknown>, sources: readonly string[]): Text[] {
  const texts = sources.flatMap((source): Text[] => {
    if (source === 'txt')
      return textList(
        'txt',
        text
          ?.toString('utf8')
          .replace(/^\uFEFF/, '')
          .trimEnd(),
      )
    if (source === 'name')
      return textList('name', words(name.slice(name.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')))
    if (source === 'folder') return textList('folder', words(name.split('/').at(-2) ?? ''))
    const field = source.slice('json:'.length)
    return textList(field, json[field])
  })
  const first = new Map(texts.toReversed().map((item) => [item.text, item]))
  return texts.filter((item) => first.get(item.text) === item)
}

function textList(kind: string, value: unknown): Text[] {
  if (isTextList(value)) return value.map(ownText)
  return [value].flat().flatMap((item) => {
    const text = typeof item === 'string' ? item.toWellFormed() : ''
    return text.trim() === '' ? [] : [{ kind, text, language: null, score: null, page: null }]
  })
}

function isTextList(value: unknown): value is Partial<Text>[] {
  const isText = (item: unknown) => typeof (item as Text | null)?.text === 'string'
  return Array.isArray(value) && value.length > 0 && value.every(isText)
}

function ownText({ kind, text, language, score, page }: Partial<Text>): Text {
  const string = (value: unknown) => (typeof value === 'string' ? value.toWellFormed() : null)
  return {
    kind: string(kind) ?? 'texts',
    text: text!.toWellFormed(),
    language: string(language),
    score: typeof score === 'number' ? score : null,
    page: string(page),
  }
}

/** `red_fox-2` -> `red fox 2`. */
function words(name: string): string {
  return name.replace(/[_-]+/g, ' ').trim()
}

function idOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim().toWellFormed() : ''
}
