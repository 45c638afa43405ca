import { PairloomError } from '../core/error.ts'
import { IMAGE_REASONS } from '../media/image-error.ts'
import { FETCH_REASONS } from './fetch-error.ts'

/** Words for several reasons at once, with the pattern of those reasons. */
const GROUPS: Record<string, RegExp> = {
  dns: /^(?:dns-|timeout-dns$)/,
  timeout: /^timeout-/,
  connect: /^(?:connect-|timeout-connect$)/,
  tls: /^(?:tls(?:-|$)|timeout-tls$)/,
  '4xx': /^http-4\d\d$/,
  '5xx': /^http-5\d\d$/,
  truncated: /^(?:bad-length|image-truncated)$/,
  'given-up': /^host-given-up$/,
}

const REASONS: readonly string[] = [
  ...new Set<string>([...FETCH_REASONS.again, ...FETCH_REASONS.final, ...IMAGE_REASONS]),
]

/**
 * Which reasons the words of `run --retry` name: groups such as `dns` and `5xx`, a status as `429` or `http-429`, or
 * reasons as they stand in the rejects.
 *
 * @throws PairloomError `PL_USAGE` with all words that there are
 */
export function retryMatcher(words: readonly string[]): (reason: string) => boolean {
  const patterns: RegExp[] = []
  const exact = new Set<string>()
  for (const word of words) {
    const status = /^(?:http-)?([1-5]\d\d)$/.exec(word)?.[1]
    if (Object.hasOwn(GROUPS, word)) patterns.push(GROUPS[word]!)
    else if (status !== undefined) exact.add(`http-${status}`)
    else if (REASONS.includes(word)) exact.add(word)
    else {
      const known = `${Object.keys(GROUPS).join(', ')}, a status such as 429, or a reason: ${REASONS.join(', ')}`
      throw new PairloomError('PL_USAGE', `Expected --retry to name some of ${known}; got ${word}`, {
        data: { word },
      })
    }
  }
  return (reason) => exact.has(reason) || patterns.some((pattern) => pattern.test(reason))
}
