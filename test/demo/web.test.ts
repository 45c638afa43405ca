import { getDomain } from 'tldts'
import { describe, expect, it } from 'vitest'
import { DESIGNERS } from '../../demo/art.ts'
import { TROUBLE_NAMES } from '../../demo/troubles.ts'
import { truthOf } from '../../demo/truth.ts'
import { planWeb } from '../../demo/web.ts'
import { DROPPED_LANGUAGES, KEPT_LANGUAGES, TEXT_LIMITS, countWords } from '../../demo/words.ts'

const full = planWeb()
const truth = truthOf(full)

describe('demo/web', () => {
  it('gives the same truth for the same seed, another for another', () => {
    const plan = (seed: number) => JSON.stringify(truthOf(planWeb({ seed, pictures: 80 })))
    expect(plan(3)).toBe(plan(3))
    expect(plan(3)).not.toBe(plan(4))
  })

  it('has 12 domains, at least 40 hosts and 4,000 to 5,000 links', () => {
    expect(full.domains.map(({ name }) => name)).toHaveLength(12)
    expect(full.hosts.length).toBeGreaterThanOrEqual(40)
    expect(new Set(full.hosts.map(({ name }) => getDomain(name)))).toEqual(
      new Set(full.domains.map(({ name }) => name)),
    )
    expect(truth.links.length).toBeGreaterThan(4000)
    expect(truth.links.length).toBeLessThan(5000)
  })

  it('writes in 24 languages, shows five designers, and gives one picture several texts', () => {
    expect(new Set(truth.links.map(({ language }) => language))).toEqual(
      new Set([...KEPT_LANGUAGES, ...DROPPED_LANGUAGES]),
    )
    expect(new Set(truth.images.map(({ designer }) => designer))).toEqual(new Set(DESIGNERS))
    const texts = Map.groupBy(truth.links, ({ url }) => url)
    expect([...texts.values()].filter((links) => links.length > 1).length).toBeGreaterThan(500)
  })

  it.each([60, 61, 120, 480, 3200])(
    'plants every trouble in a web of %i pictures, each link once',
    (pictures) => {
      const web = planWeb({ pictures })
      const { links, images } = truthOf(web)
      expect(images).toHaveLength(pictures)
      expect(new Set(images.map(({ url }) => url)).size).toBe(pictures)
      const planted = new Set(links.map(({ trouble }) => trouble).filter((trouble) => trouble !== null))
      expect([...planted].sort()).toEqual([...TROUBLE_NAMES].sort())
      expect(new Set(links.map(({ page, url, text }) => `${page} ${url} ${text}`)).size).toBe(links.length)
      const hosts = new Set(web.hosts.map(({ name }) => name))
      for (const { url, page } of links) {
        expect(url).toBe(new URL(url).href)
        expect(page).toBe(new URL(page).href)
        expect(hosts).toContain(new URL(url).host)
      }
    },
  )

  it('keeps every good text above the limits that the truth names', () => {
    for (const { text, language } of truth.links.filter(({ trouble }) => trouble === null)) {
      expect(Array.from(text).length).toBeGreaterThanOrEqual(TEXT_LIMITS.minChars)
      expect(countWords(text, language), text).toBeGreaterThanOrEqual(TEXT_LIMITS.minWords)
    }
  })

  it('keeps every picture within the size limits but those planted to break them', () => {
    const { minSide, maxRatio } = truth.settings
    const outside = truth.images.filter(({ width, height }) => {
      if (width === null || height === null) return false
      return Math.min(width, height) < minSide || Math.max(width, height) / Math.min(width, height) > maxRatio
    })
    const planted = truth.images.filter(
      ({ trouble }) => trouble === 'too-small' || trouble === 'too-elongated',
    )
    expect(new Set(outside)).toEqual(new Set(planted))
  })

  it('serves every picture on a domain of its designer, copies too', () => {
    const designers = new Map(full.domains.map(({ name, designer }) => [name, designer]))
    for (const { url, designer, expected } of truth.images) {
      const isRefused = ['robots', 'svg-refused', 'too-many-pixels', 'too-many-bytes'].includes(
        expected.reasons[0] ?? '',
      )
      if (expected.verdict !== 'failed' && !isRefused)
        expect(designers.get(getDomain(url) ?? ''), url).toBe(designer)
    }
    const originals = new Map(truth.images.map((image) => [image.url, image]))
    for (const copy of truth.images.filter(({ sameBytesAs }) => sameBytesAs !== undefined)) {
      const original = originals.get(copy.sameBytesAs ?? '')
      expect(original).toMatchObject({ trouble: null, isWanted: true, emoji: copy.emoji })
      expect([copy.width, copy.height, copy.format]).toEqual([
        original?.width,
        original?.height,
        original?.format,
      ])
    }
  })

  it('plants only the troubles asked for', () => {
    const { links } = truthOf(planWeb({ pictures: 40, troubles: ['dead-link', 'file-name'] }))
    expect(new Set(links.map(({ trouble }) => trouble))).toEqual(new Set([null, 'dead-link', 'file-name']))
  })

  it('refuses a web too small for its troubles or too large for the art', () => {
    expect(() => planWeb({ pictures: 30 })).toThrow(
      /Expected at least \d+ pictures for these troubles, got 30/,
    )
    expect(() => planWeb({ pictures: 9999 })).toThrow(/Expected at most 4,?945 pictures/)
  })
})
