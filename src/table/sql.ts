import type { Row } from '../core/column.ts'

/** Where SQL runs. */
export type SqlEngine = { engine: 'duckdb' } | SparkEngine

/** Spark SQL 4: in processes of this machine, or on a cluster. */
export interface SparkEngine {
  engine: 'spark'
  /** As of spark-submit: `local[2]`, `spark://host:7077`, `yarn`, `k8s://…`. */
  master: string
  /** Python that can import pyspark, or that SPARK_HOME gives one. */
  python: string
  /** More arguments of spark-submit. */
  submit: string[]
  /** Heap of the driver, MiB; null: half of what a worker may hold. */
  memoryMiB: number | null
}

export interface SqlOptions {
  /** Memory the engine may hold before it spills, bytes. */
  memoryBytes: number
  /** Folder for what it spills. */
  scratch: string
  /** Processors it uses. */
  threads?: number
}

/**
 * An SQL engine over Parquet files. Both engines give equal rows for statements of the subset that they share
 * (docs/sql.md), which one test body proves.
 *
 * A value comes as it is or not at all: whole numbers and dates are what JavaScript holds exactly, else the statement
 * fails with `PL_SQL`; decimals are the nearest number. NULL is null, a list an array, a struct an object, bytes a Buffer.
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

/** Opens an engine: DuckDB in this process, or Spark beside it. */
export async function openSql(options: SqlOptions, engine: SqlEngine = { engine: 'duckdb' }): Promise<Sql> {
  if (engine.engine === 'spark') return (await import('./spark.ts')).openSpark(options, engine)
  return (await import('./duckdb.ts')).openDuckDb(options)
}

/** Whether it runs on this machine alone, and so sees its scratch folders. */
export function isLocal(engine: SqlEngine): boolean {
  return engine.engine === 'duckdb' || /^local(\[[^\]]*\])?$/.test(engine.master)
}
