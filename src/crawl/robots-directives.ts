/** What X-Robots-Tag headers and robots metas ask of a crawler: the first directive found that says so, or null. */
export interface Directives {
  /** Pictures are not to be taken. */
  noImages: string | null
  /** Links are not to be followed. */
  noFollow: string | null
}

const NO_IMAGES = new Set(['noindex', 'none', 'noimageindex', 'noai', 'noimageai'])
const NO_FOLLOW = new Set(['nofollow', 'none'])

/** Directives that carry a value after a colon; before any other colon stands the name of a crawler. */
const WITH_VALUE = /^(?:unavailable_after|max-[a-z-]+)$/

/**
 * Reads X-Robots-Tag headers, one value per header line.
 *
 * Forms, all without regard to case: `noai, noimageai`; `max-snippet:-1, noai`; `unavailable_after: 25 Jun 2030
 * 15:00:00 PST, noai`; `otherbot: noindex, nofollow` speaks to one crawler, up to the next name or the line's end.
 * agent: our product token.
 */
export function headerDirectives(values: readonly string[], agent: string): Directives {
  const found: string[] = []
  for (const value of values) {
    let isOurs = true
    for (const item of value.toLowerCase().split(',')) {
      const colon = item.indexOf(':')
      const name = colon < 0 ? '' : item.slice(0, colon).trim()
      if (WITH_VALUE.test(name)) continue
      // A date's own commas and colons (`Mon, 25 Jun 2030 15:00:00 GMT`) name nobody.
      const isName = name !== '' && !/\s|^\d{1,4}-/.test(name) && !NO_IMAGES.has(name) && !NO_FOLLOW.has(name)
      if (isName) isOurs = name === '*' || name === 'robots' || name === agent.toLowerCase()
      if (isOurs) found.push((isName ? item.slice(colon + 1) : name || item).trim())
    }
  }
  return directives(found)
}

/** Reads the content of `<meta name=robots>`: directives separated by commas, in practice by spaces too. */
export function metaDirectives(contents: readonly string[]): Directives {
  return directives(contents.flatMap((content) => content.toLowerCase().split(/[\s,]+/)))
}

/** Directives of several places together: each of them can only forbid. */
export function mergeDirectives(a: Directives, b: Directives): Directives {
  return { noImages: a.noImages ?? b.noImages, noFollow: a.noFollow ?? b.noFollow }
}

function directives(words: readonly string[]): Directives {
  return {
    noImages: words.find((word) => NO_IMAGES.has(word)) ?? null,
    noFollow: words.find((word) => NO_FOLLOW.has(word)) ?? null,
  }
}
