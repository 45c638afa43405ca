import type { LinkRow, SourcePart, StageContext } from '../core/index.ts'
import type { WarcRecord } from '../store/warc-record.ts'
import { readWarc } from '../store/warc.ts'
import { ARCHIVE_RETRIES, archiveBytes } from './archive-bytes.ts'
import type { ArchivePart } from './archive-files.ts'
import { openHttp } from './http.ts'
import { checkUnchanged } from './source-files.ts'

/** Rows handed on at once, at least. */
const BATCH_ROWS = 1000

/**
 * The rows of one archive file, in the order of its records; records and their damage are counted.
 *
 * rowsOf makes the rows of a record. maxBlockBytes: a longer block is cut.
 */
export async function* archiveRows(
  part: SourcePart,
  { network, signal, count }: Pick<StageContext, 'network' | 'signal' | 'count'>,
  maxBlockBytes: number,
  rowsOf: (record: WarcRecord) => LinkRow[],
): AsyncGenerator<LinkRow[]> {
  const { place, file } = part as ArchivePart
  if (file !== null) await checkUnchanged(file)
  const http = openHttp(network, { connectionsPerOrigin: 2, deadlines: { totalMs: 300_000 } })
  try {
    const bytes = archiveBytes(place, http, { ...ARCHIVE_RETRIES, signal })
    const onDamage = (why: string) => count(`records.damaged-${why}`)
    let batch: LinkRow[] = []
    for await (const record of readWarc(bytes, { maxBlockBytes, onDamage })) {
      count('records')
      for (const row of rowsOf(record)) batch.push(row)
      if (batch.length < BATCH_ROWS) continue
      yield batch
      signal.throwIfAborted()
      batch = []
    }
    if (batch.length > 0) yield batch
  } finally {
    await http.close()
  }
}
