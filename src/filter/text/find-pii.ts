import { isIPv6 } from 'node:net'
import { isDigit, isWordPart } from './character-kind.ts'
import { findPhone } from './phone-number.ts'
import { ibanLength, isCard, isIban } from './pii-numbers.ts'

export const PII_KINDS = ['email', 'phone', 'card', 'iban', 'ip'] as const
export type PiiKind = (typeof PII_KINDS)[number]

/** A place of a text that holds something personal. */
export interface Pii {
  kind: PiiKind
  start: number
  end: number
}

/** A run of digits. */
export interface Group {
  start: number
  end: number
}

/** Fewer make no number: an IPv4 address has four. */
const MIN_DIGITS = 4
const MAX_LOCAL = 64
const MAX_DOMAIN = 253
const MAX_IPV6 = 45

/**
 * Places of a text that hold an e-mail address, a phone number, a payment card's number, an IBAN or an IP address, from
 * left to right and apart from each other.
 *
 * Time: linear in the length of the text, and 0.1 us where it has no `@`, `:` and few digits.
 */
export function findPii(text: string, kinds: ReadonlySet<PiiKind>): Pii[] {
  const groups: Group[] = []
  let digits = 0
  let colons = 0
  let ats = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 64) continue
    if (code === 64) ats++
    else if (code === 58) colons++
    else if (code >= 48 && code < 58) {
      const start = i
      while (isDigit(text, i + 1)) i++
      digits += i + 1 - start
      groups.push({ start, end: i + 1 })
    }
  }
  const found = [
    ...(ats > 0 && kinds.has('email') ? findEmails(text) : []),
    ...(colons > 1 && kinds.has('ip') ? findIpv6(text) : []),
    ...(digits >= MIN_DIGITS ? findNumbers(text, groups, kinds) : []),
  ]
  return found.length > 1 ? apart(found) : found
}

/** The first of those that overlap, the longer one where two begin at one place. */
function apart(found: Pii[]): Pii[] {
  let free = 0
  return found
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .filter(({ start, end }) => {
      if (start < free) return false
      free = end
      return true
    })
}

function findEmails(text: string): Pii[] {
  const found: Pii[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    while (start > 0 && at - start < MAX_LOCAL && isLocal(text, start - 1)) start--
    while (start < at && ".-'+".includes(text[start]!)) start++
    let end = at + 1
    while (end < text.length && end - at <= MAX_DOMAIN && isDomain(text, end)) end++
    while (end > at && '.-'.includes(text[end - 1]!)) end--
    const domain = text.slice(at + 1, end)
    // icon@2x.png is a picture for a dense screen.
    if (start === at || !/^[^.-][^.]*(?:\.[^.]+)*\.(?:\p{L}{2,}|xn--[a-z0-9-]+)$/u.test(domain)) continue
    if (!/\.(?:png|jpe?g|gif|webp|svg|avif|bmp)$/i.test(domain)) found.push({ kind: 'email', start, end })
  }
  return found
}

function isLocal(text: string, place: number): boolean {
  return isWordPart(text, place) || "._%+-'".includes(text[place]!)
}

function isDomain(text: string, place: number): boolean {
  return isWordPart(text, place) || text[place] === '.' || text[place] === '-'
}

function findIpv6(text: string): Pii[] {
  const found: Pii[] = []
  for (const { 0: address, index: start } of text.matchAll(/[0-9a-f:]*::?[0-9a-f:]*/gi)) {
    const end = start + address.length
    if (
      address.length < 6 ||
      address.length > MAX_IPV6 ||
      isWordPart(text, start - 1) ||
      isWordPart(text, end)
    )
      continue
    if (/\d/.test(address) && isIPv6(address)) found.push({ kind: 'ip', start, end })
  }
  return found
}

function findNumbers(text: string, groups: readonly Group[], kinds: ReadonlySet<PiiKind>): Pii[] {
  const found: Pii[] = []
  let free = 0
  for (let i = 0; i < groups.length; i++) {
    if (groups[i]!.start < free) continue
    const pii =
      (kinds.has('iban') && ibanAt(text, groups[i]!)) ||
      (kinds.has('card') && cardAt(text, groups, i)) ||
      (kinds.has('ip') && ipv4At(text, groups, i)) ||
      (kinds.has('phone') && findPhone(text, groups, i, free))
    if (!pii) continue
    found.push(pii)
    free = pii.end
  }
  return found
}

/** An IBAN whose two check digits begin the group: together, or in fours with spaces between. */
function ibanAt(text: string, { start, end }: Group): Pii | null {
  const length =
    end - start < 2
      ? null
      : ibanLength(
          text
            .slice(start - 2, start + 2)
            .slice(0, 2)
            .toUpperCase(),
        )
  if (length === null || isWordPart(text, start - 3)) return null
  let iban = ''
  let i = start - 2
  for (; i < text.length && iban.length < length; i++) {
    const code = text.charCodeAt(i)
    if (code === 32 || code === 0xa0) continue
    if (code > 127 || !isWordPart(text, i)) return null
    iban += text[i]!.toUpperCase()
  }
  return isIban(iban) && !isWordPart(text, i) ? { kind: 'iban', start: start - 2, end: i } : null
}

/** A card's number that begins with the group: in one, or in groups of three and more with spaces or dashes between. */
function cardAt(text: string, groups: readonly Group[], first: number): Pii | null {
  const { start } = groups[first]!
  if (isWordPart(text, start - 1)) return null
  let digits = ''
  for (let i = first; i < groups.length && digits.length < 19; i++) {
    const group = groups[i]!
    const joint = i === first ? ' ' : text.slice(groups[i - 1]!.end, group.start)
    if (group.end - group.start < 3 || !(joint === ' ' || joint === '-' || joint === '\u00a0')) return null
    digits += text.slice(group.start, Math.min(group.end, group.start + 20))
    if (isCard(digits) && !isWordPart(text, group.end)) return { kind: 'card', start, end: group.end }
  }
  return null
}

function ipv4At(text: string, groups: readonly Group[], first: number): Pii | null {
  const four = groups.slice(first, first + 4)
  if (four.length < 4) return null
  const [start, end] = [four[0]!.start, four[3]!.end]
  if (end - start > 15 || isWordPart(text, start - 1) || isWordPart(text, end)) return null
  if (text[start - 1] === '.' || /^\.\d/.test(text.slice(end, end + 2))) return null
  return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!0\d)|$)){4}$/.test(text.slice(start, end))
    ? { kind: 'ip', start, end }
    : null
}
