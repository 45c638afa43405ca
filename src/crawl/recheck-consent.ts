import { z } from 'zod'
import type { Row } from '../core/column.ts'
import { defineStage, type StageContext } from '../core/stage.ts'
import { listsDigest, openBlockLists, type BlockLists } from './block-lists.ts'
import { CONSENT_COLUMNS, consentColumns, type Signal } from './consent.ts'
import { openOriginConsent, type OriginConsent } from './consent-origin.ts'
import { fetchOptions } from './fetch-options.ts'
import { limitedRobots, type ImageRobots } from './fetch-robots.ts'
import { openHttp } from './http.ts'
import { openPolite } from './polite.ts'

const { shape } = fetchOptions
const HOUR_MS = 3_600_000

const options = z.strictObject({
  consent: shape.consent,
  olderThanHours: z
    .number()
    .min(0)
    .default(24)
    .describe('a verdict younger than this stands without asking, hours'),
  block: shape.block,
  allow: shape.allow,
  pdqDistance: shape.pdqDistance,
  perHost: shape.perHost,
  rates: shape.rates,
  concurrency: shape.concurrency,
  retries: shape.retries,
  backoffMs: shape.backoffMs,
  maxWaitMs: shape.maxWaitMs,
})

type Options = z.infer<typeof options>

/** What a row's origin and the lists say now, or why it cannot be known. */
type Now = { signal: Signal | null } | { refused: { reason: string; evidence: string } } | { unknown: string }

/**
 * Asks again what the origins of fetched pictures say of their use, and drops what is reserved by now: robots.txt,
 * tdmrep.json and ai.txt, and the lists, with the row's sha256 and pdq where it has them. No picture is asked for, so what headers and metadata say is not read again.
 *
 * To be put before `shard/pack`; where each site is still in one partition, an origin is asked once.
 * `pairloom run --refresh-consent` starts it anew, and it alone. An origin that cannot be had any more leaves its rows as they are, but at the
 * level strict. Rows keep their order.
 * Memory: a batch, and what `openOriginConsent` holds.
 */
export const recheckConsent = defineStage({
  name: 'crawl/consent',
  version: 1,
  summary: 'Ask again whether fetched pictures may be used, before they are packed',
  options,
  identity: async (chosen) => listsDigest(chosen),
  reads: ['url', 'consent_at'],
  adds: CONSENT_COLUMNS,
  snapshot: 'consent',
  async *process(batches, context) {
    const { options: chosen, network, signal, count } = context
    const http = openHttp(network, { connectionsPerOrigin: chosen.perHost })
    try {
      const polite = openPolite(context, (url) => http.addressOf(url), chosen, signal)
      const robots = limitedRobots(http, context, polite, chosen, signal)
      const origins = openOriginConsent(robots, robots.request, network.agent, chosen.consent)
      const lists = await openBlockLists(chosen)
      for await (const rows of batches) {
        signal.throwIfAborted()
        const judged = await Promise.all(
          rows.map(async (row) => {
            const age = context.now() - Date.parse((row.consent_at as string | null) ?? '')
            if (age < chosen.olderThanHours * HOUR_MS) return { row, now: null }
            return { row, now: await ask(row, lists, robots, origins, signal) }
          }),
        )
        const kept = judged.flatMap(({ row, now }) =>
          now === null ? [row] : verdict(row, now, chosen, context),
        )
        count('asked', judged.filter(({ now }) => now !== null).length)
        if (kept.length > 0) yield kept
      }
    } finally {
      await http.close()
    }
  },
})

async function ask(
  row: Row,
  lists: BlockLists,
  robots: ImageRobots,
  origins: OriginConsent,
  signal: AbortSignal,
): Promise<Now> {
  const url = row.url as string
  const refused =
    lists.ofUrl(url) ??
    (typeof row.sha256 === 'string' ? lists.ofHash(row.sha256) : null) ??
    (typeof row.pdq === 'string' ? lists.ofPdq(row.pdq) : null)
  if (refused) return { refused }
  const { reason, evidence } = await robots.verdict(url)
  signal.throwIfAborted()
  if (reason === 'robots') return { signal: { reserves: true, rule: 'robots', source: evidence! } }
  if (reason !== null) return { unknown: evidence! }
  return { signal: await origins.verdict(url) }
}

/** The row as it goes on, or none. */
function verdict(row: Row, now: Now, { consent }: Options, context: StageContext<Options>): Row[] {
  const drop = (reason: string, value: string, columns: Row): Row[] => {
    context.drop({ ...row, ...columns }, { status: 'dropped', rule: 'crawl/consent', reason, value })
    return []
  }
  if ('refused' in now) return drop(now.refused.reason, now.refused.evidence, {})
  if ('unknown' in now) {
    context.count('unreachable')
    if (consent !== 'strict') return [row]
    const unread: Signal = { reserves: true, rule: 'consent-unreadable', source: now.unknown }
    return drop(unread.rule, unread.source, consentColumns(unread, context.now()))
  }
  const { signal } = now
  const columns = consentColumns(signal, context.now())
  if (signal?.reserves === true) return drop(signal.rule, signal.source, columns)
  // What its headers or metadata permitted when it was fetched is still what was said.
  return [signal === null ? { ...row, consent_at: columns.consent_at } : { ...row, ...columns }]
}
