import { describe, expect, it } from 'vitest'
import { formatJudgement, judge } from '../../demo/judge.ts'
import type { Outcome } from '../../demo/judge.ts'
import { TROUBLES } from '../../demo/troubles.ts'
import type { TroubleName } from '../../demo/troubles.ts'
import { truthOf } from '../../demo/truth.ts'
import type { Truth, TruthLink } from '../../demo/truth.ts'
import { planWeb } from '../../demo/web.ts'

const page = 'http://www.a.test/'

function link(name: string, trouble: TroubleName | null, text = `text of ${name}`): TruthLink {
  const expected = trouble === null ? { verdict: 'kept' as const, reasons: [] } : TROUBLES[trouble].expected
  return { page, url: `http://img.a.test/${name}`, text, language: 'en', trouble, expected }
}

function truth(links: TruthLink[], copies: Record<string, string> = {}): Truth {
  const images = links.map(({ url, trouble, expected }) => {
    const original = copies[url.slice(url.lastIndexOf('/') + 1)]
    const sameBytesAs = original === undefined ? {} : { sameBytesAs: `http://img.a.test/${original}` }
    const rest = { emoji: '', designer: '', format: null, width: null, height: null, isWanted: true }
    return { url, trouble, expected, ...rest, ...sameBytesAs }
  })
  const languages = { kept: [], dropped: [] }
  return {
    version: 1,
    seed: 1,
    settings: { languages, minSide: 64, maxRatio: 3, minWords: 2, minChars: 6 },
    links,
    images,
  }
}

function fate({ page, url, text }: TruthLink, verdict: Outcome['verdict'], reason = ''): Outcome {
  return { page, url, text, verdict, reason, stage: 'some/stage' }
}

describe('demo/judge', () => {
  it('counts a perfect run as perfect', () => {
    const whole = truthOf(planWeb({ pictures: 120 }))
    const outcomes = whole.links.flatMap((each) => {
      const { verdict, reasons } = each.expected
      return verdict === 'unseen' ? [] : [fate(each, verdict, reasons[0])]
    })
    const { planted, good, unknown } = judge(whole, outcomes)
    for (const count of Object.values(planted)) {
      expect(count).toEqual({
        planted: count.planted,
        caught: count.planted,
        missed: 0,
        asExpected: count.planted,
      })
    }
    const troubled = Object.values(planted).reduce((sum, count) => sum + count.planted, 0)
    expect([good.pairs + troubled, good.kept, good.lost, unknown]).toEqual([
      whole.links.length,
      good.pairs,
      {},
      0,
    ])
  })

  it.each([
    { name: 'caught for the expected reason', verdict: 'failed', reason: 'http-404', count: [1, 1, 0, 1] },
    { name: 'caught for another reason', verdict: 'dropped', reason: 'too-small', count: [1, 1, 0, 0] },
    { name: 'kept by mistake', verdict: 'kept', reason: '', count: [1, 0, 1, 0] },
    { name: 'never met', verdict: null, reason: '', count: [1, 1, 0, 0] },
  ] as const)('counts a dead link that is $name', ({ verdict, reason, count }) => {
    const dead = link('dead', 'dead-link')
    const { planted } = judge(truth([dead]), verdict === null ? [] : [fate(dead, verdict, reason)])
    const [all, caught, missed, asExpected] = count
    expect(planted).toEqual({ 'dead-link': { planted: all, caught, missed, asExpected } })
  })

  it('misses a harmless trouble that is lost, and page links that should stay unseen', () => {
    const [gif, draft] = [link('gif', 'animated-gif'), link('draft', 'robots-page')]
    const outcomes = [fate(gif, 'failed', 'not-an-image'), fate(draft, 'kept')]
    expect(judge(truth([gif, draft]), outcomes).planted).toEqual({
      'animated-gif': { planted: 1, caught: 0, missed: 1, asExpected: 0 },
      'robots-page': { planted: 1, caught: 0, missed: 1, asExpected: 0 },
    })
    expect(judge(truth([draft]), []).planted['robots-page']).toMatchObject({ caught: 1, asExpected: 1 })
  })

  it('counts good pairs lost by reason, unseen ones too, and links it does not know', () => {
    const links = ['a', 'b', 'c', 'd'].map((name) => link(name, null))
    const [a, b, c] = links as [TruthLink, TruthLink, TruthLink]
    const outcomes = [
      fate(a, 'kept'),
      fate(b, 'dropped', 'wrong-language'),
      fate(c, 'dropped', 'wrong-language'),
      fate(link('e', null), 'kept'),
    ]
    const { good, unknown } = judge(truth(links), outcomes)
    expect(good).toEqual({ pairs: 4, kept: 1, lost: { 'wrong-language': 2, unseen: 1 } })
    expect(unknown).toBe(1)
  })

  it('lets any one of equal pictures survive', () => {
    const [original, copy, other] = [
      link('a', null),
      link('b', 'exact-duplicate'),
      link('c', 'exact-duplicate'),
    ]
    const whole = truth([original, copy, other], { b: 'a', c: 'a' })
    const summaries = [original, copy, other].map((survivor) =>
      judge(
        whole,
        whole.links.map((each) =>
          each === survivor ? fate(each, 'kept') : fate(each, 'dropped', 'duplicate'),
        ),
      ),
    )
    for (const { planted, good } of summaries) {
      expect(planted).toEqual({ 'exact-duplicate': { planted: 2, caught: 2, missed: 0, asExpected: 2 } })
      expect(good).toEqual({ pairs: 1, kept: 1, lost: {} })
    }
    const all = judge(
      whole,
      whole.links.map((each) => fate(each, 'kept')),
    )
    expect(all.planted['exact-duplicate']).toEqual({ planted: 2, caught: 0, missed: 2, asExpected: 0 })
    const none = judge(
      whole,
      whole.links.map((each) => fate(each, 'dropped', 'duplicate')),
    )
    expect(none.good.lost).toEqual({ duplicate: 1 })
  })

  it('matches addresses without fragment and texts with white space collapsed', () => {
    const good = link('a', null, 'dog face, pet')
    const { good: count } = judge(truth([good]), [
      { ...fate(good, 'kept'), url: `${good.url}#view`, text: '\n dog  face,\u00a0pet ' },
    ])
    expect(count.kept).toBe(1)
  })

  it('gives a merged link the fate of its keeper', () => {
    const [first, second] = [link('a', null, 'dog face'), link('a', null, 'Hundegesicht')]
    const outcomes = (verdict: Outcome['verdict'], reason: string) => [
      { ...fate(second, 'dropped', 'merged'), uid: '2', mergedInto: '1' },
      { ...fate(first, verdict, reason), uid: '1' },
    ]
    const whole = truth([first, second])
    expect(judge(whole, outcomes('kept', '')).good).toEqual({ pairs: 2, kept: 2, lost: {} })
    expect(judge(whole, outcomes('failed', 'http-404')).good.lost).toEqual({ 'http-404': 2 })
  })

  it('prints an aligned table', () => {
    const summary = judge(truth([link('a', null), link('b', 'svg'), link('c', 'dead-link')]), [
      fate(link('b', 'svg'), 'failed', 'svg-refused'),
      fate(link('c', 'dead-link'), 'kept'),
    ])
    expect(formatJudgement(summary)).toBe(
      [
        'planted trouble  planted  caught  missed  as expected',
        'dead-link              1       0       1            0',
        'svg                    1       1       0            1',
        'total                  2       1       1            1',
        '',
        'good pairs 1  kept 0  lost 1 (unseen 1)',
        '',
      ].join('\n'),
    )
  })
})
