import type { Random } from '../src/core/random.ts'
import { readJson } from './art.ts'
import type { Emoji } from './art.ts'

/**
 * Sixteen languages the demo pipeline keeps, eight it drops.
 *
 * Languages that short texts confuse (da nb sv, es pt it, ru uk, zh ja) stand on the same side, so that a verdict is
 * a matter of a detector's quality and not of luck.
 */
export const KEPT_LANGUAGES = [
  'da',
  'de',
  'en',
  'es',
  'fr',
  'hi',
  'it',
  'ja',
  'nb',
  'nl',
  'pl',
  'pt',
  'ru',
  'sv',
  'uk',
  'zh',
] as const
export const DROPPED_LANGUAGES = ['bn', 'et', 'fi', 'hu', 'ko', 'lt', 'th', 'vi'] as const

/** What every good text has at least. */
export const TEXT_LIMITS = { minWords: 3, minChars: 6 } as const

interface Names {
  words: Map<string, { label: string; tags: string[] }>
  groups: string[]
  subgroups: string[]
}

const loaded = new Map<string, Names>()
const SEGMENTERS = new Map(
  ['ja', 'th', 'zh'].map((language) => [language, new Intl.Segmenter(language, { granularity: 'word' })]),
)

/** Label and a few tags of the emoji in that language, 3 to about 10 words, as a person would write an alt text. */
export function describe(emoji: Emoji, language: string, random: Random): string {
  const { words, groups, subgroups } = namesIn(language)
  const found = words.get(emoji.hexcode)
  if (!found) throw new Error(`Expected a name of ${emoji.hexcode} in ${language}, got none`)
  const label = found.label
  const tags = random.shuffle(
    found.tags.filter((tag) => /\p{L}{2}|\p{Lo}/u.test(tag) && !contains(label, tag)),
  )
  // Last resort of an emoji with few tags: the names of its kind ("objects", "phone").
  const kinds = [groups[emoji.group] ?? '', subgroups[emoji.subgroup] ?? '']

  const used = tags.splice(0, 1 + random.below(3))
  const style = random.below(4)
  const capital = random.next() < 0.5
  const write = () => join(label, used, style, language)
  while (!isLongEnough(write(), language) && tags.length > 0) used.push(tags.shift() as string)
  while (!isLongEnough(write(), language) && kinds.length > 0) used.push(kinds.shift() as string)
  const text = write()
  return capital ? text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1) : text
}

/** Runs between white space that hold a letter or a digit; where the script writes no spaces, words of ICU's dictionary. */
export function countWords(text: string, language: string): number {
  const segmenter = SEGMENTERS.get(language)
  const runs = segmenter
    ? [...segmenter.segment(text)].filter(({ isWordLike }) => isWordLike)
    : text.split(/\s+/).filter((run) => /[\p{L}\p{N}]/u.test(run))
  return runs.length
}

/** The name of an emoji group ("food & drink"), for titles. */
export function groupName(group: number, language: string): string {
  return namesIn(language).groups[group] ?? language
}

function isLongEnough(text: string, language: string): boolean {
  return countWords(text, language) >= TEXT_LIMITS.minWords && Array.from(text).length >= TEXT_LIMITS.minChars
}

function join(label: string, tags: readonly string[], style: number, language: string): string {
  const comma = language === 'ja' ? '、' : language === 'zh' ? '，' : ', '
  const isWide = comma.trim() === comma
  if (tags.length === 0) return label
  switch (style) {
    case 0:
      return isWide ? `${label}（${tags.join(comma)}）` : `${label} (${tags.join(comma)})`
    case 1:
      return isWide ? `${label}：${tags.join(comma)}` : `${label}: ${tags.join(comma)}`
    case 2:
      return `${label} – ${tags.join(comma)}`
    default:
      return [label, ...tags].join(comma)
  }
}

function contains(label: string, tag: string): boolean {
  return label.toLowerCase().includes(tag.toLowerCase())
}

interface Entry {
  hexcode: string
  label: string
  tags?: string[]
}
interface Messages {
  groups: { order: number; message: string }[]
  subgroups: { order: number; message: string }[]
}

function namesIn(language: string): Names {
  let names = loaded.get(language)
  if (!names) {
    const entries = readJson<Entry[]>(`emojibase-data/${language}/compact.json`)
    const { groups, subgroups } = readJson<Messages>(`emojibase-data/${language}/messages.json`)
    names = {
      words: new Map(entries.map(({ hexcode, label, tags = [] }) => [hexcode, { label, tags }])),
      groups: inOrder(groups),
      subgroups: inOrder(subgroups),
    }
    loaded.set(language, names)
  }
  return names
}

function inOrder(list: readonly { order: number; message: string }[]): string[] {
  const messages: string[] = []
  for (const { order, message } of list) messages[order] = message
  return messages
}
