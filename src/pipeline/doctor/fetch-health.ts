import { CAUSES, causeOf, rootReason, type Cause } from '../../crawl/failure-cause.ts'
import { literal, type StageTable, type Tables } from '../report/tables.ts'

/** How a stage that fetches has fared. */
export interface FetchHealth {
  stage: string
  /** Rows that were asked for: all but the deferred ones. */
  rows: number
  kept: number
  /** Rows that the deadline came before: they say nothing of the web. */
  deferred: number
  /** Those that took rows, the largest first. */
  causes: CauseHealth[]
}

export interface CauseHealth {
  cause: Cause
  rows: number
  /** Largest first; of a host that was given up, why. */
  reasons: { reason: string; rows: number }[]
  /** Hosts that most of them belong to. */
  hosts: { host: string; rows: number }[]
}

const MAX_HOSTS = 5

/**
 * Groups the rejects of a stage that fetches by cause. Null where it has no rows yet.
 *
 * Memory: the reasons and the hosts that are shown; the engine groups, and spills.
 */
export async function fetchHealth(table: StageTable, tables: Tables): Promise<FetchHealth | null> {
  const counted = async (name: string | null) =>
    name === null ? 0 : Number((await tables.rows(`SELECT count(*) AS rows FROM ${name}`))[0]!.rows)
  const kept = await counted(table.kept)
  const rows = kept + (await counted(table.rejects))
  if (rows === 0) return null
  let deferred = 0
  const causes = new Map<Cause, CauseHealth>()
  const keys = new Map<Cause, string[]>()
  for (const { reason, said, rows: found } of await reasonsOf(table, tables)) {
    if (reason === 'deferred') {
      deferred += found
      continue
    }
    const root = rootReason(reason, said)
    const cause = causeOf(root)
    const health = causes.get(cause) ?? { cause, rows: 0, reasons: [], hosts: [] }
    causes.set(cause, health)
    health.rows += found
    keys.set(cause, [...(keys.get(cause) ?? []), keyOf(reason, said)])
    const same = health.reasons.find((r) => r.reason === root)
    if (same) same.rows += found
    else health.reasons.push({ reason: root, rows: found })
  }
  for (const [cause, health] of causes) {
    health.reasons.sort((a, b) => b.rows - a.rows || (a.reason < b.reason ? -1 : 1))
    if (Object.hasOwn(table.columns, 'url')) health.hosts = await hostsOf(keys.get(cause)!, table, tables)
  }
  const inOrder = [...causes.values()].sort(
    (a, b) => b.rows - a.rows || CAUSES.indexOf(a.cause) - CAUSES.indexOf(b.cause),
  )
  return { stage: table.stage, rows: rows - deferred, kept, deferred, causes: inOrder }
}

/**
 * What the evidence of a reason adds to it, in SQL: the part that `rootReason` reads, so that there are few groups
 * however many hosts there are.
 */
export const SAID = `CASE WHEN reason IN ('host-given-up', 'robots-unreachable')
  THEN coalesce(regexp_extract(value, '(?:the last |: |, got )(?:http-[0-9]{3}|tls|(?:timeout|connect|dns)-[a-z-]+)|: status [0-9]{3}$'), '')
  ELSE '' END`

async function reasonsOf(table: StageTable, tables: Tables) {
  if (table.rejects === null) return []
  const found = await tables.rows(
    `SELECT reason, ${SAID} AS said, count(*) AS rows FROM ${table.rejects} GROUP BY ALL ORDER BY ALL`,
  )
  return found as { reason: string; said: string; rows: number }[]
}

/** Host of a URL, in SQL. */
const HOST = `regexp_extract(url, '^[a-z]+://(?:[^/@]*@)?([^/?#]+)', 1)`

async function hostsOf(keys: readonly string[], table: StageTable, tables: Tables) {
  const list = keys.map(literal).join(', ')
  const found = await tables.rows(
    `SELECT ${HOST} AS host, count(*) AS rows FROM ${table.rejects}
     WHERE concat(reason, ' ', ${SAID}) IN (${list}) GROUP BY 1 ORDER BY rows DESC, host LIMIT ${MAX_HOSTS}`,
  )
  return found as unknown as CauseHealth['hosts']
}

function keyOf(reason: string, said: string): string {
  return `${reason} ${said}`
}
