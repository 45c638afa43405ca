import { createHash, hash } from 'node:crypto'

/** sha256 as 64 hex digits. Strings are hashed as UTF-8. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex')
}

/** The first 128 bits of sha256, as 32 hex digits: the form of every id. */
export function hash128(data: string | Uint8Array): string {
  return sha256(data).slice(0, 32)
}

/** A seeded hash as a fraction in [0, 1): the same for the same seed and key, on every machine. */
export function hashFraction(seed: string | number, key: string): number {
  const digest = createHash('sha256').update(`${seed}\0${key}`).digest()
  return digest.readUIntBE(0, 6) / 2 ** 48
}

/** The bucket in [0, buckets) that a key belongs to. Independent of any seed. */
export function hashBucket(key: string, buckets: number): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0) % buckets
}

/** JSON with object keys sorted at every level and no white space, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : v,
  )
}

/** sha256 of the canonical JSON of a value. */
export function fingerprint(value: unknown): string {
  return sha256(canonicalJson(value))
}
