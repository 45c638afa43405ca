import { describe, expect, it } from 'vitest'
import { retryMatcher } from '../../src/crawl/retry-words.ts'

const REASONS = [
  'dns-failed',
  'dns-not-found',
  'timeout-dns',
  'timeout-connect',
  'timeout-body',
  'connect-reset',
  'tls',
  'http-404',
  'http-429',
  'http-500',
  'http-503',
  'host-given-up',
  'robots-unreachable',
  'bad-length',
  'image-truncated',
  'deferred',
]

describe('words of --retry', () => {
  it.each([
    { words: 'dns', names: ['dns-failed', 'dns-not-found', 'timeout-dns'] },
    { words: 'timeout', names: ['timeout-dns', 'timeout-connect', 'timeout-body'] },
    { words: 'connect', names: ['timeout-connect', 'connect-reset'] },
    { words: 'tls', names: ['tls'] },
    { words: '429', names: ['http-429'] },
    { words: 'http-503', names: ['http-503'] },
    { words: '4xx', names: ['http-404', 'http-429'] },
    { words: '5xx', names: ['http-500', 'http-503'] },
    { words: 'given-up', names: ['host-given-up'] },
    { words: 'robots-unreachable', names: ['robots-unreachable'] },
    { words: 'truncated', names: ['bad-length', 'image-truncated'] },
    { words: 'deferred,image-truncated', names: ['image-truncated', 'deferred'] },
  ])('$words: $names', ({ words, names }) => {
    expect(REASONS.filter(retryMatcher(words.split(',')))).toEqual(names)
  })

  it.each(['', 'dsn', 'http-', '6xx', '600', 'constructor'])('%o is refused with the list', (word) => {
    expect(() => retryMatcher(['dns', word])).toThrow(
      expect.objectContaining({
        code: 'PL_USAGE',
        message: expect.stringMatching(
          /^Expected --retry to name some of dns, timeout, .*image-truncated/,
        ) as string,
      }),
    )
  })
})
