import { parquetMetadataAsync, type ColumnChunk, type FileMetaData } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { writeMetadata } from 'hyparquet-writer/src/metadata.js'
import { ahead } from '../core/ahead.ts'
import { PairloomError } from '../core/error.ts'

/** A file of which any part can be read, wherever it is. */
export interface RangedFile {
  /** Name for messages: a path or a URL. */
  place: string
  bytes: number
  /** Bytes `from` to before `to`. */
  read(from: number, to: number): Promise<Uint8Array>
}

/** The smallest and largest value of a column in a row group, where the file says so. */
export interface Bounds {
  min: unknown
  max: unknown
}

/** What a Parquet file says of itself at its end. */
export interface ParquetFooter {
  columns: string[]
  groups: { rows: number; bounds(column: string): Bounds | null }[]
  metadata: FileMetaData
}

/** Most footers are in here. */
const TAIL_BYTES = 128 * 1024
/** Chunks that lie closer than this are read in one go. */
const GAP_BYTES = 64 * 1024
const READ_BYTES = 8 * 2 ** 20
const READS = 3
const MAGIC = Buffer.from('PAR1')

/**
 * Reads the footer of a Parquet file whose columns hold plain values, no lists or structs.
 *
 * @throws PairloomError `PL_TABLE` where there is none
 */
export async function readParquetFooter(file: RangedFile): Promise<ParquetFooter> {
  const tail: { from: number; bytes: Uint8Array } = { from: 0, bytes: new Uint8Array() }
  const buffer = {
    byteLength: file.bytes,
    async slice(from: number, to = file.bytes): Promise<ArrayBuffer> {
      if (from < tail.from || tail.bytes.length === 0) {
        tail.from = Math.max(0, Math.min(from, file.bytes - TAIL_BYTES))
        tail.bytes = await file.read(tail.from, file.bytes)
      }
      return Uint8Array.from(tail.bytes.subarray(from - tail.from, to - tail.from)).buffer
    },
  }
  let metadata: FileMetaData
  try {
    metadata = await parquetMetadataAsync(buffer, { initialFetchSize: TAIL_BYTES })
  } catch (error) {
    if (error instanceof PairloomError) throw error
    throw footerError(file.place, `a whole Parquet file, got ${(error as Error).message}`, error)
  }
  const [root, ...elements] = metadata.schema
  if (root?.num_children !== elements.length)
    throw footerError(file.place, 'columns of plain values, got lists or structs')
  return {
    columns: elements.map(({ name }) => name),
    groups: metadata.row_groups.map((group) => ({
      rows: Number(group.num_rows),
      bounds(column) {
        const chunk = group.columns.find((c) => nameOf(c) === column)
        const { min_value, max_value, min = min_value, max = max_value } = chunk?.meta_data?.statistics ?? {}
        return min === undefined || max === undefined ? null : { min, max }
      },
    })),
    metadata,
  }
}

/**
 * Writes a Parquet file with some columns of some row groups of another one: their bytes as they are, none is decoded.
 *
 * Reads what it needs and little else. Memory: 24 MiB.
 */
export async function writeParquetSlice(
  file: RangedFile,
  { metadata }: ParquetFooter,
  columns: readonly string[],
  groups: readonly number[],
  write: (bytes: Uint8Array) => Promise<unknown>,
): Promise<void> {
  const chosen = groups.map((i) => {
    const group = metadata.row_groups[i]!
    return { ...group, columns: group.columns.filter((c) => columns.includes(nameOf(c))) }
  })
  const spans = chosen.flatMap((group) => group.columns.map((chunk) => spanOf(chunk)))
  const moved = new Map<number, number>()
  let at = MAGIC.length
  await write(MAGIC)
  const reads = joined(spans).flatMap(({ from, to }) => {
    for (const span of spans)
      if (span.from >= from && span.to <= to) moved.set(span.from, at + span.from - from)
    at += to - from
    return pieces(from, to)
  })
  for await (const bytes of ahead(reads, READS, ([from, to]) => file.read(from, to))) await write(bytes)
  const footer: FileMetaData = {
    version: metadata.version,
    schema: [
      { ...metadata.schema[0]!, num_children: columns.length },
      ...metadata.schema.slice(1).filter(({ name }) => columns.includes(name)),
    ],
    num_rows: chosen.reduce((sum, { num_rows }) => sum + num_rows, 0n),
    row_groups: chosen.map((group) => ({
      columns: group.columns.map((chunk) => movedChunk(chunk, moved.get(spanOf(chunk).from)!)),
      total_byte_size: group.total_byte_size,
      num_rows: group.num_rows,
    })),
    metadata_length: 0,
  }
  const writer = new ByteWriter()
  writeMetadata(writer, footer)
  await write(writer.getBytes())
  await write(MAGIC)
}

/** A chunk at another place. Statistics and indexes of pages stay behind: they name places too, or serve no one here. */
function movedChunk(chunk: ColumnChunk, to: number): ColumnChunk {
  const { type, encodings, path_in_schema, codec, num_values, ...rest } = chunk.meta_data!
  const by = BigInt(to - spanOf(chunk).from)
  return {
    file_offset: BigInt(to),
    meta_data: {
      type,
      encodings,
      path_in_schema,
      codec,
      num_values,
      total_uncompressed_size: rest.total_uncompressed_size,
      total_compressed_size: rest.total_compressed_size,
      data_page_offset: rest.data_page_offset + by,
      ...(hasDictionary(chunk) && { dictionary_page_offset: rest.dictionary_page_offset! + by }),
    },
  }
}

/** Some writers say 0 where there is no dictionary. */
function hasDictionary({ meta_data }: ColumnChunk): boolean {
  return (meta_data?.dictionary_page_offset ?? 0n) > 0n
}

function spanOf(chunk: ColumnChunk): { from: number; to: number } {
  const { data_page_offset, dictionary_page_offset, total_compressed_size } = chunk.meta_data!
  const first =
    hasDictionary(chunk) && dictionary_page_offset! < data_page_offset
      ? dictionary_page_offset!
      : data_page_offset
  return { from: Number(first), to: Number(first + total_compressed_size) }
}

/** Spans in the order of the file, those that lie close as one. */
function joined(spans: readonly { from: number; to: number }[]): { from: number; to: number }[] {
  const result: { from: number; to: number }[] = []
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && from - last.to <= GAP_BYTES) last.to = Math.max(last.to, to)
    else result.push({ from, to })
  }
  return result
}

function pieces(from: number, to: number): [number, number][] {
  const count = Math.ceil((to - from) / READ_BYTES)
  return Array.from({ length: count }, (_, i) => [
    from + i * READ_BYTES,
    Math.min(to, from + (i + 1) * READ_BYTES),
  ])
}

function nameOf(chunk: ColumnChunk): string {
  return chunk.meta_data?.path_in_schema[0] ?? ''
}

function footerError(place: string, what: string, cause?: unknown): PairloomError {
  return new PairloomError('PL_TABLE', `Expected in ${place} ${what}`, {
    data: { path: place },
    ...(cause === undefined ? {} : { cause }),
  })
}
