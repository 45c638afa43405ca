import { expect, it } from 'vitest'
import { CONSENT_REASONS } from '../../src/crawl/consent.ts'
import { isWithheld } from '../../src/pipeline/report/withheld.ts'

it('keeps out of sight what its owner, or a list, does not want used', () => {
  const reasons = [...CONSENT_REASONS, 'blocklisted', 'not-allowlisted']
  expect(reasons.filter((reason) => !isWithheld('crawl/fetch', reason))).toEqual([])
  expect(isWithheld('crawl/consent', 'anything')).toBe(true)
  expect(
    ['http-404', 'hash-mismatch', 'too-many-bytes'].filter((reason) => isWithheld('crawl/fetch', reason)),
  ).toEqual([])
})
