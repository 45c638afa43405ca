import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeReport } from '../../src/pipeline/report/index.ts'
import { chromium } from '../install/chromium.ts'
import { openBrowser, type Browser } from './browser.ts'
import { openRuns, picturesPipeline, type Runs } from './harness.ts'

const { missing, make } = chromium()

describe.skipIf(missing)(`the report in a browser${missing ? ` (${missing})` : ''}`, () => {
  let runs: Runs
  let browser: Browser
  let url: string
  beforeAll(async () => {
    const command = await make()
    runs = await openRuns()
    url = pathToFileURL(await writeReport(await runs.run(picturesPipeline()))).href
    browser = await openBrowser(command)
  }, 600_000)
  afterAll(async () => {
    await browser?.close()
    await runs?.remove()
  })

  it.each([
    { width: 360, scheme: 'light' },
    { width: 390, scheme: 'dark' },
    { width: 768, scheme: 'light' },
    { width: 1280, scheme: 'dark' },
  ] as const)(
    'at $width px in $scheme: asks for nothing, complains of nothing, fits',
    async ({ width, scheme }) => {
      const { page } = browser
      await page.open(url, width, scheme)
      await page.evaluate('document.querySelectorAll("details").forEach((d) => (d.open = true))')
      expect(page.requests()).toEqual([url])
      expect(page.complaints()).toEqual([])
      expect(await page.evaluate('innerWidth')).toBe(width)
      expect(
        await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
      ).toBe(0)
      // Nothing sticks out of the page, but for what scrolls by itself.
      expect(
        await page.evaluate(`[...document.querySelectorAll('main *:not(.scroll *, nav *)')]
        .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((e) => e.outerHTML.slice(0, 200))`),
      ).toEqual([])
    },
  )

  it('runs no script of a caption, and draws its pictures', async () => {
    const { page } = browser
    await page.open(url, 1280, 'light')
    expect(await page.evaluate('document.scripts.length')).toBe(0)
    await page.evaluate('document.querySelectorAll("img").forEach((i) => (i.loading = "eager"))')
    const drawn = await page.evaluate<number[]>(
      'Promise.all([...document.images].map((i) => i.decode().then(() => i.naturalWidth)))',
    )
    expect(drawn.length).toBeGreaterThan(20)
    expect(drawn.every((width) => width > 0)).toBe(true)
  })

  it.each(['light', 'dark'] as const)(
    'can be read in %s: text stands out from what is behind it',
    async (scheme) => {
      await browser.page.open(url, 1280, scheme)
      expect(await browser.page.evaluate(LOW_CONTRAST)).toEqual([])
    },
  )
})

/** Runs in the page: texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3), the faintest ones. */
const LOW_CONTRAST = `(() => {
  const parse = (colour) => [...(colour.match(/[\\d.]+/g) ?? []).map(Number), 1].slice(0, 4)
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  const light = (colour) => parse(colour).slice(0, 3).reduce((sum, v, i) => sum + [0.2126, 0.7152, 0.0722][i] * linear(v / 255), 0)
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor
    return parse(colour)[3] > 0 || !element.parentElement ? colour : behind(element.parentElement)
  }
  return [...document.querySelectorAll('main *:not(svg *)')].flatMap((element) => {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join('')
    const pair = [light(getComputedStyle(element).color), light(behind(element))]
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)
    return text !== '' && ratio < 4.5 ? [{ ratio, text: text.slice(0, 40), class: element.className }] : []
  })
})()`
