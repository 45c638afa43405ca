/**
 * Where a page's text for a picture was found, best caption first: written for the picture, then for what shows it, then
 * what stands near.
 *
 * alt, title, longdesc: attributes of `<img>` · figcaption: of its `<figure>` · link: text of the link around it ·
 * heading: the last heading before it · og:*: metas of the page's own picture · ld:*: its ImageObject in JSON-LD.
 */
export const TEXT_KINDS = [
  'alt',
  'figcaption',
  'ld:caption',
  'og:image:alt',
  'title',
  'ld:description',
  'ld:name',
  'og:title',
  'og:description',
  'longdesc',
  'link',
  'heading',
] as const

export type TextKind = (typeof TEXT_KINDS)[number]

/** Kinds that a caption is taken from: what only stands near a picture is kept beside it, and makes no row. */
export const CAPTION_KINDS: readonly TextKind[] = TEXT_KINDS.slice(0, TEXT_KINDS.indexOf('longdesc'))
