import type { DuckDBConnection, DuckDBInstance, JS } from '@duckdb/node-api'
import type { Row } from '../core/column.ts'
import { PairloomError } from '../core/error.ts'
import { SQL_FUNCTIONS } from './sql-functions.ts'
import type { Sql, SqlOptions } from './sql.ts'

/**
 * Opens DuckDB in memory, spilling to scratch.
 *
 * inOrder: rows of a statement without ORDER BY come as they lie in the file.
 */
export async function openDuckDb(options: SqlOptions & { inOrder?: boolean }): Promise<Sql> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const { exactValue } = await import('./duckdb-value.ts')
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.max(64, Math.floor(options.memoryBytes / 2 ** 20))}MiB`,
    temp_directory: options.scratch,
    threads: String(options.threads ?? 2),
    preserve_insertion_order: String(options.inOrder === true),
    autoinstall_known_extensions: 'false',
    // As Spark: NULL is below every value.
    default_null_order: 'nulls_first_on_asc_last_on_desc',
  })
  const connection = await instance.connect()
  for (const { duckdb } of SQL_FUNCTIONS) await connection.run(duckdb)
  return {
    async view(name, files) {
      const list = files.map((f) => `'${f.replaceAll("'", "''")}'`).join(', ')
      await guarded(`view ${name}`, () =>
        connection.run(
          `CREATE OR REPLACE VIEW "${name}" AS SELECT * FROM read_parquet([${list}], union_by_name = true, hive_partitioning = false)`,
        ),
      )
    },
    async *query(statement) {
      const result = await guarded(statement, () => connection.stream(statement))
      const batches = result.yieldConvertedRowObjects<JS>(exactValue)
      for (;;) {
        const next = await guarded(statement, () => batches.next())
        if (next.done) return
        yield next.value as Row[]
      }
    },
    async table(name, statement) {
      await guarded(statement, () => connection.run(`CREATE OR REPLACE TEMP TABLE "${name}" AS ${statement}`))
    },
    close: () => close(connection, instance),
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
