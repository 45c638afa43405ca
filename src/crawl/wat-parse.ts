import { headerUse } from './consent-page.ts'
import { CREATIVE_COMMONS, isLicenseRel, isWantedMeta, type WatImage, type WatPage } from './wat-page.ts'

type Json = Record<string, unknown>

/**
 * The page of a WAT record by JSON.parse: what `scanWat` gives, for records in any layout.
 *
 * Null where it is of no HTML response. @throws SyntaxError where it is no JSON
 */
export function parseWat(json: string, agent: string): WatPage | null {
  const envelope = objectOf(objectOf(JSON.parse(json)).Envelope)
  const response = objectOf(objectOf(envelope['Payload-Metadata'])['HTTP-Response-Metadata'])
  const html = objectOf(response['HTML-Metadata'])
  if (html === NONE) return null
  const head = objectOf(html.Head)
  const header = (wanted: string) =>
    Object.entries(objectOf(response.Headers)).flatMap(([name, value]) =>
      name.toLowerCase() === wanted ? [value].flat().flatMap((item) => textOf(item) ?? []) : [],
    )
  const page: WatPage = {
    status: textOf(objectOf(response['Response-Message']).Status),
    robotsTags: header('x-robots-tag'),
    use: headerUse(header),
    base: textOf(head.Base),
    metas: [],
    images: [],
    bareImages: 0,
    licenses: [[], []],
  }
  for (const meta of listOf(head.Metas)) {
    const content = textOf(meta.content)
    const names = [meta.name, meta.property, meta['http-equiv']].flatMap(
      (name) => textOf(name)?.trim().toLowerCase() ?? [],
    )
    const name = names.find((known) => isWantedMeta(known, agent))
    if (name !== undefined && content !== null) page.metas.push({ name, content })
  }
  const links = [...listOf(head.Link), ...listOf(html.Links)]
  for (const link of links) {
    const url = textOf(link.url)
    if (url === null) continue
    if (isLicenseRel(textOf(link.rel) ?? '')) page.licenses[0].push(url)
    else if (CREATIVE_COMMONS.test(url)) page.licenses[1].push(url)
  }
  let last: WatImage | null = null
  for (const link of listOf(html.Links)) {
    const url = textOf(link.url)
    if (url === null) continue
    if (link.path === 'IMG@/src') {
      last = { url, alt: textOf(link.alt), title: textOf(link.title), longdesc: null }
      if (last.alt !== null || last.title !== null) page.images.push(last)
      else page.bareImages++
    } else if (link.path === 'IMG@/longdesc' && last !== null) last.longdesc ??= url
  }
  return page
}

const NONE: Json = {}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : NONE
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : []
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
