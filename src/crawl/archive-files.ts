import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { hash128, NO_START, openGate, runtime, sha256, type SourceStart } from '../core/index.ts'
import { archiveBytes, isUrl } from './archive-bytes.ts'
import { openArchive, type ArchiveClient } from './archive-client.ts'
import { hasCredentials } from './http-redirect.ts'
import { filesDigest, findFiles, inputError, type SourceFile } from './source-files.ts'

/** Files of an archive: how their names end, what they are called, and Common Crawl's list of those of a crawl. */
export interface ArchiveKind {
  ending: RegExp
  name: string
  list: string
  /** Names of a list that are of this kind; default all. */
  listed?: RegExp
}

export const WARC_FILES: ArchiveKind = {
  ending: /\.warc(?:\.gz|\.zst)?$/i,
  name: '.warc',
  list: 'warc.paths.gz',
}
export const WAT_FILES: ArchiveKind = { ending: /\.wat(?:\.gz|\.zst)?$/i, name: '.wat', list: 'wat.paths.gz' }
export const INDEX_FILES: ArchiveKind = {
  ending: /\.parquet$/i,
  name: '.parquet',
  list: 'cc-index-table.paths.gz',
  listed: /^(?!.*\/subset=(?!warc\/))/,
}

/** One file of an archive: a path, as it was found, or a URL. */
export interface ArchivePart extends Record<string, unknown> {
  place: string
  file: SourceFile | null
}

export interface ArchiveOptions {
  files?: string | string[] | undefined
  list?: string | undefined
  crawl?: string | undefined
  base: string
  maxFiles?: number | undefined
  requests: number
}

const MAX_LIST_BYTES = 256 * 2 ** 20

/** A client for what is asked before the first task runs: nothing else asks the archive then, and nobody counts. */
export function openArchiveAtStart(start: SourceStart, { requests }: { requests: number }): ArchiveClient {
  return openArchive({ ...start, gate: openGate(), count: () => undefined, requests })
}

/** Options of the sources that read archives. */
export function archiveOptions(kind: ArchiveKind) {
  const place = z
    .string()
    .min(1)
    .refine((text) => !isUrl(text) || !URL.canParse(text) || !hasCredentials(new URL(text)), {
      error: 'Expected a URL without user and password',
    })
  return {
    files: z
      .union([place, z.array(place).min(1)])
      .optional()
      .describe(
        `files, patterns such as \`part-*.gz\`, http(s) URLs, or folders (with all ${kind.name} files below)`,
      ),
    list: place
      .optional()
      .describe('file or http(s) URL with names of files, one a line, also gzipped; names begin from base'),
    crawl: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/)
      .optional()
      .describe(`a crawl of Common Crawl such as CC-MAIN-2024-22: the list is its ${kind.list}`),
    base: place
      .default('https://data.commoncrawl.org/')
      .describe('http(s) URL or folder that the names of a list and of a crawl begin from'),
    maxFiles: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe('files read at most: a fair sample by the hash of their names, the same each time'),
    requests: runtime(
      z
        .int()
        .min(1)
        .max(1000)
        .default(16)
        .describe(
          'requests at once to an archive over HTTP, over all workers; all pause where it says 429 or 503',
        ),
    ),
  }
}

/** Faults of the options together. */
export function checkArchive({ files, list, crawl }: ArchiveOptions): string[] {
  const given = [files, list, crawl].filter((value) => value !== undefined).length
  return given === 1 ? [] : [`Expected one of files, list and crawl, got ${given} of them`]
}

/** What decides the rows beside the options: files and lists on disk. What is at a URL is taken to stay. */
export async function archiveIdentity(options: ArchiveOptions, kind: ArchiveKind): Promise<unknown> {
  if (options.files === undefined && isUrl(listPlace(options, kind))) return null
  const names = await readNames(options, kind, NO_START)
  const local = await findLocal(names, kind)
  return { names: sha256(names.join('\n')), files: filesDigest(local) }
}

/**
 * The files to read, one a partition, in the order of their names.
 *
 * @throws PairloomError `PL_INPUT` where a list or a file on disk is not there, or no file is named
 */
export async function archiveParts(
  options: ArchiveOptions,
  kind: ArchiveKind,
  start: SourceStart,
): Promise<ArchivePart[]> {
  const names = await readNames(options, kind, start)
  const parts = new Map<string, ArchivePart>()
  for (const place of names.filter(isUrl)) parts.set(place, { place, file: null })
  for (const file of await findLocal(names, kind)) parts.set(file.path, { place: file.path, file })
  const byHash = [...parts.keys()].map((place) => ({ place, hash: hash128(place) }))
  const most = options.maxFiles ?? Infinity
  if (byHash.length > most) byHash.sort((a, b) => (a.hash < b.hash ? -1 : 1)).length = most
  const places = byHash.map(({ place }) => place).sort()
  if (places.length > 0) return places.map((place) => parts.get(place)!)
  throw inputError(
    listPlace(options, kind),
    `Expected names of files in ${listPlace(options, kind)}, got none`,
  )
}

async function findLocal(names: readonly string[], kind: ArchiveKind): Promise<SourceFile[]> {
  const local = names.filter((name) => !isUrl(name))
  return local.length === 0 ? [] : findFiles(local, (name) => kind.ending.test(name))
}

async function readNames(options: ArchiveOptions, kind: ArchiveKind, start: SourceStart): Promise<string[]> {
  if (options.files !== undefined) return [options.files].flat()
  const bytes = await readList(listPlace(options, kind), options, start)
  const lines = bytes
    .toString()
    .split('\n')
    .map((line) => line.trim())
  const isListed = (line: string) => line !== '' && (kind.listed?.test(line) ?? true)
  return lines.filter(isListed).map((line) => fromBase(options.base, line))
}

function listPlace({ list, crawl, base }: ArchiveOptions, kind: ArchiveKind): string {
  return list ?? fromBase(base, `crawl-data/${crawl}/${kind.list}`)
}

/** Where a name of a list or an index lies. */
export function fromBase(base: string, name: string): string {
  if (isUrl(name) || name.startsWith('/')) return name
  return base.endsWith('/') ? base + name : `${base}/${name}`
}

async function readList(place: string, options: ArchiveOptions, start: SourceStart): Promise<Buffer> {
  const archive = openArchiveAtStart(start, options)
  try {
    const parts: Buffer[] = []
    let length = 0
    for await (const part of archiveBytes(place, archive)) {
      parts.push(part)
      length += part.length
      if (length > MAX_LIST_BYTES)
        throw inputError(place, `Expected a list in ${place}, got more than 256 MiB`)
    }
    const bytes = Buffer.concat(parts)
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
    return isPacked ? gunzipSync(bytes, { maxOutputLength: MAX_LIST_BYTES }) : bytes
  } catch (error) {
    if (!(error instanceof Error) || !('errno' in error)) throw error
    throw inputError(place, `Expected a gzipped list in ${place}, got ${error.message}`, error)
  } finally {
    await archive.close()
  }
}
