/** An ImageObject of schema.org, its texts as they stand. */
export interface ImageObject {
  url: string
  caption: string | null
  name: string | null
  description: string | null
  license: string | null
}

/** Deeper or longer than this is nothing that a person wrote. */
const MAX_DEPTH = 32
const MAX_CHARACTERS = 1024 * 1024

/** The ImageObjects in a JSON-LD script, in its order, or null where it is no JSON. */
export function imageObjects(script: string): ImageObject[] | null {
  if (script.length > MAX_CHARACTERS) return null
  let root: unknown
  try {
    // Pages wrap it in comments that JSON does not have.
    root = JSON.parse(
      script
        .trim()
        .replace(/^(?:<!--|(?:\/\/)?<!\[CDATA\[)/, '')
        .replace(/(?:-->|(?:\/\/)?\]\]>|;)$/, ''),
    )
  } catch {
    return null
  }
  const found: ImageObject[] = []
  walk(root, 0, found)
  return found
}

function walk(value: unknown, depth: number, found: ImageObject[]): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return
  if (Array.isArray(value)) {
    for (const item of value) walk(item, depth + 1, found)
    return
  }
  const node = value as Record<string, unknown>
  if (
    [node['@type']].flat().some((type) => typeof type === 'string' && /(?:^|[/:])ImageObject$/.test(type))
  ) {
    const url = textOf(node.contentUrl) ?? textOf(node.url) ?? textOf(node['@id'])
    if (url !== null) {
      found.push({
        url,
        caption: textOf(node.caption),
        name: textOf(node.name),
        description: textOf(node.description),
        license: textOf(node.license),
      })
    }
  }
  for (const child of Object.values(node)) walk(child, depth + 1, found)
}

/** A text, that of a language-tagged value, or the id of a node. */
function textOf(value: unknown): string | null {
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (typeof first === 'string') return first
  if (typeof first !== 'object' || first === null) return null
  const { '@value': text, '@id': id, url } = first as Record<string, unknown>
  return [text, id, url].find((item) => typeof item === 'string') ?? null
}
