import { describe, expect, it } from 'vitest'
import { hash128, seededRandom, type Row } from '../../../src/core/index.ts'
import { rareTokens } from '../../../src/filter/index.ts'
import { eachToken } from '../../../src/filter/select/token-hash.ts'
import { linkRow, runGlobal, verdictsOf } from '../global-stage.ts'

const tokensOf = (text: string) => {
  const found: string[] = []
  eachToken(text, (_, start, end) => found.push(text.slice(start, end)))
  return found
}

describe('filter/rare-tokens', () => {
  it('has words and pairs of words for tokens, and equal hashes for equal ones alone', () => {
    expect(tokensOf('a red, red cat')).toEqual(['a', 'red', 'a red', 'red', 'red, red', 'cat', 'red cat'])
    expect(tokensOf(' – ')).toEqual([])
    const hashes = new Map<string, string>()
    const add = (text: string, name = text) => {
      let last = ''
      eachToken(text, (hash) => (last = hash.join()))
      hashes.set(name, last)
    }
    for (let i = 0; i < 20_000; i++) add(`${i.toString(36)}x`)
    for (const text of ['a b', 'b a', 'ab', 'a', 'b', 'aa', 'a a', 'abc d', 'ab cd']) add(text)
    expect(new Set(hashes.values()).size).toBe(hashes.size)
    add('red: cat', 'one')
    add('red cat', 'other')
    expect(hashes.get('one')).toBe(hashes.get('other'))
  })

  const rows = [
    linkRow('a', 'red cat'),
    linkRow('b', 'Red CAT'),
    linkRow('c', 'cat red'),
    linkRow('d', 'cat zebra'),
    linkRow('e', 'cat'),
    linkRow('f', ''),
  ]

  it('drops captions with a token outside the most frequent ones, and tells the rarest', async () => {
    // cat 5, red 3, "red cat" 2, "cat red" 1, zebra 1, "cat zebra" 1
    const result = await runGlobal(rareTokens, rows, { mostFrequent: 3 })
    const said = verdictsOf(result)
    expect(said).toMatchObject({ a: 'kept', b: 'kept', c: 'rare-token cat red (1)', e: 'kept', f: 'kept' })
    expect(said.d).toMatch(/^rare-token (zebra|cat zebra) \(1\)$/)
    expect(result.rejects[0]).toMatchObject({ rule: 'filter/rare-tokens', limit: '>= 2' })
  })

  it.each([
    [{ mostFrequent: 2 }, ['e', 'f']],
    [{ mostFrequent: 1 }, ['e', 'f']],
    [{ mostFrequent: 4 }, ['a', 'b', 'c', 'd', 'e', 'f']], // those as frequent as the fourth stay
    [{}, ['a', 'b', 'c', 'd', 'e', 'f']],
    [{ minCount: 2 }, ['a', 'b', 'e', 'f']],
    [{ minCount: 3 }, ['e', 'f']],
    [{ minCount: 6 }, ['f']],
  ])('%j keeps %j', async (options, expected) => {
    const said = verdictsOf(await runGlobal(rareTokens, rows, options))
    expect(Object.keys(said).filter((name) => said[name] === 'kept')).toEqual(expected)
  })

  it('counts as a count in memory does, whatever the order, the files, the buckets and the passes', async () => {
    const random = seededRandom('rare')
    const word = () => `w${Math.floor(200 * (random.below(1000) / 1000) ** 3)}`
    const many: Row[] = Array.from({ length: 2000 }, (_, i) =>
      linkRow(`r${i}`, Array.from({ length: 1 + random.below(6) }, word).join(' ')),
    )
    // Rows of one uid with other captions are judged each by its own.
    many.push(...['w0', 'once only', 'w0 w0'].map((text) => linkRow('twin', text, { uid: hash128('twin') })))
    const texts = many.map((r) => (r.texts as { text: string }[])[0]!.text)
    const counts = new Map<string, number>()
    for (const token of texts.flatMap(tokensOf)) counts.set(token, (counts.get(token) ?? 0) + 1)
    const expected = texts.filter((text) => tokensOf(text).every((token) => counts.get(token)! >= 3))

    const options = { minCount: 3, partitions: 3 }
    const first = await runGlobal(rareTokens, many, options)
    expect(first.kept.map((r) => (r.texts as { text: string }[])[0]!.text).toSorted()).toEqual(
      expected.toSorted(),
    )
    expect(expected.length).toBeGreaterThan(200)
    expect(first.rejects.length).toBeGreaterThan(200)
    const more = { files: 3, memoryBytes: 1024 * 1024 }
    expect(await runGlobal(rareTokens, random.shuffle(many), options, more)).toEqual(first)
  })

  it('goes through hostile texts', async () => {
    const texts = ['\0\u202e', 'x'.repeat(2 ** 20), 'แมวสีดำ'.repeat(5000), '1'.repeat(2 ** 18)]
    const hostile = texts.map((text, i) => linkRow(`h${i}`, text))
    const { kept, rejects } = await runGlobal(rareTokens, hostile, { minCount: 2 })
    expect([kept.length, rejects.length]).toEqual([2, 2])
  })
})
