import { createRequire } from 'node:module'
import * as arrow from 'apache-arrow'
import type { Columns, Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import { arrowBatch, arrowSchema } from './arrow-batch.ts'

type ParquetWasm = typeof import('parquet-wasm')
let wasm: ParquetWasm | undefined

/** What a table is written to: a store's or an output folder's writer. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>
  close(): Promise<{ bytes: number; sha256: string }>
  abort(): Promise<void>
}

export interface TableWriter {
  readonly rows: number
  append(rows: readonly Row[]): Promise<void>
  close(): Promise<{ bytes: number; sha256: string; rows: number }>
  abort(): Promise<void>
}

export interface TableOptions {
  /** Rows of a row group. Readers hold one at a time. */
  rowGroupRows?: number
}

/** Rows of one Arrow batch on the way into the file; also bounds what a writer holds as rows. */
const BATCH_ROWS = 4096

/**
 * Writes rows as Parquet (zstd, page index, statistics, NOT NULL kept), streaming.
 *
 * Equal rows give equal bytes, however they were cut into `append` calls. Columns that are not declared are left out.
 * Memory: one row group, encoded, and 4,096 rows.
 */
export function openTableWriter(columns: Columns, sink: ByteSink, options: TableOptions = {}): TableWriter {
  const parquet = (wasm ??= createRequire(import.meta.url)('parquet-wasm') as ParquetWasm)
  const schema = arrowSchema(columns)
  const batches = new TransformStream<unknown, unknown>()
  const input = batches.writable.getWriter()
  let builder = new parquet.WriterPropertiesBuilder()
    .setCompression(parquet.Compression.ZSTD)
    .setMaxRowGroupSize(options.rowGroupRows ?? 32_768)
    .setCreatedBy('pairloom')
  for (const [name, column] of Object.entries(columns)) {
    if (column.distinct) builder = builder.setColumnDictionaryEnabled(name, false)
  }
  const properties = builder.build()
  let held: Row[] = []
  let total = 0
  let failure: unknown

  const pump = (async () => {
    const output = (await parquet.transformParquetStream(
      batches.readable as never,
      properties,
    )) as unknown as AsyncIterable<Uint8Array>
    for await (const chunk of output) await sink.write(chunk)
  })().catch((error: unknown) => {
    failure = error
    // Whoever waits to hand over the next batch must hear of it.
    return input.abort(error).catch(() => undefined)
  })

  async function push(rows: readonly Row[]): Promise<void> {
    const ipc = arrow.tableToIPC(new arrow.Table([arrowBatch(columns, schema, rows)]), 'stream')
    const [batch] = recordBatches(parquet, ipc)
    if (failure !== undefined) throw tableError(failure)
    try {
      await input.write(batch ?? emptyBatch(parquet, schema))
    } catch (error) {
      throw failure ?? error
    }
  }

  return {
    get rows() {
      return total
    },
    async append(rows) {
      total += rows.length
      for (const row of rows) {
        held.push(row)
        if (held.length < BATCH_ROWS) continue
        const full = held
        held = []
        await push(full)
      }
    },
    async close() {
      if (held.length > 0 || total === 0) await push(held)
      held = []
      await input.close().catch((error: unknown) => {
        throw failure ?? error
      })
      await pump
      if (failure !== undefined) throw tableError(failure)
      return { ...(await sink.close()), rows: total }
    },
    async abort() {
      await input.abort().catch(() => undefined) // The stream may be broken already: that is why we abort.
      await pump
      await sink.abort()
    },
  }
}

/** An IPC stream of an empty table has no batch, and Parquet needs one to learn the schema. */
function emptyBatch(parquet: ParquetWasm, schema: arrow.Schema): unknown {
  const children = schema.fields.map(
    (f) => arrow.makeData({ type: f.type as arrow.DataType, length: 0 } as never) as arrow.Data,
  )
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: 0, nullCount: 0, children })
  const writer = new arrow.RecordBatchStreamWriter()
  writer.write(new arrow.RecordBatch(schema, data))
  return recordBatches(parquet, writer.finish().toUint8Array(true))[0]
}

/** The batches of an IPC stream. What holds them is freed at once: the collector does not see WASM memory fill up. */
function recordBatches(parquet: ParquetWasm, ipc: Uint8Array): unknown[] {
  const table = parquet.Table.fromIPCStream(ipc)
  try {
    return table.recordBatches()
  } finally {
    table.free()
  }
}

function tableError(error: unknown): unknown {
  if (error instanceof PairloomError) return error
  return new PairloomError('PL_TABLE', `Expected to write a Parquet file, got ${String(error)}`, {
    cause: error,
  })
}
