import { ahead } from '../core/ahead.ts'
import { PairloomError } from '../core/index.ts'
import type { WarcRecord } from '../store/warc-record.ts'
import { readWarc } from '../store/warc.ts'
import { isUrl } from './archive-bytes.ts'
import type { ArchiveClient } from './archive-client.ts'
import { readLocal } from './cc-index-file.ts'
import { inputError } from './source-files.ts'

/** Records of one file that lie closer than this are read in one request: it costs as much as so many bytes. */
const GAP_BYTES = 64 * 1024
const RANGE_BYTES = 2 * 2 ** 20
/** Requests in flight for one partition. */
const READS = 8

export interface RecordFile {
  place: string
  records: { offset: number; length: number }[]
}

export interface RecordAccess {
  archive: ArchiveClient
  /** Longer blocks are cut. */
  maxBlockBytes: number
  count(name: string, by?: number): void
}

interface Range extends RecordFile {
  from: number
  to: number
}

/**
 * The records at places of WARC files, in the order of the places; records that lie close are read in one request.
 *
 * What is no whole record that begins there is counted (`records.damaged-…`), as are the records of files that are not
 * there (`records.no-file`). Memory: 16 MiB, and the largest record three times.
 * @throws PairloomError `PL_INPUT` where none of the files is there
 */
export async function* readRecords(
  files: readonly RecordFile[],
  { archive, maxBlockBytes, count }: RecordAccess,
): AsyncGenerator<WarcRecord> {
  // A record of this length has a block that is cut, or is one that nobody wrote.
  const most = maxBlockBytes + 2 ** 20
  let [found, missing] = [0, 0]

  async function read({ place, from, to }: Range): Promise<Buffer | null> {
    try {
      if (!isUrl(place)) return await readLocal(place, from, to - from)
      return (await archive.read(place, { from, to: to - 1 })).bytes
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  const ranges = files.flatMap(({ place, records }) => {
    const sane = records.filter(({ offset, length }) => offset >= 0 && length > 0)
    if (sane.length < records.length) count('records.damaged-place', records.length - sane.length)
    return rangesOf({ place, records: sane }, most)
  })
  // Pairs a range with its bytes: `ahead` keeps the order.
  const pair = async (range: Range) => ({ range, bytes: await read(range) })
  const reads = ahead(ranges, READS, pair, () => archive.stop())
  for await (const { range, bytes } of reads) {
    if (bytes === null) {
      missing++
      count('records.no-file', range.records.length)
      continue
    }
    found++
    for (const { offset, length } of range.records) {
      const at = offset - range.from
      const record = await recordIn(bytes.subarray(at, at + Math.min(length, most)), maxBlockBytes)
      if (typeof record === 'string') count(`records.damaged-${record}`)
      else yield record
    }
  }
  if (found === 0 && missing > 0) {
    const { place } = files[0]!
    throw inputError(
      place,
      `Expected WARC files where the index has them, got none such as ${place}: is base right?`,
    )
  }
}

/** The record that begins with the bytes, or a word why none does. */
async function recordIn(bytes: Buffer, maxBlockBytes: number): Promise<WarcRecord | string> {
  let damage: string | null = null
  const onDamage = (why: string) => (damage ??= why)
  // A record behind damage is another one than was asked for.
  for await (const record of readWarc(only(bytes), { maxBlockBytes, onDamage })) return damage ?? record
  return damage ?? 'cut'
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes
}

function rangesOf({ place, records }: RecordFile, most: number): Range[] {
  const ranges: Range[] = []
  for (const record of records) {
    const { offset } = record
    const end = offset + Math.min(record.length, most)
    const last = ranges.at(-1)
    if (last && offset - last.to <= GAP_BYTES && end - last.from <= RANGE_BYTES) {
      last.to = Math.max(last.to, end)
      last.records.push(record)
    } else ranges.push({ place, records: [record], from: offset, to: end })
  }
  return ranges
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof PairloomError) || error.code !== 'PL_INPUT') return false
  const { reason } = error.data
  return (
    ['http-403', 'http-404', 'http-410'].includes(String(reason)) ||
    (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
  )
}
