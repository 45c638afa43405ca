import { domainToASCII } from 'node:url'
import { parse } from 'tldts'
import { PairloomError } from '../../core/error.ts'
import { canonicalUrl, imageId } from '../../core/row.ts'
import type { Subject } from './tombstones.ts'

/** What a user named, as typed. */
export interface Named {
  domain?: readonly string[]
  url?: readonly string[]
  uid?: readonly string[]
  sha256?: readonly string[]
}

const KINDS = ['domain', 'url', 'uid', 'sha256'] as const
type NamedKind = (typeof KINDS)[number]

/** The lines `<kind> <value>` of a list, as if they had been typed. Empty lines and those that begin with # say nothing. */
export function namedInList(text: string, file: string): Named {
  const named: Record<NamedKind, string[]> = { domain: [], url: [], uid: [], sha256: [] }
  const faults: string[] = []
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [kind, value, ...rest] = trimmed.split(/\s+/)
    if (!KINDS.includes(kind as NamedKind) || value === undefined || rest.length > 0)
      faults.push(`${file}:${i + 1}: expected domain, url, uid or sha256 and one value, got ${cut(trimmed)}`)
    else named[kind as NamedKind].push(value)
  }
  if (faults.length > 0) throw usage(faults)
  return named
}

/**
 * What a takedown is about, checked: domains in lower case ASCII, URLs as their image_id, hex digits in lower case.
 *
 * A uid that is not 32 hex digits may be one that a list brought: `knownUids` is asked, once for all.
 * @throws PairloomError `PL_USAGE` with every fault
 */
export async function subjectsOf(
  named: Named,
  knownUids: (uids: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<Subject[]> {
  const subjects: Subject[] = []
  const faults: string[] = []
  const others = (named.uid ?? [])
    .map((uid) => uid.trim())
    .filter((uid) => uid !== '' && typeof checked('uid', uid) === 'string')
  const known = others.length > 0 ? await knownUids(others) : new Set<string>()
  for (const kind of KINDS) {
    for (const value of named[kind] ?? []) {
      const subject = checked(kind, value.trim())
      if (typeof subject !== 'string') subjects.push(subject)
      else if (kind === 'uid' && known.has(value.trim())) subjects.push({ kind, value: value.trim() })
      else faults.push(subject)
    }
  }
  if (faults.length > 0) throw usage(faults)
  return subjects
}

function checked(kind: NamedKind, value: string): Subject | string {
  if (kind === 'domain') return checkedDomain(value)
  if (kind === 'url') {
    const url = canonicalUrl(value)
    if (url !== null) return { kind: 'image', value: imageId(url) }
    return `--url: expected the http or https URL of a picture, got ${cut(value)}`
  }
  const digits = kind === 'uid' ? 32 : 64
  const hex = value.toLowerCase()
  if (hex.length === digits && /^[0-9a-f]+$/.test(hex)) return { kind, value: hex }
  const other = kind === 'uid' ? ', or a uid that the run has' : ''
  return `--${kind}: expected ${digits} hex digits${other}, got ${cut(value)}`
}

function checkedDomain(value: string): Subject | string {
  const domain = domainToASCII(value.replace(/\.$/, '').toLowerCase())
  const host = URL.parse(`http://${domain}/`)?.hostname
  if (domain === '' || host !== domain || value.includes('*'))
    return `--domain: expected a host name without scheme, port and path, such as example.org, got ${cut(value)}`
  // `com` would take half of the web down, and nobody is its owner.
  const { publicSuffix, isIcann } = parse(domain)
  if (publicSuffix === domain && isIcann === true)
    return `--domain: expected the domain of one owner, got the public suffix ${domain}`
  return { kind: 'domain', value: domain }
}

function usage(faults: readonly string[]): PairloomError {
  return new PairloomError('PL_USAGE', faults.join('\n  '), { data: { faults } })
}

function cut(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
  return JSON.stringify(shown)
}
