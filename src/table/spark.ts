import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PairloomError } from '../core/error.ts'
import { openDuckDb } from './duckdb.ts'
import { startSpark, type SparkDriver } from './spark-driver.ts'
import type { SparkEngine, Sql, SqlOptions } from './sql.ts'

/** A session that nobody has used for so long is ended: it holds its heap. ms. */
const IDLE_MS = 30_000
/** What the reader of results may hold, bytes. */
const READER_BYTES = 128 * 2 ** 20

interface Session {
  driver: SparkDriver
  users: number
  idle?: NodeJS.Timeout
}

/** Sessions by what they were started with: starting one costs seconds, so the next stage of a process uses it too. */
const sessions = new Map<string, Promise<Session>>()
let serial = 0

/**
 * Opens Spark SQL: the session that this process has, or a new one.
 *
 * Spark writes a result as Parquet to the scratch folder, in parts in the order of the rows, and DuckDB reads part by part:
 * every value comes out of the same reader, whatever made it. Scratch must be a folder that Spark's executors see too.
 * @throws PairloomError `PL_SQL` when Spark cannot be started
 */
export async function openSpark(options: SqlOptions, engine: SparkEngine): Promise<Sql> {
  const session = await lease(engine, options.memoryBytes)
  const reader = await openDuckDb({
    memoryBytes: READER_BYTES,
    scratch: options.scratch,
    threads: 1,
    inOrder: true,
  })
  const results = `spark-${process.pid}-${serial++}`
  let made = 0
  const nextFolder = () => resolve(options.scratch, results, String(made++))
  const view = (name: string, files: readonly string[]) =>
    session.driver.call({ do: 'view', name, files: files.map((file) => fileUrl(file, true)) })
  return {
    view,
    async table(name, statement) {
      const folder = nextFolder()
      try {
        await session.driver.call({
          do: 'query',
          statement: literal(statement),
          into: fileUrl(folder, false),
        })
      } catch (error) {
        throw withStatement(error, statement)
      }
      await view(name, await partsOf(folder))
    },
    async *query(statement) {
      const folder = nextFolder()
      try {
        await session.driver.call({
          do: 'query',
          statement: literal(statement),
          into: fileUrl(folder, false),
        })
        for (const part of await partsOf(folder)) {
          await reader.view('result', [part])
          yield* reader.query('SELECT * FROM result')
          await rm(part)
        }
      } catch (error) {
        throw withStatement(error, statement)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
    close() {
      reader.close()
      release(session)
    },
  }
}

async function lease(engine: SparkEngine, memoryBytes: number): Promise<Session> {
  const key = JSON.stringify([engine, engine.memoryMiB ?? memoryBytes])
  const known = await sessions.get(key)?.catch(() => undefined)
  if (known && !known.driver.isOver) {
    known.users++
    clearTimeout(known.idle)
    return known
  }
  const opening = startSpark(engine, memoryBytes).then((driver): Session => ({ driver, users: 1 }))
  sessions.set(key, opening)
  return opening
}

function release(session: Session): void {
  if (--session.users > 0) return
  session.idle = setTimeout(() => session.driver.end(), IDLE_MS)
  session.idle.unref()
}

/** Spark names parts `part-00012-<uuid>…`, by the place of their rows; past 99,999 with more digits. */
async function partsOf(folder: string): Promise<string[]> {
  const place = (name: string) => Number(/^part-(\d+)-/.exec(name)?.[1] ?? Number.NaN)
  const names = (await readdir(folder)).filter((name) => !Number.isNaN(place(name)))
  return names.sort((a, b) => place(a) - place(b)).map((name) => join(folder, name))
}

/** A path as Hadoop takes it; what it reads may be a pattern, so its special characters are escaped. */
function fileUrl(path: string, isPattern: boolean): string {
  return `file://${isPattern ? resolve(path).replaceAll(/[\\*?[\]{}]/g, '\\$&') : resolve(path)}`
}

/** Spark reads escapes in a string literal, where the standard and DuckDB have a backslash; nothing else in SQL has one. */
function literal(statement: string): string {
  return statement.replaceAll('\\', '\\\\')
}

function withStatement(error: unknown, statement: string): unknown {
  if (!(error instanceof PairloomError) || error.code !== 'PL_SQL') return error
  return new PairloomError('PL_SQL', error.message, { data: { ...error.data, statement }, cause: error })
}
