/**
 * Words of reasons for which a row is counted and never shown: its owner does not want it used, or it may harm who
 * looks at it.
 */
const WORDS = new Set([
  'abuse',
  'adult',
  'blocked',
  'blocklist',
  'blocklisted',
  'consent',
  'csam',
  'flagged',
  'noai',
  'noimageai',
  'noimageindex',
  'noindex',
  'nsfw',
  'optout',
  'pii',
  'robots',
  'takedown',
  'tdm',
  'tdmrep',
  'toxic',
  'unsafe',
])
const PHRASES =
  /opt(?:ed)?-out|hash-list|content-(?:usage|signal)|data-mining|ai-(?:txt|crawlers)|not-allowlisted|no-(?:ai|index)|not-safe|taken-down/

/** Whether rows dropped by this rule, for this reason, are kept out of sight. */
export function isWithheld(rule: string, reason: string): boolean {
  const text = `${rule} ${reason}`.toLowerCase()
  return PHRASES.test(text) || text.split(/[^a-z]+/).some((word) => WORDS.has(word))
}
