import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { seededRandom } from '../src/index.ts'

const LOCALES = ['en', 'de', 'es', 'fr', 'it', 'nl', 'pl', 'pt', 'ru', 'sv', 'uk']
const SYLLABLES =
  'ba be bo ca ce co da de do fa fi ga go ha he ka ki la le lo ma me mi mo na ne no pa pe ra re ri ro sa se so ta te ti to va ve wa zu'.split(
    ' ',
  )
const WORDS = 400_000

export interface BalanceCorpus {
  entries: string[]
  captions: string[]
}

/**
 * Captions and a list of entries like MetaCLIP's: half of it single words, a fifth pairs of words, the rest titles of up to
 * four. Words are those of emoji names first, then made up; how often one comes falls with its rank (Zipf).
 *
 * found: captions from elsewhere, each of which comes in once in a hundred made ones.
 */
export async function balanceCorpus(
  counts: { entries: number; captions: number },
  found: readonly string[],
): Promise<BalanceCorpus> {
  const random = seededRandom('bench/balance')
  const words = await vocabulary()
  const word = () => words[Math.min(words.length - 1, Math.floor(words.length ** random.next()) - 1)]!
  const phrase = (length: number) => Array.from({ length }, word).join(' ')

  const entries = new Set(words.slice(0, Math.floor(counts.entries / 2)))
  while (entries.size < 0.7 * counts.entries) entries.add(phrase(2))
  while (entries.size < counts.entries) {
    const title = phrase(1 + random.below(4))
    entries.add(title[0]!.toUpperCase() + title.slice(1))
  }

  const listed = [...entries]
  const captions = Array.from({ length: counts.captions }, (_, i) => {
    if (found.length > 0 && i % 100 === 0) return found[(i / 100) % found.length]!
    let text = phrase(2 + random.below(14))
    if (random.below(3) === 0) text += `${random.pick([',', ' -', ':', '.'])} ${random.pick(listed)}`
    if (random.below(2) === 0) text = text[0]!.toUpperCase() + text.slice(1)
    return random.below(4) === 0 ? `${text}.` : text
  })
  return { entries: random.shuffle(listed), captions }
}

async function vocabulary(): Promise<string[]> {
  const require = createRequire(import.meta.url)
  const random = seededRandom('bench/balance', 'words')
  const words = new Set<string>()
  for (const locale of LOCALES) {
    const file = await readFile(require.resolve(`emojibase-data/${locale}/data.json`), 'utf8')
    for (const { label, tags = [] } of JSON.parse(file) as { label: string; tags?: string[] }[]) {
      for (const word of [label, ...tags].join(' ').split(/[\s,.;:?!`]+/)) if (word) words.add(word)
    }
  }
  while (words.size < WORDS) {
    words.add(Array.from({ length: 2 + random.below(4) }, () => random.pick(SYLLABLES)).join(''))
  }
  return [...words]
}
