import { createHash } from 'node:crypto'
import { z } from 'zod'
import { sha256 } from '../core/hash.ts'
import { canonicalUrl } from '../core/row.ts'
import { hashIndex, MAX_PDQ_DISTANCE } from '../media/hash-index.ts'
import { fileChunks } from '../store/file-chunks.ts'
import { KeySet } from './key-set.ts'
import { inputError } from './source-files.ts'

const paths = (doc: string) => z.array(z.string().min(1)).default([]).describe(doc)

const LINES = 'a line: a domain (its sub-domains too), a URL, `sha256:` and 64 hex digits'

/** Options of stages that obey lists; they are files, plain or `.gz` or `.zst`. */
export const LIST_OPTIONS = {
  block: paths(
    `files of what is not taken, one entry ${LINES} of the bytes as they come, or \`pdq:\` and 64 hex digits of the picture; \`#\` begins a comment`,
  ),
  allow: paths(
    `files of what alone is taken, one entry ${LINES}; entries of domains and URLs bind URLs, those of hashes bytes`,
  ),
  pdqDistance: z
    .int()
    .min(0)
    .max(MAX_PDQ_DISTANCE)
    .default(MAX_PDQ_DISTANCE)
    .describe('bits by which a PDQ hash may differ from a blocked one and still be taken for it'),
} as const

export type ListOptions = z.infer<z.ZodObject<typeof LIST_OPTIONS>>

/** Why lists forbid something. */
export interface Refusal {
  reason: 'blocklisted' | 'not-allowlisted'
  /** The entry, or what was in no list. */
  evidence: string
}

export interface BlockLists {
  /** Before a URL is asked for. url: a WHATWG href. */
  ofUrl(url: string): Refusal | null
  /** Before bytes are stored. sha256: of the bytes as they came. */
  ofHash(sha256: string): Refusal | null
  /** Whether PDQ hashes are asked for. */
  needsPdq: boolean
  ofPdq(hash: string): Refusal | null
}

let last: { key: string; lists: Promise<BlockLists> } | null = null

/**
 * The lists of a stage, read once a process for all of its tasks.
 *
 * Memory: 8 bytes a domain, URL or sha256, 160 bytes a PDQ hash.
 * @throws PairloomError `PL_INPUT` where a file cannot be read, or a line is none of the entries
 */
export async function openBlockLists(options: ListOptions): Promise<BlockLists> {
  const key = `${await listsDigest(options)} ${options.pdqDistance}`
  if (last?.key === key) return last.lists
  const read = { key, lists: readBlockLists(options) }
  last = read
  try {
    return await read.lists
  } catch (error) {
    // What could not be read now may be read for the next task.
    if (last === read) last = null
    throw error
  }
}

async function readBlockLists({ block, allow, pdqDistance }: ListOptions): Promise<BlockLists> {
  const blocked = await readList(block, true)
  const allowed = await readList(allow, false)
  const findPdq = blocked.pdq.length === 0 ? null : hashIndex(blocked.pdq, pdqDistance)
  return {
    ofUrl(url) {
      const place = blocked.place(url)
      if (place !== null) return { reason: 'blocklisted', evidence: place }
      if (!allowed.bindsUrls || allowed.place(url) !== null) return null
      return { reason: 'not-allowlisted', evidence: url }
    },
    ofHash(hash) {
      if (blocked.hashes.has(hash)) return { reason: 'blocklisted', evidence: `sha256:${hash}` }
      if (allowed.hashes.size === 0 || allowed.hashes.has(hash)) return null
      return { reason: 'not-allowlisted', evidence: `sha256:${hash}` }
    },
    needsPdq: findPdq !== null,
    ofPdq(hash) {
      const found = findPdq?.(hash)[0]
      return found === undefined
        ? null
        : { reason: 'blocklisted', evidence: `pdq:${blocked.pdq[found]!}, seen ${hash}` }
    },
  }
}

/** Digest of the lists' bytes, for the fingerprint; null without lists. */
export async function listsDigest({
  block,
  allow,
}: Pick<ListOptions, 'block' | 'allow'>): Promise<string | null> {
  if (block.length + allow.length === 0) return null
  const digests: string[] = []
  for (const path of [...block, '', ...allow]) digests.push(path === '' ? '' : await fileDigest(path))
  return sha256(digests.join('\n'))
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of fileChunks(path)) hash.update(chunk)
  return hash.digest('hex')
}

async function readList(files: readonly string[], isBlock: boolean) {
  const domains = new KeySet()
  const urls = new KeySet()
  const hashes = new KeySet()
  const pdq: string[] = []
  for (const path of files) {
    for await (const { text, place } of entries(path)) {
      const hash = /^(sha256|pdq):\s*([0-9a-f]{64})$/i.exec(text)
      const url = /^https?:\/\//i.test(text) ? canonicalUrl(text) : null
      const domain = hash || url ? null : domainOf(text)
      if (hash?.[1]!.toLowerCase() === 'sha256') hashes.add(hash[2]!.toLowerCase())
      else if (hash && isBlock) pdq.push(hash[2]!.toLowerCase())
      else if (url !== null) urls.add(sha256(url))
      else if (domain !== null) domains.add(sha256(domain))
      else
        throw inputError(
          path,
          `Expected a domain, a URL, sha256:<64 hex digits>${isBlock ? ' or pdq:<64 hex digits>' : ''} at ${place}, got ${text.slice(0, 100)}`,
        )
    }
  }

  /** The entry that a URL falls under. */
  function place(href: string): string | null {
    const url = canonicalUrl(href)
    if (url === null) return null
    if (urls.size > 0 && urls.has(sha256(url))) return url
    if (domains.size === 0) return null
    let host = new URL(url).hostname.replace(/\.$/, '')
    for (;;) {
      if (domains.has(sha256(host))) return host
      const dot = host.indexOf('.')
      if (dot < 0) return null
      host = host.slice(dot + 1)
    }
  }
  return { place, bindsUrls: domains.size + urls.size > 0, hashes, pdq }
}

/** Lines without comments and blanks, each with its file and number. */
async function* entries(path: string): AsyncGenerator<{ text: string; place: string }> {
  const decoder = new TextDecoder()
  let rest = ''
  let number = 0
  function* lines(text: string, isLast: boolean) {
    const found = (rest + text).split('\n')
    rest = isLast ? '' : found.pop()!
    for (const raw of found) {
      number++
      const line = raw.replace(/(?:^|\s)#.*$/s, '').trim()
      if (line !== '') yield { text: line, place: `${path}:${number}` }
    }
  }
  for await (const chunk of fileChunks(path)) yield* lines(decoder.decode(chunk, { stream: true }), false)
  yield* lines(decoder.decode(), true)
}

/** A host name as a URL has it, or null. */
function domainOf(text: string): string | null {
  const name = text.replace(/^\*?\./, '').replace(/\.$/, '')
  if (!/^[^\s/:@?#\\[\]]+$/.test(name)) return null
  return URL.parse(`http://${name}/`)?.hostname ?? null
}
