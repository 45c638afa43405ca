import { retryMatcher } from '../crawl/retry-words.ts'

/** What `run --retry` asks for. */
export interface Retry {
  /** Words for reasons, as `retryMatcher` takes them. */
  words: string[]
  /** Only results from before this time, ISO 8601 in UTC; null: all. */
  before: string | null
}

/**
 * `dns,5xx` as words.
 *
 * @throws PairloomError `PL_USAGE` with all words that there are, where one is none of them
 */
export function parseWords(text: string): string[] {
  const words = text.split(',').map((word) => word.trim())
  retryMatcher(words)
  return words
}

/** A retry of a run: its number counts from 1 in each snapshot. */
export interface Round extends Retry {
  round: number
}

/** An end of a row that a later round may take back. */
export interface End {
  reason: string
  /** Time of the result, ISO 8601 in UTC; null for a row that never was asked for, which is always old enough. */
  at: string | null
  /** Round in which it was reached. */
  round: number
}

/** Whether one of the rounds after an end tries its row again. */
export function retriedBy(rounds: readonly Round[]): (end: End) => boolean {
  const matchers = rounds.map(({ words, before, round }) => {
    const matches = retryMatcher(words)
    return ({ reason, at }: Omit<End, 'round'>) =>
      matches(reason) && (before === null || at === null || at < before) ? round : 0
  })
  return (end) => matchers.some((roundOf) => roundOf(end) > end.round)
}
