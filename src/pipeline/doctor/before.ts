import { isIP } from 'node:net'
import { estimateCost, type CostEstimate } from '../cost/estimate.ts'
import { fetchStages } from '../fetch-stages.ts'
import { pipelineSchema } from '../definition.ts'
import type { Plan } from '../plan.ts'
import { openRunFolder } from '../run-folder.ts'
import { checked, type Check } from './check.ts'
import { machineChecks } from './machine-checks.ts'
import { dnsCheck } from './dns-check.ts'
import { probeChecks } from './probe-check.ts'
import { storeChecks } from './store-checks.ts'

export interface BeforeOptions {
  workers: number
  /** A URL to measure the line with. */
  probe: string | null
}

/** Tests the machine alone, without a pipeline. */
export async function checkMachine({ workers }: Pick<BeforeOptions, 'workers'>): Promise<Check[]> {
  const { memoryMiB } = pipelineSchema.pick({ memoryMiB: true }).parse({})
  return machineChecks({ workers, memoryMiB, concurrency: 0 })
}

/**
 * Tests what a run of the plan would need, before it: machine, folders, names, line. Asks name servers for at most 20
 * names of the pipeline, and nobody else but the probe. The run and out folders hold afterwards what they held before.
 */
export async function checkBefore(plan: Plan, { workers, probe }: BeforeOptions): Promise<Check[]> {
  const known = await openRunFolder(plan.run)
    .readRunFile()
    .catch(() => null)
  const isOther = known !== null && known.name !== plan.name
  const estimate = await estimateOf(plan, workers, isOther)
  // A run may have had names of its own, given by --set: the demo has.
  const ran = isOther ? {} : (known?.plans.at(-1)?.network.hosts ?? {})
  const network = { ...plan.network, hosts: { ...ran, ...plan.network.hosts } }
  const concurrency = Math.max(
    0,
    ...fetchStages(plan).map(({ options }) => Number((options as { concurrency?: number }).concurrency ?? 0)),
  )
  const names = namesOf(plan, estimate, probe)
  const asksWeb = names.length > 0 || plan.stages.some((s) => s.use.startsWith('crawl/'))
  return [
    ...(await machineChecks({ workers, memoryMiB: plan.memoryMiB, concurrency })),
    ...(await storeChecks(plan, estimate)),
    ...(asksWeb ? [contactCheck(plan), await dnsCheck(network, names)] : []),
    ...(asksWeb ? await probeChecks(network, probe, estimate) : []),
  ]
}

const MAX_NAMES = 20

/** Names that the crawl will look up: of start pages, of the hosts with the most pictures, of the probe. */
function namesOf(plan: Plan, estimate: CostEstimate | null, probe: string | null): string[] {
  const starts = plan.stages.flatMap(({ use, options }) =>
    use === 'crawl/site' ? (options as { start: string[] }).start : [],
  )
  const hosts = [...starts, ...(probe === null ? [] : [probe])].map((url) => URL.parse(url)?.hostname ?? '')
  const tops = (estimate?.fetches ?? []).flatMap(({ top }) => top.map(({ host }) => host))
  const names = new Set(
    [...hosts, ...tops].filter((name) => name !== '' && isIP(name) === 0 && name[0] !== '['),
  )
  return [...names].slice(0, MAX_NAMES)
}

/** A source that cannot be read is told by the plan; here it only leaves room and speed without a comparison. */
async function estimateOf(plan: Plan, workers: number, isOther: boolean): Promise<CostEstimate | null> {
  // The folder of another pipeline, or a damaged one: the check of the folder says so.
  if (isOther) return null
  return estimateCost(plan, openRunFolder(plan.run), { workers }).catch(() => null)
}

function contactCheck({ network: { agent, contact } }: Plan): Check {
  return checked(
    'contact',
    contact === null ? `${agent}, without a contact` : `${agent}, ${contact}`,
    contact === null && [
      'warn',
      'give network.contact, a mail address or page: sites can ask you to stop, and some refuse robots without one',
    ],
  )
}
