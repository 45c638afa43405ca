import { createHmac } from 'node:crypto'
import type { Row } from './column.ts'
import { canonicalUrl, imageId } from './row.ts'
import type { Verdict } from './stage.ts'

/** What a tombstone names. `image` is an image_id, and so stands for a URL; `domain` covers its sub-domains. */
export type TombstoneKind = 'domain' | 'image' | 'uid' | 'sha256'

/** Something that is to be used no more. Only its digest is kept: who takes a name down does not want it listed. */
export interface Tombstone {
  kind: TombstoneKind
  /** `tombstoneDigest` of the domain, image_id, uid or sha256. */
  digest: string
}

/** Tombstones, and the key that their digests were made with: 64 hex digits, random, one for a run folder. */
export interface TombstoneGroup {
  key: string
  tombstones: readonly Tombstone[]
}

/** HMAC-SHA256 with the key of `<kind> 0x00 <value>`, 64 hex digits. */
export function tombstoneDigest(key: string, kind: TombstoneKind, value: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(`${kind}\0${value}`).digest('hex')
}

/** Says of rows whether they are taken down. */
export interface Takedowns {
  /** Number of tombstones. */
  readonly size: number
  /**
   * A row is covered by its uid or one merged into it, its image, its sha256, or its URL's host or a domain above it.
   * Columns that are not there are not looked at.
   */
  covers(row: Row): boolean
}

/** The verdict of a row that is taken down. Its evidence is the tombstone, so it has none of its own. */
export const TAKEN_DOWN = {
  status: 'dropped',
  rule: 'takedown',
  reason: 'taken-down',
  value: null,
  limit: null,
} as const satisfies Verdict

/** Hosts whose answer is remembered: rows of one host come together. */
const MAX_HOSTS = 10_000

export function openTakedowns(groups: readonly TombstoneGroup[]): Takedowns {
  const sets = groups.map(({ key, tombstones }) => {
    const byKind = new Map<TombstoneKind, Set<string>>()
    for (const { kind, digest } of tombstones) byKind.set(kind, (byKind.get(kind) ?? new Set()).add(digest))
    return { key, byKind }
  })
  const hosts = new Map<string, boolean>()

  function has(kind: TombstoneKind, value: unknown): boolean {
    if (typeof value !== 'string') return false
    return sets.some(({ key, byKind }) => byKind.get(kind)?.has(tombstoneDigest(key, kind, value)) === true)
  }
  function hasHost(url: string): boolean {
    const host = URL.parse(url)?.hostname.replace(/\.$/, '') ?? ''
    const known = hosts.get(host)
    if (known !== undefined) return known
    const labels = host.split('.')
    const found = labels.some((_, i) => has('domain', labels.slice(i).join('.')))
    if (hosts.size >= MAX_HOSTS) hosts.clear()
    hosts.set(host, found)
    return found
  }
  const size = groups.reduce((sum, { tombstones }) => sum + tombstones.length, 0)
  return {
    size,
    covers({ uid, merged_uids, image_id, sha256, url }) {
      if (size === 0) return false
      const uids = Array.isArray(merged_uids) ? [uid, ...(merged_uids as unknown[])] : [uid]
      if (uids.some((value) => has('uid', value)) || has('image', image_id) || has('sha256', sha256))
        return true
      if (typeof url !== 'string') return false
      return hasHost(url) || (image_id === undefined && has('image', imageOf(url)))
    },
  }
}

/** Takedowns of nothing. */
export const NO_TAKEDOWNS: Takedowns = openTakedowns([])

function imageOf(url: string): string | null {
  const canonical = canonicalUrl(url)
  return canonical === null ? null : imageId(canonical)
}
