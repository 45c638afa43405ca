import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Five designers of emoji art; licences in NOTICE-art.md. */
export const DESIGNERS = ['noto', 'twemoji', 'openmoji', 'fluent-emoji-flat', 'emojione'] as const
export type Designer = (typeof DESIGNERS)[number]

/** One emoji that all five designers have drawn. */
export interface Emoji {
  /** Upper-case code points joined by `-`, as in emojibase. */
  hexcode: string
  /** English slug, used in file names. */
  slug: string
  /** Places in the groups and subgroups of emojibase's messages. */
  group: number
  subgroup: number
  /** Icon name in each set. */
  icons: Record<Designer, string>
}

// Letters and keycaps in boxes: their names are signs, not words.
const SKIPPED_SUBGROUPS = new Set(['alphanum', 'keycap'])
const COMPONENT_GROUP = 2

let emojis: readonly Emoji[] | undefined

/**
 * The emojis that every designer has drawn and whose pictures differ visibly, in emojibase's order.
 *
 * Sequences joined by U+200D (a woman / a man doing the same) are left out: at 64 px they are near duplicates.
 */
export function loadEmojis(): readonly Emoji[] {
  emojis ??= findEmojis()
  return emojis
}

interface IconSet {
  icons: Record<string, { body: string; width?: number; height?: number }>
  aliases?: Record<string, { parent: string }>
  width: number
  height: number
}

const iconSets = new Map<Designer, IconSet>()

/** The drawing of an icon: SVG elements and the view box they are drawn in. */
export function drawing(designer: Designer, icon: string): { body: string; viewBox: string } {
  let set = iconSets.get(designer)
  if (!set) {
    set = readJson<IconSet>(`@iconify-json/${designer}/icons.json`)
    iconSets.set(designer, set)
  }
  const found = set.icons[icon] ?? set.icons[set.aliases?.[icon]?.parent ?? '']
  if (!found) throw new Error(`Expected an icon of ${designer}, got ${JSON.stringify(icon)}`)
  return { body: found.body, viewBox: `0 0 ${found.width ?? set.width} ${found.height ?? set.height}` }
}

export function readJson<T>(specifier: string): T {
  return JSON.parse(readFileSync(require.resolve(specifier), 'utf8')) as T
}

interface EmojiEntry {
  hexcode: string
  label: string
  group?: number
  subgroup?: number
}

function findEmojis(): Emoji[] {
  const entries = readJson<EmojiEntry[]>('emojibase-data/en/data.json')
  const { subgroups } = readJson<{ subgroups: Record<number, string> }>('emojibase-data/meta/groups.json')
  const noto = iconNames('noto')
  const names = {
    noto,
    twemoji: iconNames('twemoji'),
    openmoji: iconNames('openmoji'),
    'fluent-emoji-flat': iconNames('fluent-emoji-flat'),
    // This set has no table of code points; its icons carry the names that noto's have.
    emojione: sameNames(noto, 'emojione'),
  } satisfies Record<Designer, Map<string, string>>

  return entries.flatMap(({ hexcode, label, group, subgroup }) => {
    const skipped =
      group === undefined ||
      subgroup === undefined ||
      group === COMPONENT_GROUP ||
      hexcode.includes('200D') ||
      SKIPPED_SUBGROUPS.has(subgroups[subgroup] ?? '')
    if (skipped) return []
    const key = codePoints(hexcode)
    const [n, t, o, f, e] = DESIGNERS.map((designer) => names[designer].get(key))
    if (!n || !t || !o || !f || !e) return []
    const slug = label
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
    return [
      {
        hexcode,
        slug,
        group,
        subgroup,
        icons: { noto: n, twemoji: t, openmoji: o, 'fluent-emoji-flat': f, emojione: e },
      },
    ]
  })
}

function iconNames(designer: Designer): Map<string, string> {
  const chars = readJson<Record<string, string>>(`@iconify-json/${designer}/chars.json`)
  return new Map(Object.entries(chars).map(([code, name]) => [codePoints(code), name]))
}

function sameNames(names: ReadonlyMap<string, string>, designer: Designer): Map<string, string> {
  const { categories } = readJson<{ categories: Record<string, string[]> }>(
    `@iconify-json/${designer}/metadata.json`,
  )
  const own = new Set(Object.values(categories).flat())
  return new Map([...names].filter(([, name]) => own.has(name)))
}

// Sets disagree on the variation selector: it says "picture, not text" and changes nothing drawn.
function codePoints(hexcode: string): string {
  return hexcode.toLowerCase().replaceAll('-fe0f', '')
}
