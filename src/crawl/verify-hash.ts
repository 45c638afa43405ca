import { hash } from 'node:crypto'
import { z } from 'zod'
import type { PairloomError } from '../core/error.ts'
import { fetchError } from './fetch-error.ts'

export const verifyHashOption = z
  .enum(['off', 'flag', 'drop'])
  .default('off')
  .describe(
    'compare the bytes with the hash that a list brings (`source_hash`: md5, sha1, sha256 or sha512). flag: the column `hash_matches` says how it went; drop: a picture that changed is dropped as hash-mismatch, seen and expected hash beside it',
  )

/** Hex digits of a digest -> its algorithm. */
const ALGORITHMS: Record<number, string> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' }

/** Whether a text is a digest that can be verified: small hex digits. */
export function isVerifiable(text: string): boolean {
  return text.length in ALGORITHMS && /^[0-9a-f]+$/.test(text)
}

/** What bytes hash to where it differs from the expected digest; null where it does not. expected: `isVerifiable`. */
export function otherHash(body: Uint8Array, expected: string): string | null {
  const seen = hash(ALGORITHMS[expected.length]!, body, 'hex')
  return seen === expected ? null : seen
}

/** A `PL_FETCH` for bytes that are not those of the list: the web has moved on, or somebody made it. */
export function hashMismatch(url: string, seen: string, expected: string): PairloomError {
  return fetchError('hash-mismatch', url, { evidence: seen, limit: expected })
}
