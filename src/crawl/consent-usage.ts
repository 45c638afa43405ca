import type { ConsentLevel, Signal } from './consent.ts'
import type { RobotsTxt } from './robots-txt.ts'
import { parseDictionary } from './structured-field.ts'

/** Categories that hold the training of models, the closest first: `bots` and `all` are those of drafts of 2025. */
const TRAINING = ['train-ai', 'bots', 'all']
/** Narrower or older categories: what they reserve is reserved at the level strict. */
const STRICT = ['train-genai', 'genai', 'ai', 'tdm']

/**
 * What a Content-Usage value says of training (draft-ietf-aipref-vocab-08): `train-ai=n` reserves it,
 * `train-ai=y` permits it, all else leaves it open.
 *
 * source: where the value stands. A value that is no dictionary says nothing, and reserves at the level strict.
 */
export function usageSignal(value: string, source: string, level: ConsentLevel): Signal | null {
  if (level === 'basic') return null
  const stated = parseDictionary(value)
  const from = `${source} ${value}`
  if (stated === null)
    return level === 'strict' ? { reserves: true, rule: 'consent-unreadable', source: from } : null
  if (level === 'strict' && STRICT.some((name) => stated.get(name) === 'n'))
    return { reserves: true, rule: 'content-usage', source: from }
  const preference = TRAINING.map((name) => stated.get(name)).find((it) => it === 'y' || it === 'n')
  return preference === undefined
    ? null
    : { reserves: preference === 'n', rule: 'content-usage', source: from }
}

/**
 * The Content-Usage and Content-Signal lines of a robots.txt that speak of a path (draft-ietf-aipref-attach-05, 3;
 * contentsignals.org: `ai-train=no`).
 */
export function robotsUsage(
  { url, txt }: { url: string; txt: RobotsTxt },
  agent: string,
  path: string,
  level: ConsentLevel,
): (Signal | null)[] {
  if (level === 'basic') return []
  return [
    ...txt
      .usages(agent, path)
      .map(({ line, value }) => usageSignal(value, `${url}:${line} Content-Usage:`, level)),
    ...txt.signals(agent).map(({ line, value }): Signal | null => {
      const said = /(?:^|,)\s*ai-train\s*=\s*(yes|no)\s*(?:,|$)/i.exec(value)?.[1]?.toLowerCase()
      const source = `${url}:${line} Content-Signal: ${value}`
      return said === undefined ? null : { reserves: said === 'no', rule: 'content-signal', source }
    }),
  ]
}
