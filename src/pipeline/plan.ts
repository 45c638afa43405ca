import { dirname, resolve } from 'node:path'
import { versions } from 'node:process'
import { PACKAGE_VERSION } from '../core/version.ts'
import type { Columns } from '../core/column.ts'
import { PairloomError, toPairloomError } from '../core/error.ts'
import { fingerprint } from '../core/hash.ts'
import { outputOptions } from '../core/options.ts'
import type { Network } from '../core/stage.ts'
import type { SqlEngine } from '../table/sql.ts'
import { checkPipeline, columnFaults, type CheckedPipeline } from './check.ts'
import { membersOf } from '../core/filter-group.ts'
import { partsOf, type Body } from './body.ts'
import { groupOf, treeOf, type FilterTree } from './filter-tree.ts'
import type { PipelineInput } from './definition.ts'
import { configError, type Fault, type PlacedFault } from './fault.ts'
import { findPlugin, type Plugin } from './plugin.ts'
import { addPlugin, builtinStages, type Registry } from './registry.ts'
import type { Override } from './override.ts'
import type { Retry, Round } from './retry.ts'
import { openRunFolder, type RunFile } from './run-folder.ts'
import { withTakedowns } from './takedown/fingerprint.ts'
import { readEntries } from './takedown/tombstones.ts'
import { parseYaml, readPipeline } from './yaml.ts'

export type StageKind = 'source' | 'row' | 'global' | 'sink'

/** A stage as the plan keeps it, in JSON: everything a worker on another machine needs. */
export interface PlannedStage {
  id: string
  kind: StageKind
  /** Name of the stage, or `filters`. */
  use: string
  version: number
  from: string | null
  /** Options after defaults; of a group of filters, by filter name. */
  options: Record<string, unknown>
  filters: { name: string; version: number; options: Record<string, unknown> }[]
  /** How the filters of a group combine, where they do not just all have to hold. */
  tree?: FilterTree
  /** Columns of the rows it gives, in order. */
  columns: Columns
  fingerprint: string
  /** Of a sink: its fingerprint before takedowns entered it; only where some did. */
  base?: string
  /** Where its parts lie in the run folder: `<id>/<first 12 digits of the fingerprint>`. */
  dataset: string
  /**
   * Of a row stage or a group of filters: what else decides its output where it was planned, such as a codec or lists;
   * workers must have the same.
   */
  identity: unknown
  /** Equal for results of this stage that may be used again whatever came before it. */
  reuseKey: string | null
  /** Of a stage whose results `run --retry` can take back: the newest round, 0 where there was none. */
  round: number
  /** It may leave rows to continuations of its partitions. */
  continues: boolean
}

export interface Plan {
  pairloom: string
  name: string
  seed: string
  /** Number of the crawl's snapshot; `--refresh` starts the next. */
  snapshot: number
  /** Retries of this snapshot, the newest last. */
  rounds: Round[]
  /** How often consent was asked for again; `--refresh-consent` starts the next. */
  consent: number
  run: string
  out: string
  network: Network
  /** Where the SQL of global stages runs. */
  sql: SqlEngine
  memoryMiB: number
  /** A run asks for nothing more after so long, ms from its start. */
  deadlineMs: number | null
  plugins: Plugin[]
  allowFailed: boolean
  stages: PlannedStage[]
}

export interface PlanOptions {
  run?: string
  out?: string
  /** Crawl anew: start the next snapshot of the run folder. */
  refresh?: boolean
  /** Try again what ended so: starts the next round of the snapshot. */
  retry?: Retry
  /** Ask again for consent: start `crawl/consent` anew. */
  refreshConsent?: boolean
  overrides?: readonly Override[]
  allowFailed?: boolean
}

/**
 * Reads a pipeline file and plans it. Nothing is written.
 *
 * @throws PairloomError `PL_CONFIG` with all faults, each with its line and column
 */
export async function planFile(path: string, options: PlanOptions = {}): Promise<Plan> {
  const source = parseYaml(await readPipeline(path), path, options.overrides)
  return plan(
    source.value,
    dirname(resolve(path)),
    options,
    (faults) => configError(path, [...source.faults, ...faults.map((f) => source.place(f))].sort(byPlace)),
    source.faults,
  )
}

/** Plans a pipeline value. Plug-ins are found from `base`, by default the working directory. */
export function planPipeline(
  pipeline: PipelineInput,
  options: PlanOptions & { base?: string } = {},
): Promise<Plan> {
  return plan(pipeline, options.base ?? process.cwd(), options, (faults) =>
    configError(
      null,
      faults.map((f) => ({ ...f, line: null, column: null })),
    ),
  )
}

async function plan(
  value: unknown,
  base: string,
  options: PlanOptions,
  fail: (faults: Fault[]) => Error,
  before: readonly PlacedFault[] = [],
): Promise<Plan> {
  const { plugins, registry, faults: pluginFaults } = await findPlugins(value, base)
  const { pipeline, faults } = checkPipeline(value, registry, pluginFaults.length === 0)
  if (!pipeline || pluginFaults.length > 0 || before.length > 0) throw fail([...pluginFaults, ...faults])
  const mismatched = await columnFaults(pipeline)
  if (mismatched.length > 0) throw fail(mismatched)
  const { top } = pipeline
  const run = resolve(options.run ?? top.run ?? `runs/${top.name}`)
  const out = resolve(options.out ?? top.out ?? `out/${top.name}`)
  if (isInside(run, out) || isInside(out, run)) {
    const message = `expected folders apart from each other, got run ${run} and out ${out}`
    throw fail([{ path: top.out === undefined ? ['run'] : ['out'], message }])
  }
  const { snapshot, rounds } = await crawlOf(run, top.name, pipeline, options)
  const consent = await consentOf(run, top.name, pipeline, options.refreshConsent ?? false)
  const allowFailed = options.allowFailed ?? false
  const crawl = { snapshot, rounds, consent }
  const stages = await planStages(pipeline, registry, plugins, crawl, allowFailed, fail)
  return {
    pairloom: PACKAGE_VERSION,
    name: top.name,
    seed: top.seed,
    snapshot,
    rounds,
    consent,
    run,
    out,
    network: top.network,
    sql: top.sql,
    memoryMiB: top.memoryMiB,
    deadlineMs: top.deadline,
    plugins,
    allowFailed,
    stages: withTakedowns(stages, await readEntries(openRunFolder(run))),
  }
}

async function planStages(
  { top, stages }: CheckedPipeline,
  registry: Registry,
  plugins: readonly Plugin[],
  { snapshot, rounds, consent }: Pick<Plan, 'snapshot' | 'rounds' | 'consent'>,
  allowFailed: boolean,
  fail: (faults: Fault[]) => Error,
): Promise<PlannedStage[]> {
  const builtin = new Set((await builtinStages()).keys())
  const planned = new Map<string, PlannedStage>()
  for (const { id, from, body, columns } of stages) {
    const tree = body.kind === 'filters' ? treeOf(body.group) : null
    const recipes = []
    for (const { stage, options } of partsOf(body)) {
      let identity: unknown = null
      try {
        identity = (await (stage as { identity?(o: unknown): unknown }).identity?.(options)) ?? null
      } catch (error) {
        throw fail([{ path: ['stages', id], message: toPairloomError(error).message }])
      }
      recipes.push({
        name: stage.name,
        version: stage.version,
        options: outputOptions(stage.options, options),
        identity,
        // A plug-in has no golden test that guards its version: any change of its file counts.
        plugins: builtin.has(stage.name) ? null : plugins.map((p) => p.sha256),
      })
    }
    const stage = body.kind === 'stage' ? body.stage : null
    const live = crawls(body)
    const own = {
      recipes,
      seed: stage?.seeded === true ? top.seed : null,
      // The name decides which robots.txt groups are obeyed.
      crawl:
        live === false
          ? null
          : { snapshot, agent: top.network.agent, ...(live === 'consent' && { consent }) },
      allowFailed: stage?.kind === 'global' && allowFailed,
      ...(tree && { tree }),
      // What Node brings along decides too: Unicode's tables what a word is, zstd's version the bytes of a shard.
      node:
        body.kind === 'filters'
          ? [versions.unicode, versions.icu]
          : stage?.kind === 'sink'
            ? [versions.zstd]
            : null,
    }
    const row = stage?.kind === 'row' ? stage : null
    const round = live !== false && row?.reuseBy ? (rounds.at(-1)?.round ?? 0) : 0
    const input = from === null ? null : planned.get(from)!.fingerprint
    const print = fingerprint({ ...own, input, ...(round > 0 && { round }) })
    planned.set(id, {
      id,
      kind: stage ? stage.kind : 'row',
      use: stage ? stage.name : 'filters',
      version: stage ? stage.version : 0,
      from,
      options: body.kind === 'stage' ? body.options : {},
      filters:
        body.kind === 'filters'
          ? membersOf(body.group).map(({ filter, options }) => ({
              name: filter.name,
              version: filter.version,
              options,
            }))
          : [],
      ...(tree && { tree }),
      columns,
      fingerprint: print,
      dataset: `${id}/${print.slice(0, 12)}`,
      identity: row ? recipes[0]!.identity : identityOf(body, recipes),
      reuseKey: row?.reuseBy ? fingerprint(own) : null,
      round,
      continues: row?.continues === true,
    })
  }
  return [...planned.values()]
}

/** Of a group of filters, each one's; null where none has any. */
function identityOf({ kind }: Body, recipes: readonly { identity: unknown }[]): unknown {
  if (kind !== 'filters' || recipes.every(({ identity }) => identity === null)) return null
  return recipes.map(({ identity }) => identity)
}

async function findPlugins(value: unknown, base: string) {
  const names = (value as { plugins?: unknown } | null)?.plugins
  const plugins: Plugin[] = []
  const faults: Fault[] = []
  const registry = new Map(await builtinStages())
  for (const [i, name] of (Array.isArray(names) ? names : []).entries()) {
    if (typeof name !== 'string') continue
    try {
      const plugin = await findPlugin(name, base)
      await addPlugin(registry, plugin)
      plugins.push(plugin)
    } catch (error) {
      const { message } = toPairloomError(error)
      faults.push({ path: ['plugins', i], message: message.charAt(0).toLowerCase() + message.slice(1) })
    }
  }
  return { plugins, registry, faults }
}

/**
 * The crawl's snapshot that a run folder is at, or the next, and its rounds.
 *
 * @throws PairloomError `PL_USAGE` for a refresh where no stage crawls, or beside what it includes
 */
async function crawlOf(
  run: string,
  name: string,
  { stages }: CheckedPipeline,
  { refresh = false, refreshConsent = false, retry }: PlanOptions,
): Promise<Pick<RunFile, 'snapshot' | 'rounds'>> {
  if (refresh && refreshConsent)
    throw new PairloomError(
      'PL_USAGE',
      'Expected --refresh or --refresh-consent, got both: --refresh asks for consent again too',
    )
  if (refresh && !stages.some(({ body }) => crawls(body)))
    throw new PairloomError(
      'PL_USAGE',
      'Expected a stage that crawls, such as crawl/site or crawl/fetch, with --refresh, got none: what a file gives is made anew when the file changes',
    )
  const known = await openRunFolder(run).readRunFile()
  const snapshot = known?.name === name ? known.snapshot + (refresh ? 1 : 0) : 1
  const before = known?.name === name && !refresh ? known.rounds : []
  return { snapshot, rounds: retry ? [...before, { ...retry, round: before.length + 1 }] : before }
}

/**
 * How often consent was asked for again in a run folder, or once more.
 *
 * @throws PairloomError `PL_USAGE` where there is no stage that asks
 */
async function consentOf(
  run: string,
  name: string,
  { stages }: CheckedPipeline,
  refresh: boolean,
): Promise<number> {
  const asks = stages.some(({ body }) => crawls(body) === 'consent')
  if (refresh && !asks)
    throw new PairloomError(
      'PL_USAGE',
      'Expected a stage that asks for consent again with --refresh-consent, got none: put `use: crawl/consent` before shard/pack',
    )
  const known = await openRunFolder(run).readRunFile()
  return (known?.name === name ? (known.consent ?? 0) : 0) + (refresh ? 1 : 0)
}

/** Whether a stage asks the live web: true, `consent` for one that asks about consent alone, false. */
function crawls(body: Body): boolean | 'consent' {
  const stage = body.kind === 'stage' ? body.stage : null
  return stage !== null && 'snapshot' in stage ? (stage.snapshot ?? false) : false
}

function isInside(folder: string, other: string): boolean {
  return `${other}/`.startsWith(`${folder}/`)
}

/** A planned stage with its code: what a worker runs. */
export function bodyOf(planned: PlannedStage, registry: Registry): Body {
  const member = (name: string) => registry.get(name)!
  if (planned.use === 'filters') {
    const members = planned.filters.map((f) => ({ filter: member(f.name) as never, options: f.options }))
    return { kind: 'filters', group: planned.tree ? groupOf(planned.tree, members) : members }
  }
  return { kind: 'stage', stage: member(planned.use) as never, options: planned.options }
}

function byPlace(a: PlacedFault, b: PlacedFault): number {
  return (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0)
}
