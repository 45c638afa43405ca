import { NO_START } from '../../core/collect.ts'
import type { SourcePart } from '../../core/stage.ts'
import type { PagesPart } from '../../crawl/cc-index-pages.ts'
import { sampleList, type ListSample } from '../../crawl/list-sample.ts'
import type { ListOptions } from '../../crawl/list.ts'
import { bodyOf, type Plan, type PlannedStage } from '../plan.ts'
import type { Registry } from '../registry.ts'
import type { RunFolder } from '../run-folder.ts'
import type { Assumptions } from './assumed.ts'
import type { Basis } from './estimate.ts'

export interface SourceRows {
  /** Null where nothing tells. */
  rows: number | null
  partitions: number | null
  basis: Basis
  /** Of a list: hosts of the URLs that were looked at. */
  sample: ListSample | null
}

/** What a source will give, by looking at its files and asking nothing of the network. */
export async function sourceRows(
  stage: PlannedStage,
  plan: Plan,
  folder: RunFolder,
  registry: Registry,
  assumed: Assumptions,
): Promise<SourceRows> {
  const parts = await partsOf(stage, plan, folder, registry)
  const partitions = parts?.length ?? null
  const byFiles = (rows: number): SourceRows => ({ rows, partitions, basis: 'assumed', sample: null })
  switch (stage.use) {
    case 'crawl/list': {
      const sample = await sampleList(stage.options as unknown as ListOptions)
      return { rows: sample.rows, partitions, basis: sample.isExact ? 'source' : 'sampled', sample }
    }
    case 'crawl/wat':
    case 'crawl/warc': {
      const isWat = stage.use === 'crawl/wat'
      const { maxFiles } = stage.options as { maxFiles?: number }
      const files = parts ?? (maxFiles === undefined ? null : Array.from({ length: maxFiles }, () => ({})))
      if (files === null) return unknown(partitions)
      const mib = archiveMib(files, () => assumed.take(isWat ? 'watMib' : 'warcMib'))
      const rows = Math.round(mib * assumed.take(isWat ? 'rowsPerWatMib' : 'rowsPerWarcMib'))
      return { ...byFiles(rows), partitions: files.length }
    }
    case 'crawl/site': {
      const { maxPages } = stage.options as { maxPages?: number }
      const pages = Math.min(maxPages ?? Infinity, assumed.take('pagesPerSite'))
      return byFiles((partitions ?? 1) * pages * assumed.take('picturesPerPage'))
    }
    case 'crawl/cc-index': {
      const { maxPages } = stage.options as { maxPages?: number }
      const pages = parts?.reduce((sum, part) => sum + (part as PagesPart).pages, 0) ?? maxPages
      return pages === undefined ? unknown(partitions) : byFiles(pages * assumed.take('picturesPerPage'))
    }
    default:
      return unknown(partitions)
  }
}

function unknown(partitions: number | null): SourceRows {
  return { rows: null, partitions, basis: 'unknown', sample: null }
}

/** Partitions as the run folder has fixed them, else as the source tells, where it asks no network for that. */
async function partsOf(
  stage: PlannedStage,
  plan: Plan,
  folder: RunFolder,
  registry: Registry,
): Promise<SourcePart[] | null> {
  const known = await folder.readSourceParts(stage.dataset)
  if (known) return known
  if (!LOCAL.has(stage.use)) return null
  const body = bodyOf(stage, registry)
  if (body.kind !== 'stage' || body.stage.kind !== 'source' || asksNetwork(stage.options)) return null
  return body.stage.partitions(body.options, { ...NO_START, network: plan.network })
}

/** Sources that know their partitions by the options and the files on disk. An index of pages is read over the network. */
const LOCAL = new Set([
  'crawl/list',
  'crawl/folder',
  'crawl/webdataset',
  'crawl/wat',
  'crawl/warc',
  'crawl/site',
])

/** Whether a source reads archives on the web, of which the estimate counts rows alone, no request and no byte. */
export function readsArchivesOnline({ use, options }: PlannedStage): boolean {
  return use === 'crawl/cc-index' || (/^crawl\/wa(?:rc|t)$/.test(use) && asksNetwork(options))
}

/** A list of files that lies on the web, or a crawl that is named by its id. */
function asksNetwork(options: Record<string, unknown>): boolean {
  return (
    options.crawl !== undefined ||
    [options.files, options.list].flat().some((x) => /^https?:/.test(String(x)))
  )
}

/** Size of the files of an archive, MiB, with what is assumed of those on the web. */
function archiveMib(parts: readonly SourcePart[], assumedMib: () => number): number {
  return parts.reduce((sum, part) => {
    const { file } = part as { file?: { bytes: number } | null }
    return sum + (file ? file.bytes / 2 ** 20 : assumedMib())
  }, 0)
}
