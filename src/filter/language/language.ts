import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { sha256 } from '../../core/hash.ts'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'
import { ELD_DATA, loadEld, type NgramDetector } from './eld.ts'
import { LID_MODEL, loadFastText, type Guess } from './fasttext.ts'
import { detectedCode, LANGUAGE_CODES } from './language-codes.ts'

/** Detection reads this much of a caption, UTF-16 units. */
const MAX_LENGTH = 1000
/** From this probability on fastText is right more often than eld, where the two differ. */
const SURE = 0.7

const options = z.strictObject({
  // No default: no language is right for everyone.
  keep: z
    .array(z.string())
    .min(1)
    .describe('languages to keep: ISO 639-1 codes, or ISO 639-3 ones where there is no other (ceb)'),
  minConfidence: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('least estimated chance that the language is right, 0..1'),
  agree: z
    .boolean()
    .default(false)
    .describe(
      'keep only captions on which both detectors agree: for one language out of all, such as English',
    ),
})

/**
 * Drops captions in other languages than wanted.
 *
 * Two detectors look at each caption: fastText lid.176 and eld. Where they differ, fastText's word counts from a
 * probability of .7 on, else eld's; Han characters without kana are Chinese unless both are sure of Japanese.
 * `confidence` is the share of right answers in such cases, measured on 31,000 short texts and 48,000 lists of keywords
 * in 25 languages each: .7 + .3 p where both agree, p - .2 for fastText alone, .45 for eld alone, .85 by kana.
 * Memory: 25 MiB a worker.
 */
export const language = defineFilter({
  name: 'filter/language',
  version: 1,
  summary: 'Drop captions that are not in one of the languages to keep',
  options,
  check: ({ keep }) =>
    keep
      .filter((code) => !LANGUAGE_CODES.has(detectedCode(code)))
      .map((code) => `keep has ${JSON.stringify(code)}, expected a code that can be detected: en, de, zh …`),
  identity: () => (dataHashes ??= hashData()),
  reads: ['texts', 'caption'],
  measures: {
    label: {
      type: 'utf8',
      doc: 'language of the caption: ISO 639-1 or 639-3 code, und where it has no letters',
    },
    confidence: { type: 'float64', doc: 'estimated chance that the label is right, 0..1' },
    agreed: { type: 'bool', doc: 'both detectors gave this label' },
  },
  cost: 'costly',
  measuredBy: [],
  prepare: () => (detectors ??= loadDetectors()),
  measure: (row, _options, prepared) => detectLanguage(captionOf(row), prepared),
  rules: ({ keep, minConfidence, agree }) => [
    { reason: 'wrong-language', measure: 'label', oneOf: [...new Set(keep.map(detectedCode))] },
    { reason: 'unsure-language', measure: 'confidence', atLeast: minConfidence },
    ...(agree ? [{ reason: 'unsure-language', measure: 'agreed', equals: true }] : []),
  ],
})

export interface Detectors {
  fastText(text: string): Guess
  eld: NgramDetector
}

let dataHashes: Promise<unknown> | null = null

async function hashData() {
  return { fasttext: sha256(await readFile(LID_MODEL)), eld: sha256(await readFile(ELD_DATA)) }
}

let detectors: Promise<Detectors> | null = null

async function loadDetectors(): Promise<Detectors> {
  const [fastText, eld] = await Promise.all([loadFastText(), loadEld()])
  return { fastText, eld }
}

function detectLanguage(caption: string, { fastText, eld }: Detectors) {
  const text = caption
    .slice(0, MAX_LENGTH)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}'’-]+/gu, ' ')
    .trim()
  if (!/\p{L}/u.test(text)) return { label: 'und', confidence: 0, agreed: false }

  const guess = fastText(text)
  const other = eld.detect(text)
  const agreed = guess.language === other
  const isSure = guess.probability >= SURE
  const kana = /[\u3040-\u30ff]/.test(text)
  let label = guess.language
  // eld does not know Indonesian and calls it Malay.
  if (!isSure && other !== null && label !== 'id') label = other
  if (label === 'ja' && !kana && !(agreed && isSure)) label = 'zh'
  if (label === 'zh' && kana) label = 'ja'

  const { probability } = guess
  if (agreed && label === other) return { label, confidence: 0.7 + 0.3 * probability, agreed }
  if (label === 'zh' || label === 'ja') return { label, confidence: 0.85, agreed: false }
  return {
    label,
    confidence: label === guess.language ? Math.max(0, probability - 0.2) : 0.45,
    agreed: false,
  }
}
