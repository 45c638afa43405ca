import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/index.ts'
import { openMatcher, spaced, type MatchRule } from '../../../src/filter/balance/entry-matcher.ts'

/** The rule as it is told: spaces around marks and at the ends, then a search for each entry. */
function searched(entries: readonly string[], rule: MatchRule, text: string): number[] {
  const padded = ` ${text} `.replace(/[,.;:?!`]/g, ' $& ').replace(/[\t\n\r]/g, ' ')
  return entries.flatMap((entry, i) => (padded.includes(spaced(entry, rule)) ? [i] : []))
}

function found(entries: readonly string[], rule: MatchRule, text: string): string[] {
  return openMatcher(entries, rule)
    .match(text)
    .map((i) => entries[i]!)
}

describe('openMatcher', () => {
  it.each([
    ['A black cat', ['cat', 'black cat', 'black', 'a'], ['black', 'black cat', 'cat']],
    ['cat, dog;bird!', ['cat', 'dog', 'bird', ','], ['cat', ',', 'dog', 'bird']],
    ['concatenate cats', ['cat', 'cats'], ['cats']], // whole words alone
    ['cat\tdog\r\nbird', ['cat', 'dog', 'bird', 'cat dog'], ['cat', 'cat dog', 'dog', 'bird']],
    ['cat  dog', ['cat dog', 'cat', 'dog'], ['cat', 'dog']], // two spaces are not one
    ['St. Louis', ['St. Louis', 'Louis', 'St'], ['St', 'Louis']], // the text gets spaces around the mark, the entry none
    ['cat cat cat', ['cat', 'cat cat'], ['cat', 'cat cat']], // each once
    ['Cat', ['cat'], []], // case counts
    ['東京の夜', ['東京', '夜'], []],
    ['', ['a'], []],
  ])('finds words of %j by the rule of MetaCLIP 1', (text, entries, expected) => {
    expect(found(entries, 'words', text)).toEqual(expected)
  })

  it.each([
    ['東京の夜', ['東京', '夜', '京', 'の夜'], ['東京', '京', 'の夜', '夜']],
    ['แมวสีดำ', ['แมว', 'ดำ'], ['แมว', 'ดำ']],
    ['カメラを買う', ['カメラ', '買う'], ['カメラ', '買う']],
    ['Learn C++now', ['C++', 'now', 'C'], ['C++']],
    ['a cat東', ['cat', '東'], ['東']],
    ['a cat 東', ['cat', '東', 'cat 東'], ['cat', 'cat 東', '東']],
    ['𠮷野家', ['𠮷野', '野家'], ['𠮷野', '野家']],
    ['😀 smile', ['😀', 'smile'], ['😀', 'smile']],
    ['x😀', ['😀'], []],
  ])('finds what is in %j by the rule of MetaCLIP 2', (text, entries, expected) => {
    expect(found(entries, 'scripts', text)).toEqual(expected)
  })

  it.each(['words', 'scripts'] as const)('agrees with a search for each entry: %s', (rule) => {
    const random = seededRandom('matcher', rule)
    const alphabet = 'a a b _ _ . , - 京 東 の แ 😀 é \t'.split(' ').map((c) => (c === '_' ? ' ' : c))
    const text = (most: number) =>
      Array.from({ length: 1 + random.below(most) }, () => random.pick(alphabet)).join('')
    let matches = 0
    for (let list = 0; list < 40; list++) {
      const entries = [
        ...new Set(Array.from({ length: 60 }, () => text(6).replaceAll('\t', ' ').trim())),
      ].filter(Boolean)
      const matcher = openMatcher(entries, rule)
      for (let i = 0; i < 50; i++) {
        const caption = text(30)
        const numbers = matcher.match(caption)
        expect(new Set(numbers).size).toBe(numbers.length)
        expect(numbers.toSorted((a, b) => a - b)).toEqual(searched(entries, rule, caption))
        matches += numbers.length
      }
    }
    expect(matches).toBeGreaterThan(2000)
  })

  it('loses none of many entries', () => {
    const entries = Array.from({ length: 6000 }, (_, i) => `word${i % 80} ${i} end${i % 7}`)
    const matcher = openMatcher(entries, 'words')
    expect(entries.filter((entry, i) => matcher.match(`a ${entry}!`)[0] !== i)).toEqual([])
  })
})
