import type { LinkRow, SourcePart, StageContext } from '../core/index.ts'
import type { WarcRecord } from '../store/warc-record.ts'
import { readWarc } from '../store/warc.ts'
import { archiveBytes } from './archive-bytes.ts'
import { contentCheck, type ArchiveContent } from './archive-kind.ts'
import { openArchive } from './archive-client.ts'
import type { ArchiveOptions, ArchivePart } from './archive-files.ts'
import { checkUnchanged } from './source-files.ts'

/** Rows handed on at once, at least. */
const BATCH_ROWS = 1000

/**
 * The rows of one archive file, in the order of its records; records and their damage are counted.
 *
 * content: what the file is to hold. rowsOf makes the rows of a record. maxBlockBytes: a longer block is cut.
 * @throws PairloomError `PL_INPUT` where the file holds something else
 */
export async function* archiveRows(
  part: SourcePart,
  context: StageContext<Pick<ArchiveOptions, 'requests'>>,
  content: ArchiveContent,
  maxBlockBytes: number,
  rowsOf: (record: WarcRecord) => LinkRow[],
): AsyncGenerator<LinkRow[]> {
  const { count, options } = context
  const { place, file } = part as ArchivePart
  if (file !== null) await checkUnchanged(file)
  const archive = openArchive({ ...context, requests: options.requests })
  try {
    const bytes = archiveBytes(place, archive)
    const check = contentCheck(place, content)
    const onDamage = (why: string) => count(`records.damaged-${why}`)
    yield* inBatches(readWarc(bytes, { maxBlockBytes, onDamage }), context, (record) => {
      check(record)
      count('records')
      return rowsOf(record)
    })
  } finally {
    await archive.close()
  }
}

/** The rows of records, in their order, some thousand at a time. */
export async function* inBatches(
  records: AsyncIterable<WarcRecord>,
  { signal }: Pick<StageContext, 'signal'>,
  rowsOf: (record: WarcRecord) => LinkRow[],
): AsyncGenerator<LinkRow[]> {
  let batch: LinkRow[] = []
  for await (const record of records) {
    for (const row of rowsOf(record)) batch.push(row)
    if (batch.length < BATCH_ROWS) continue
    yield batch
    signal.throwIfAborted()
    batch = []
  }
  if (batch.length > 0) yield batch
}
