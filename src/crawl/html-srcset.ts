/** One URL of a `srcset`, with the width that it has, px, or the density. */
export interface Candidate {
  url: string
  width: number | null
  density: number
}

const MAX_CHARACTERS = 64 * 1024

/** Candidates of a `srcset` (HTML, 4.8.4.2.1); those with broken descriptors are left out, as browsers do. */
export function parseSrcset(srcset: string): Candidate[] {
  const found: Candidate[] = []
  if (srcset.length > MAX_CHARACTERS) return found
  const word = /[\s,]*([^\s]+)/y
  // A comma within brackets is part of a descriptor that nobody knows yet.
  const rest = /(?:\([^)]*\)?|[^,(]+)*,?/y
  for (;;) {
    const match = word.exec(srcset)
    if (match === null) return found
    const url = match[1]!.replace(/,+$/, '')
    let descriptors = ''
    if (url.length === match[1]!.length) {
      rest.lastIndex = word.lastIndex
      descriptors = rest.exec(srcset)![0].replace(/,$/, '')
      word.lastIndex = rest.lastIndex
    }
    const candidate = describe(url, descriptors)
    if (candidate !== null && url !== '') found.push(candidate)
  }
}

function describe(url: string, descriptors: string): Candidate | null {
  let width: number | null = null
  let density = 1
  for (const word of descriptors.split(/\s+/)) {
    if (word === '' || /^\d+h$/.test(word)) continue
    const value = Number(word.slice(0, -1))
    if (/^\d+w$/.test(word) && value > 0) width = value
    else if (/^\d*\.?\d+(?:e[+-]?\d+)?x$/i.test(word) && value > 0) density = value
    else return null
  }
  return { url, width, density }
}

/**
 * The candidate that is just wide enough: the narrowest of at least `targetWidth` px, else the widest. Candidates of no
 * known width are passed over where another has one; among themselves the densest wins, and the first of equals.
 *
 * layoutWidth: px that the page gives the picture, by which a density is a width.
 */
export function bestCandidate(
  candidates: readonly Candidate[],
  targetWidth: number,
  layoutWidth: number | null,
): string | null {
  let best: Candidate | null = null
  let bestWidth: number | null = null
  for (const candidate of candidates) {
    const width = candidate.width ?? (layoutWidth === null ? null : layoutWidth * candidate.density)
    if (best === null || isBetter(width, candidate.density, bestWidth, best.density)) {
      best = candidate
      bestWidth = width
    }
  }
  return best?.url ?? null

  function isBetter(
    width: number | null,
    density: number,
    than: number | null,
    thanDensity: number,
  ): boolean {
    if (width === null || than === null) return width === than ? density > thanDensity : width !== null
    if (width >= targetWidth && than >= targetWidth) return width < than
    return width > than
  }
}
