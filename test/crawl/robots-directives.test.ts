import { describe, expect, it } from 'vitest'
import { headerDirectives, mergeDirectives, metaDirectives } from '../../src/crawl/robots-directives.ts'

describe('X-Robots-Tag', () => {
  it.each<[string[], string | null, string | null]>([
    // headers, what forbids pictures, what forbids following
    [[], null, null],
    [['all'], null, null],
    [['noindex'], 'noindex', null],
    [['NoAI, NoImageAI'], 'noai', null],
    [['none'], 'none', 'none'],
    [['nofollow'], null, 'nofollow'],
    [['noarchive, nosnippet, noimageindex'], 'noimageindex', null],
    // forms that a split at the first colon takes for a crawler's name
    [['noindex, nofollow, max-snippet:-1'], 'noindex', 'nofollow'],
    [['max-snippet:-1, noai'], 'noai', null],
    [['noai, max-image-preview:large'], 'noai', null],
    [['max-image-preview: large, max-video-preview: -1'], null, null],
    [['unavailable_after: 25 Jun 2030 15:00:00 PST, noai'], 'noai', null],
    [['unavailable_after: Mon, 25 Jun 2030 15:00:00 GMT, noai'], 'noai', null],
    [['unavailable_after: Monday, 25-Jun-30 15:00:00 UTC, noimageai'], 'noimageai', null],
    [['unavailable_after: 2030-06-25T15:00:00Z,noimageai'], 'noimageai', null],
    [['Unavailable_After: 25 Jun 2030 15:00:00 PST'], null, null],
    // one crawler or all
    [['otherbot: noindex, nofollow'], null, null],
    [['pairloom: noai'], 'noai', null],
    [['PairLoom: NOAI'], 'noai', null],
    [['*: noai'], 'noai', null],
    [['otherbot: noindex, pairloom: noai'], 'noai', null],
    [['noai, otherbot: nofollow'], 'noai', null],
    [['otherbot: noindex, max-snippet:-1, noai'], null, null],
    [['otherbot: noindex', 'noai'], 'noai', null],
    [['pairloom: all', 'nofollow'], null, 'nofollow'],
    [['noai: 1'], 'noai', null],
    [['', ' , ,', ':'], null, null],
  ])('%j: pictures %s, links %s', (values, noImages, noFollow) => {
    expect(headerDirectives(values, 'pairloom')).toEqual({ noImages, noFollow })
  })
})

it('reads metas with commas and spaces', () => {
  expect(metaDirectives(['max-snippet:-1,NOINDEX', 'nofollow noai'])).toEqual({
    noImages: 'noindex',
    noFollow: 'nofollow',
  })
  expect(metaDirectives(['index, follow'])).toEqual({ noImages: null, noFollow: null })
})

it('joins places that forbid', () => {
  const a = { noImages: null, noFollow: 'none' }
  const b = { noImages: 'noai', noFollow: 'nofollow' }
  expect(mergeDirectives(a, b)).toEqual({ noImages: 'noai', noFollow: 'none' })
})
