import { createHash } from 'node:crypto'
import { Parser } from 'htmlparser2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReportData } from '../../src/pipeline/report/data.ts'
import { renderReport } from '../../src/pipeline/report/page.ts'
import { gather, openRuns, picturesPipeline, type Runs } from './harness.ts'

/** Everything that the renderer itself writes. */
const TAGS =
  'html head meta title style body main header footer nav section article figure figcaption div p span small b i a h1 h2 h3 h4 ul li dl dt dd br code bdi details summary img svg g path rect line text table thead tbody tr th td'.split(
    ' ',
  )

let runs: Runs
let data: ReportData
beforeAll(async () => {
  runs = await openRuns()
  data = await gather(await runs.run(picturesPipeline()), { samples: 40 })
})
afterAll(() => runs.remove())

interface Element {
  tag: string
  attributes: Record<string, string>
}

function elementsOf(page: string): { elements: Element[]; text: string } {
  const elements: Element[] = []
  let text = ''
  const parser = new Parser({
    onopentag: (tag, attributes) => elements.push({ tag, attributes }),
    ontext: (part) => (text += part),
  })
  parser.end(page)
  return { elements, text }
}

describe('the page', () => {
  it('holds hostile captions as text: no element, attribute or address of theirs', () => {
    const page = renderReport(data)
    const { elements, text } = elementsOf(page)
    expect(elements.filter((e) => !TAGS.includes(e.tag))).toEqual([])
    for (const { tag, attributes } of elements) {
      expect(Object.keys(attributes).filter((name) => /^on|^style$|^srcdoc$|^action$/i.test(name))).toEqual(
        [],
      )
      if (attributes.src !== undefined)
        expect([tag, attributes.src.slice(0, 23)]).toEqual(['img', 'data:image/webp;base64,'])
      if (attributes.href !== undefined) expect(attributes.href).toMatch(/^#[a-z]+$/)
    }
    for (const shown of [
      '<script>alert("x")</script> a picture',
      '"><img src=x onerror=alert(1)> a picture',
      'status <b>404</b>',
    ]) {
      expect(text).toContain(shown)
    }
    expect(text).toContain('a picture [U+202E]gnp.elpmaxe of something')
    expect(text).toContain('a picture with \ufffd and \ufffd[31m and half \ufffd of one')
  })

  it('lets a browser load nothing but its own style and the pictures in it', () => {
    const { elements } = elementsOf(renderReport(data))
    const policy = elements.find((e) => e.attributes['http-equiv'] === 'Content-Security-Policy')!.attributes
      .content!
    const style = /<style>([\s\S]*?)<\/style>/.exec(renderReport(data))![1]!
    const hash = createHash('sha256').update(style).digest('base64')
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      'img-src data:',
      `style-src 'sha256-${hash}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ])
    expect(style).not.toMatch(/url\(|@import/)
  })

  it('escapes names and options that a pipeline chose', () => {
    const evil = '</title><script>x</script>'
    const changed: ReportData = {
      ...data,
      head: { ...data.head, name: evil, seed: evil, run: evil },
      stages: data.stages.map((s) => ({
        ...s,
        summary: evil,
        options: { [evil]: evil },
        counters: { [evil]: 1 },
      })),
      rules: data.rules.map((r) => ({
        ...r,
        summary: evil,
        reasons: r.reasons.map((x) => ({ ...x, reason: evil })),
      })),
      fetches: data.fetches.map((f) => ({ ...f, top: f.top.map((t) => ({ ...t, site: evil })) })),
    }
    expect(elementsOf(renderReport(changed)).elements.filter((e) => e.tag === 'script')).toEqual([])
  })

  it('is drawn from JSON alone', () => {
    expect(renderReport(JSON.parse(JSON.stringify(data)) as ReportData)).toBe(renderReport(data))
  })
})
