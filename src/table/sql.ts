import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'

export interface SqlOptions {
  /** Memory the engine may hold before it spills, bytes. */
  memoryBytes: number
  /** Folder for what it spills. */
  scratch: string
  threads?: number
}

export interface Sql {
  /** Makes a view over Parquet files, columns matched by name, never taken from a path. At least one file. */
  view(name: string, files: readonly string[]): Promise<void>
  /** Runs one statement and gives its rows in order, 2,048 at a time. int64 become numbers, lists arrays. */
  query(statement: string): AsyncGenerator<Row[]>
  close(): void
}

/**
 * Opens DuckDB in memory, spilling to scratch.
 *
 * Results come in the order of the statement's ORDER BY; without one the order is any.
 * @throws PairloomError `PL_SQL` with the engine's own words
 */
export async function openSql(options: SqlOptions): Promise<Sql> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.max(64, Math.floor(options.memoryBytes / 2 ** 20))}MiB`,
    temp_directory: options.scratch,
    threads: String(options.threads ?? 2),
    preserve_insertion_order: 'false',
    autoinstall_known_extensions: 'false',
  })
  const connection = await instance.connect()
  return {
    async view(name, files) {
      const list = files.map((f) => `'${f.replaceAll("'", "''")}'`).join(', ')
      await guarded(`view ${name}`, () =>
        connection.run(
          `CREATE OR REPLACE VIEW "${name}" AS SELECT * FROM read_parquet([${list}], union_by_name = true, hive_partitioning = false)`,
        ),
      )
    },
    query: (statement) => stream(connection, statement),
    close: () => close(connection, instance),
  }
}

async function* stream(connection: DuckDBConnection, statement: string): AsyncGenerator<Row[]> {
  const result = await guarded(statement, () => connection.stream(statement))
  const iterator = result.yieldRowObjectJs()
  for (;;) {
    const next = await guarded(statement, () => iterator.next())
    if (next.done) return
    const rows = next.value as Row[]
    for (const row of rows) {
      for (const name in row) if (typeof row[name] === 'bigint') row[name] = Number(row[name])
    }
    yield rows
  }
}

function close(connection: DuckDBConnection, instance: DuckDBInstance): void {
  connection.closeSync()
  instance.closeSync()
}

async function guarded<T>(statement: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const said = (error as Error).message
    throw new PairloomError('PL_SQL', `Expected DuckDB to run a statement, got: ${said}`, {
      data: { statement },
      cause: error,
    })
  }
}
