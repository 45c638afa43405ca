import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { PairloomError } from '../core/error.ts'
import { PLACE } from '../store/alive.ts'
import { sparkSaid } from './spark-said.ts'
import { SQL_FUNCTIONS } from './sql-functions.ts'
import { isLocal, type SparkEngine } from './sql.ts'

/** A Spark session in a process of its own. */
export interface SparkDriver {
  /**
   * Does one thing; others wait for it.
   *
   * @throws PairloomError `PL_SQL` with Spark's words, `PL_TASK_CRASHED` when the process died
   */
  call(request: Request): Promise<void>
  readonly isOver: boolean
  /** Ends it, whatever it does. */
  end(): void
}

export type Request =
  | { do: 'view'; name: string; files: string[] }
  | { do: 'query'; statement: string; into: string }

interface Answer {
  id?: number
  ready?: string
  error?: string
  missing?: 'pyspark' | 'java' | null
}

/** Spark does not start with less, MiB. */
const LEAST_MIB = 512
const STDERR_CHARACTERS = 4000

/**
 * Starts Spark: Python, which starts Java. The session is this process's alone and ends with it: when the pipe to
 * Python's stdin closes, however that comes, Python ends, and Java in turn.
 *
 * @throws PairloomError `PL_SQL` that says what is missing and how to get it
 */
export async function startSpark(engine: SparkEngine, memoryBytes: number): Promise<SparkDriver> {
  // Named like a worker's scratch, so that the next run removes what a killed process has left.
  const folder = await mkdtemp(join(tmpdir(), `pairloom-scratch-${PLACE}-${process.pid}-spark-`))
  const child = spawn(engine.python, [fileURLToPath(new URL('./spark_driver.py', import.meta.url))], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PYSPARK_SUBMIT_ARGS: submitArguments(engine, memoryBytes, folder).map(quoted).join(' '),
      PAIRLOOM_SPARK_FUNCTIONS: JSON.stringify(SQL_FUNCTIONS.flatMap((f) => f.spark ?? [])),
      PAIRLOOM_SPARK_FOLDER: folder,
    },
  })
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>()
  let said = ''
  let serial = 0
  let isOver = false
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-STDERR_CHARACTERS)
  })
  // A write to a process that is gone: its end says so.
  child.stdin.on('error', () => undefined)

  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer
      if (answer.ready !== undefined) resolve()
      else if (answer.id === undefined) reject(cannotStart(engine, answer, said))
      else {
        const call = waiting.get(answer.id)
        waiting.delete(answer.id)
        if (answer.error === undefined) call?.resolve()
        else call?.reject(new Error(answer.error))
      }
      hold(child, waiting.size > 0)
    })
    const ended = (why: string) => {
      isOver = true
      const error = new PairloomError('PL_TASK_CRASHED', `Spark's driver died: ${why}${lastLine(said)}`)
      for (const call of waiting.values()) call.reject(error)
      waiting.clear()
      reject(error)
      void rm(folder, { recursive: true, force: true })
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return
      reject(cannotStart(engine, { error: error.message, missing: 'pyspark' }, ''))
      ended(error.message)
    })
    child.on('exit', (code, signal) => ended(`it ended with ${signal ?? `code ${code}`}`))
  })
  await ready

  return {
    get isOver() {
      return isOver
    },
    async call(request) {
      const id = serial++
      const answered = new Promise<void>((resolve, reject) => waiting.set(id, { resolve, reject }))
      hold(child, true)
      child.stdin.write(`${JSON.stringify({ ...request, id })}\n`)
      try {
        await answered
      } catch (error) {
        if (error instanceof PairloomError) throw error
        const { message } = error as Error
        const data = request.do === 'query' ? { statement: request.statement } : { files: request.files }
        const text = `Expected Spark to run a statement, got: ${sparkSaid(message)}`
        throw new PairloomError('PL_SQL', text, { data, cause: error })
      }
    },
    end() {
      child.stdin.end()
    },
  }
}

/** The options that make Spark's rows those of DuckDB, the size, and then what the user gives, which wins. */
function submitArguments(engine: SparkEngine, memoryBytes: number, folder: string): string[] {
  const { master, submit, memoryMiB } = engine
  const heap = memoryMiB ?? Math.max(LEAST_MIB, Math.floor(memoryBytes / 2 ** 20))
  const settings = {
    'spark.app.name': 'pairloom',
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.timestampType': 'TIMESTAMP_NTZ',
    'spark.sql.ansi.enabled': 'true',
    'spark.sql.caseSensitive': 'false',
    // "a" is a name, as the standard and DuckDB have it.
    'spark.sql.ansi.doubleQuotedIdentifiers': 'true',
    'spark.sql.parquet.compression.codec': 'zstd',
    'spark.sql.warehouse.dir': join(folder, 'warehouse'),
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.log.level': 'ERROR',
    ...(isLocal(engine) && {
      'spark.local.dir': folder,
      'spark.driver.host': '127.0.0.1',
      'spark.driver.bindAddress': '127.0.0.1',
      'spark.sql.shuffle.partitions': '32',
    }),
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`])
  return ['--master', master, '--driver-memory', `${heap}m`, ...flags, ...submit, 'pyspark-shell']
}

/** As shlex.split of Python reads it, which is how PySpark takes its arguments: no shell sees them. */
function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'"'"'`)}'`
}

/** Keeps this process alive for the other, or not: a session at rest must not hold up its end. */
function hold(child: ChildProcess, isHeld: boolean): void {
  for (const handle of [child, child.stdin, child.stdout, child.stderr] as Partial<NodeJS.RefCounted>[]) {
    if (isHeld) handle.ref?.()
    else handle.unref?.()
  }
}

function cannotStart(engine: SparkEngine, answer: Answer, said: string): PairloomError {
  const advice = {
    pyspark: `install it into a virtual environment (pip install "pyspark>=4,<5") and name its Python with sql.python, or set SPARK_HOME`,
    java: 'install Java 17 or 21 (apt-get install openjdk-17-jre-headless) or set JAVA_HOME',
    other: `master ${engine.master} and the arguments in sql.submit decide how it starts`,
  }[answer.missing ?? 'other']
  const message = `Expected ${engine.python} to start Spark SQL 4, got: ${sparkSaid(answer.error ?? '')}${lastLine(said)}: ${advice}`
  return new PairloomError('PL_SQL', message, { data: { python: engine.python, master: engine.master } })
}

function lastLine(said: string): string {
  const line = said.trimEnd().split('\n').at(-1)!.trim()
  return line === '' ? '' : ` (${line.slice(0, 300)})`
}
