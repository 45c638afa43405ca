import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { seededRandom, type Random } from '../src/index.ts'

/** A picture of a page that the benchmark wrote. */
export interface TruePicture {
  url: string
  /** `kind: text`, white space collapsed. */
  texts: string[]
}

export interface CorpusPage {
  url: string
  html: Buffer
  /** Null for pages that others wrote. */
  truth: TruePicture[] | null
}

const LOCALES = 'en de fr ru ja zh es pl ko uk'.split(' ')

/** Pages of a folder's .html files, whose truth nobody knows. */
export async function foundPages(folder: string): Promise<CorpusPage[]> {
  const names = (await readdir(folder)).filter((name) => /\.html?$/.test(name)).sort()
  return Promise.all(
    names.map(async (name, i) => ({
      url: `http://site${i % 997}.test/pages/${i}.html`,
      html: await readFile(join(folder, name)),
      truth: null,
    })),
  )
}

/**
 * Pages as shops, blogs and newspapers have them, with their truth: navigation, scripts, styles and words around
 * pictures that are shown plainly, lazily, in several sizes, in figures, in links, by metas and by JSON-LD; and things
 * that only look like pictures. A function of the seed.
 */
export async function writePages(count: number): Promise<CorpusPage[]> {
  const words = await emojiWords()
  return Array.from({ length: count }, (_, i) => {
    const random = seededRandom('bench/pages', String(i))
    const locale = LOCALES[i % LOCALES.length]!
    return writePage(i, random, locale, words[locale]!)
  })
}

async function emojiWords(): Promise<Record<string, string[]>> {
  const require = createRequire(import.meta.url)
  const found: Record<string, string[]> = {}
  for (const locale of LOCALES) {
    const file = await readFile(require.resolve(`emojibase-data/${locale}/data.json`), 'utf8')
    const emoji = JSON.parse(file) as { label: string; tags?: string[] }[]
    found[locale] = emoji.flatMap(({ label, tags = [] }) =>
      [label, ...tags].map((word) => word.replace(/\s+/g, ' ').trim()),
    )
  }
  return found
}

function writePage(number: number, random: Random, locale: string, words: string[]): CorpusPage {
  const site = `site${number % 997}.test`
  const url = `http://${site}/pages/${number}.html`
  const some = (least: number, most: number) =>
    Array.from(
      { length: least + random.below(most - least + 1) },
      () => words[random.below(words.length)]!,
    ).join(' ')
  const truth = new Map<string, Set<string>>()
  let serial = 0
  const image = () => `/media/${number}/${(serial++).toString(36)}-${random.below(1e6).toString(36)}.jpg`
  const say = (path: string, ...texts: string[]) => {
    const key = `http://${site}${path}`
    truth.set(key, new Set([...(truth.get(key) ?? []), ...texts]))
  }
  const text = (escaped: string) =>
    escaped.replace(/[&<>"]/g, (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[c]};`)
  const paragraph = () =>
    `<p class="${some(1, 2).replace(/\W/g, '')} text-body">${text(some(20, 90))}, <a href="/${random.below(9999)}">${text(some(1, 3))}</a> <em>${text(some(1, 2))}</em> ${text(some(10, 60))}.</p>\n`
  const nav = (count: number) =>
    Array.from(
      { length: count },
      () =>
        `<li class="menu-item menu-item-type-post_type level-1"><a class="nav-link" href="/c/${random.below(99999)}?ref=nav&amp;pos=${random.below(99)}" title="${text(some(1, 3))}"><span>${text(some(1, 3))}</span></a></li>\n`,
    ).join('')
  const script = (length: number) =>
    `<script>(function(w,d){${Array.from({ length: length / 40 }, () => `w.x${random.below(9999)}=function(a,b){return a<b&&d[${random.below(999)}]};`).join('')}d.write("<img src='/track.gif?${random.below(1e6)}' alt='no picture'>")})(window,document)</script>\n`

  const title = some(3, 8)
  const heading = some(3, 8)
  const hero = image()
  say(hero, `og:image:alt: ${title} 1`, `og:title: ${title}`, `og:description: ${heading}`)
  const around = `heading: ${heading}`
  const shown: string[] = []
  for (let i = 10 + random.below(25); i > 0; i--) {
    const path = image()
    const alt = some(1, 7)
    const kind = random.below(12)
    switch (kind) {
      case 0:
        say(path, `alt: ${alt}`, around)
        shown.push(
          `<div style="background:url('/x.png')"><img width=300 height=200 src="${path}" alt="${text(alt)}" loading="lazy" class="size-medium"></div>`,
        )
        break
      case 1:
        say(path, `alt: ${alt}`, around)
        shown.push(
          `<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" data-src="${path}" alt='${text(alt).replaceAll("'", '&#39;')}'><noscript><img src="${path}" alt="${text(alt)}"></noscript>`,
        )
        break
      case 2:
        say(path, `alt: ${alt}`, around)
        shown.push(
          `<img src="${path}?w=300" srcset="${path}?w=300 300w, ${path}?w=768 768w, ${path} 1024w, ${path}?w=2048 2048w" sizes="(max-width: 600px) 100vw, 50vw" alt="${text(alt)}">`,
        )
        break
      case 3:
        say(path, `alt: ${alt}`, around)
        shown.push(
          `<picture><source type="image/webp" srcset="${path} 1200w"><source srcset="${path}?o 600w"><img src="${path}?s" alt="${text(alt)}"></picture>`,
        )
        break
      case 4: {
        const caption = some(4, 12)
        say(path, `alt: ${alt}`, `figcaption: ${caption}`, around)
        shown.push(
          `<figure class="wp-block-image"><img decoding="async" src="${path}" alt="${text(alt)}"/><figcaption>${text(caption)}</figcaption></figure>`,
        )
        break
      }
      case 5: {
        const caption = some(4, 12)
        say(path, `figcaption: ${caption}`, around)
        shown.push(
          `<figure><a href="${path}?full"><img src="${path}" alt=""></a><figcaption><strong>${text(caption)}</strong></figcaption></figure>`,
        )
        break
      }
      case 6: {
        const link = some(2, 5)
        say(path, `alt: ${alt}`, `link: ${link}`, around)
        shown.push(
          `<a class="card" href="/p/${random.below(9999)}" data-json='{"a":">"}'><img src="${path}" alt="${text(alt)}"><h4-x>${text(link)}</h4-x></a>`,
        )
        break
      }
      case 7:
        say(path, `alt: ${alt}`, `title: ${alt}!`, around)
        shown.push(`<img alt="${text(alt)}" title="${text(alt)}!" src="//${site}${path}">`)
        break
      case 8:
        shown.push(`<!-- <img src="${path}" alt="${text(alt)}"> -->`)
        break
      default:
        shown.push(`<img src="/icons/${random.below(50)}.svg" alt="" role="presentation">`)
    }
  }
  const product = image()
  say(product, `ld:caption: ${title} 2`)
  const json = {
    '@context': 'https://schema.org',
    '@graph': [
      { '@type': 'ImageObject', contentUrl: product, caption: `${title} 2` },
      { '@type': 'WebPage', name: title },
    ],
  }
  const html = `<!DOCTYPE html>
<html lang="${locale}"><head><meta charset="utf-8"><title>${text(title)}</title>
<meta name="viewport" content="width=device-width"><meta property="og:title" content="${text(title)}"><meta property="og:description" content="${text(heading)}">
<meta property="og:image" content="${hero}"><meta property="og:image:alt" content="${text(title)} 1"><link rel="stylesheet" href="/style.css">
<style>${Array.from({ length: 60 + random.below(120) }, () => `.c${random.below(9999)}>a{color:#${random.below(1e6)};margin:${random.below(50)}px}`).join('\n')}</style>
<script type="application/ld+json">${JSON.stringify(json).replaceAll('<', '\\u003c')}</script>
${script(4000 + random.below(30_000))}</head><body><ul>${nav(30 + random.below(60))}</ul><h1 class="title">${text(heading)}</h1>
${shown.map((one) => `${paragraph()}${one}`).join('\n')}
${script(random.below(20_000))}<footer><ul>${nav(20 + random.below(40))}</ul></footer></body></html>`
  return {
    url,
    html: Buffer.from(html),
    truth: [...truth].map(([key, texts]) => ({ url: key, texts: [...texts] })),
  }
}
