import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CAUSES, causeOf, REASONS_BY_CAUSE, rootReason } from '../../src/crawl/failure-cause.ts'
import { FETCH_REASONS } from '../../src/crawl/fetch-error.ts'

const SRC = join(import.meta.dirname, '../../src')

describe('causes of failures', () => {
  const listed = CAUSES.flatMap((cause) => REASONS_BY_CAUSE[cause])

  it('hold every reason once', () => {
    expect(listed.length).toBe(new Set(listed).size)
  })

  it('hold every reason that a fetch can end with: put a new one into REASONS_BY_CAUSE', async () => {
    const reasons = new Set<string>([
      ...FETCH_REASONS.again,
      ...FETCH_REASONS.final,
      ...(await imageReasons()),
    ])
    for (const reason of await writtenReasons()) reasons.add(reason)
    expect(reasons.size).toBeGreaterThan(25)
    expect([...reasons].filter((reason) => !listed.includes(reason)).sort()).toEqual([])
  })

  it('hold no reason that nobody gives', async () => {
    const given = new Set<string>([
      ...FETCH_REASONS.again,
      ...FETCH_REASONS.final,
      ...(await imageReasons()),
      ...(await writtenReasons()),
    ])
    expect(listed.filter((reason) => !given.has(reason))).toEqual([])
  })

  it.each([
    ['http-403', 'blocked'],
    ['http-429', 'blocked'],
    ['http-451', 'blocked'],
    ['http-404', 'gone'],
    ['http-410', 'gone'],
    ['http-304', 'gone'],
    ['http-204', 'not-an-image'],
    ['http-500', 'other'],
    ['http-530', 'other'],
    ['timeout-dns', 'dns'],
    ['a-reason-of-a-plug-in', 'other'],
  ])('%s is %s', (reason, cause) => {
    expect(causeOf(reason)).toBe(cause)
  })

  it.each([
    ['host-given-up', 'a.test: 10 troubles in a row, the last timeout-connect', 'timeout-connect'],
    ['host-given-up', 'http-404.test: http-429 with Retry-After 90 s', 'http-429'],
    ['host-given-up', 'said in other words', 'host-given-up'],
    ['robots-unreachable', 'http://a.test/robots.txt: status 503', 'http-503'],
    [
      'robots-unreachable',
      'http://a.test/robots.txt: Expected a response from http://a.test/robots.txt, got dns-failed: ESERVFAIL',
      'dns-failed',
    ],
    ['robots-unreachable', null, 'robots-unreachable'],
    ['http-404', 'the last timeout-dns', 'http-404'],
  ])('below %s with %j lies %s', (reason, evidence, root) => {
    expect(rootReason(reason, evidence)).toBe(root)
  })
})

/** The words of the type `ImageReason`, which are there only in the source. */
async function imageReasons(): Promise<string[]> {
  const source = await readFile(join(SRC, 'media/image-error.ts'), 'utf8')
  const [, body] = /IMAGE_REASONS = \[([^]*?)\]|type ImageReason =\n([^]*?)\n\n/.exec(source)!.filter(Boolean)
  const found = [...body!.matchAll(/'([a-z0-9-]+)'/g)].map((match) => match[1]!)
  expect(found).toContain('not-an-image')
  return found
}

/** Reasons that the files of the fetch write out where they give a verdict. */
async function writtenReasons(): Promise<string[]> {
  const names = (await readdir(join(SRC, 'crawl'))).filter((name) =>
    /^(?:fetch-.*|picture-verdict|store-picture|host-health)\.ts$/.test(name),
  )
  const texts = await Promise.all(names.map((name) => readFile(join(SRC, 'crawl', name), 'utf8')))
  return texts.flatMap((text) =>
    [...text.matchAll(/\b(?:(?:fetch|image)Error\(\s*|reason: )'([a-z0-9-]+)'/g)].map((match) => match[1]!),
  )
}
