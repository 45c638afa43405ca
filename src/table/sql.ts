import type { Row } from '../core/column.ts'

export interface SqlOptions {
  /** Memory the engine may hold before it spills, bytes. */
  memoryBytes: number
  /** Folder for what it spills. */
  scratch: string
  /** Processors it uses. */
  threads?: number
}

/**
 * An SQL engine over Parquet files.
 *
 * A value comes as it is or not at all: whole numbers and dates are what JavaScript holds exactly, else the statement
 * fails with `PL_SQL`; decimals are the nearest number. NULL is null, a list an array, a struct an object, bytes a Uint8Array.
 * NULL sorts below every value, NaN above.
 */
export interface Sql {
  /** Makes a view over Parquet files, columns matched by name, never taken from a path. At least one file. */
  view(name: string, files: readonly string[]): Promise<void>
  /**
   * Runs one statement and gives its rows in batches, in the order of its ORDER BY; without one the order is any.
   *
   * @throws PairloomError `PL_SQL` with the engine's own words
   */
  query(statement: string): AsyncGenerator<Row[]>
  /** Keeps what a statement gives as a table for later ones; it spills as they do. */
  table(name: string, statement: string): Promise<void>
  close(): void
}

/** Opens DuckDB in this process. */
export async function openSql(options: SqlOptions): Promise<Sql> {
  return (await import('./duckdb.ts')).openDuckDb(options)
}
