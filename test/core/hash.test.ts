import { describe, expect, it } from 'vitest'
import {
  canonicalJson,
  canonicalUrl,
  fingerprint,
  hash128,
  hashBucket,
  hashFraction,
  imageId,
  seededRandom,
  sha256,
  uid,
} from '../../src/core/index.ts'

// Expected values: goldens.py, which computes them from the definitions.
const URL_TEXT = 'https://example.org/a%20b.jpg?x=1'

describe('hashes', () => {
  it('is sha256 of UTF-8 (FIPS 180-4, "abc")', () => {
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(sha256(new Uint8Array([97, 98, 99]))).toBe(sha256('abc'))
    expect(hash128('ü')).toBe('607474ca475a9724d7360aba71a56d5d')
  })

  it.each([
    { seed: '0', key: 'a', fraction: 0.3715000620239586 },
    { seed: 7, key: 'ü', fraction: 0.2479179973732215 },
    { seed: '0', key: '', fraction: 0.8943794394498035 },
  ])('hashFraction($seed, $key) is $fraction', ({ seed, key, fraction }) => {
    expect(hashFraction(seed, key)).toBe(fraction)
  })

  it.each([
    { key: 'example.org', buckets: 16, bucket: 4 },
    { key: 'a', buckets: 7, bucket: 2 },
    { key: '', buckets: 1000, bucket: 610 },
    { key: 'anything', buckets: 1, bucket: 0 },
  ])('hashBucket($key, $buckets) is $bucket', ({ key, buckets, bucket }) => {
    expect(hashBucket(key, buckets)).toBe(bucket)
  })
})

describe('ids', () => {
  it('image_id is of the URL alone, uid of URL and first text', () => {
    expect(imageId(URL_TEXT)).toBe('33527d1af5e3eabe0bf62226a58558d1')
    expect(uid(URL_TEXT, 'Cafe\u0301 🐈')).toBe('6b0aac69c319448a8edc99793e70f13c')
    expect(uid(URL_TEXT, '')).toBe('879a09517a04b03db53f5b3f0b48fc77')
  })

  it('a uid does not depend on how a letter is composed', () => {
    expect(uid(URL_TEXT, 'Café 🐈')).toBe(uid(URL_TEXT, 'Cafe\u0301 🐈'))
  })

  it('URL and text cannot run into each other', () => {
    expect(uid('http://a/b', 'c')).not.toBe(uid('http://a/', 'bc'))
  })

  it.each([
    ['HTTP://Example.ORG:80/a b.jpg#part', 'http://example.org/a%20b.jpg'],
    ['  https://x.test  ', 'https://x.test/'],
    ['https://x.test/?q#', 'https://x.test/?q'],
    ['https://münchen.test/ä', 'https://xn--mnchen-3ya.test/%C3%A4'],
    ['/only/a/path', null],
    ['ftp://x.test/a', null],
    ['data:image/png;base64,AA', null],
    ['javascript:alert(1)', null],
    ['http://', null],
    ['', null],
  ])('canonicalUrl(%j) is %j', (href, url) => {
    expect(canonicalUrl(href)).toBe(url)
  })

  it('resolves a path against its page', () => {
    expect(canonicalUrl('../c.jpg#x', 'http://x.test/a/b/')).toBe('http://x.test/a/c.jpg')
  })
})

describe('canonicalJson', () => {
  it('sorts keys at every level and leaves no white space', () => {
    const value = { b: [1, { z: null, a: 'é' }], a: true }
    expect(canonicalJson(value)).toBe('{"a":true,"b":[1,{"a":"é","z":null}]}')
    expect(fingerprint(value)).toBe('705eea6252adf46d7847ea05674819ad772c89017c0e8f25058ce0b000078259')
  })

  it.each([
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [
      { 10: 'x', 9: 'y', a: 1 },
      { a: 1, 9: 'y', 10: 'x' },
    ],
    [{ a: undefined, b: 1 }, { b: 1 }],
    [{ a: [{ y: 1, x: 2 }] }, { a: [{ x: 2, y: 1 }] }],
  ])('%j and %j are equal', (a, b) => {
    expect(canonicalJson(a)).toBe(canonicalJson(b))
  })

  it.each([
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: '1' }, { a: 1 }],
    [{ a: null }, {}],
    [{ a: { b: 1 } }, { 'a.b': 1 }],
    [['a', 'b'], ['a,b']],
  ])('%j and %j differ', (a, b) => {
    expect(canonicalJson(a)).not.toBe(canonicalJson(b))
    expect(fingerprint(a)).not.toBe(fingerprint(b))
  })

  it('keeps a key called __proto__', () => {
    const value = JSON.parse('{"__proto__": {"a": 1}, "b": 2}') as unknown
    expect(canonicalJson(value)).toBe('{"__proto__":{"a":1},"b":2}')
  })
})

describe('seededRandom', () => {
  it.each([
    { seed: '0', key: '', words: [3724660363, 2033257141, 15273154, 1433283780, 2703930876] },
    { seed: 42, key: 'shuffle', words: [3004109135, 916194064, 2567112264, 2912924635, 2163888642] },
  ])('gives the numbers of sfc32 for ($seed, $key)', ({ seed, key, words }) => {
    const random = seededRandom(seed, key)
    expect(words.map(() => random.next() * 2 ** 32)).toEqual(words)
  })

  it.each([
    { seed: '0', key: '', order: [1, 9, 5, 7, 6, 3, 2, 0, 4, 8] },
    { seed: 42, key: 'shuffle', order: [5, 0, 2, 9, 8, 3, 7, 4, 1, 6] },
  ])('shuffles a copy for ($seed, $key)', ({ seed, key, order }) => {
    const items = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    expect(seededRandom(seed, key).shuffle(items)).toEqual(order)
    expect(items).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('stays within its limits and reaches all of them', () => {
    const random = seededRandom('limits')
    const seen = new Set(Array.from({ length: 200 }, () => random.below(5)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4])
    expect(random.below(1)).toBe(0)
    expect(random.pick(['only'])).toBe('only')
    expect(random.shuffle([])).toEqual([])
  })
})
