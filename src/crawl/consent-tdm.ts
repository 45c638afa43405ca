import type { ConsentLevel, Signal } from './consent.ts'
import { matchLength, pattern, upperHex, type Pattern } from './robots-pattern.ts'

/** Longest tdmrep.json that is read; the format has no limit of its own. Bytes. */
export const TDMREP_BYTES = 1024 * 1024

interface TdmRule {
  location: string
  path: Pattern
  reservation: unknown
  policy: string
}

/**
 * Reads a /.well-known/tdmrep.json (TDM Reservation Protocol, W3C Community Group Final Report of 10 May 2024): for a
 * path, what the first rule that matches says.
 *
 * url: of the file, for the evidence. Null where the bytes are no such file.
 */
export function parseTdmRep(
  body: Uint8Array,
  url: string,
): ((path: string, level: ConsentLevel) => Signal | null) | null {
  let json: unknown
  try {
    json = JSON.parse(
      Buffer.from(body)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    )
  } catch {
    return null
  }
  if (!Array.isArray(json)) return null
  const rules = json.flatMap((item: unknown): TdmRule[] => {
    const {
      location,
      'tdm-reservation': reservation,
      'tdm-policy': policy,
    } = Object(item) as Record<string, unknown>
    if (typeof location !== 'string' || reservation === undefined) return []
    return [{ location, path: pattern(comparable(location)), reservation, policy: policyOf(policy) }]
  })
  return (path, level) => {
    const compared = comparable(path)
    const rule = rules.find((it) => matchLength(it.path, compared) >= 0)
    if (!rule) return null
    const { location, reservation, policy } = rule
    return tdmSignal(reservation, `${url} location ${location}`, policy, level)
  }
}

/**
 * What `tdm-reservation` and `tdm-policy` values of headers or metas say.
 *
 * Of several values each can reserve. source: `header`, `meta`.
 */
export function tdmSignals(
  reservations: readonly string[],
  policies: readonly string[],
  source: string,
  level: ConsentLevel,
): (Signal | null)[] {
  return reservations
    .flatMap((value) => value.split(','))
    .map((value) => tdmSignal(value, source, policyOf(policies[0]), level))
}

/** 1 reserves, 0 permits; any other value is as good as none, and reserves at the level strict. */
function tdmSignal(value: unknown, place: string, policy: string, level: ConsentLevel): Signal | null {
  if (level === 'basic') return null
  const text = typeof value === 'string' ? value.trim() : String(value)
  const source = `${place} tdm-reservation: ${text}${text === '1' ? policy : ''}`
  if (text === '1' || text === '0') return { reserves: text === '1', rule: 'tdm-reserved', source }
  return level === 'strict' ? { reserves: true, rule: 'consent-unreadable', source } : null
}

function policyOf(value: unknown): string {
  return typeof value === 'string' && value.trim() !== '' ? `, tdm-policy: ${value.trim()}` : ''
}

/** Encodings of unreserved characters undone, others in upper case. */
function comparable(path: string): string {
  const escaped = path.replace(/[\u0080-\uffff]+/g, (text) => encodeURIComponent(text.toWellFormed()))
  return upperHex(escaped).replace(/%[2-7][0-9A-F]/g, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : octet
  })
}
