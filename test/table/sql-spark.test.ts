import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSql, type SparkEngine } from '../../src/table/sql.ts'
import { missingProgram } from '../install/program.ts'
import { missingSpark, QUICK, SPARK } from '../install/spark.ts'
import { describeSql } from './sql-conformance.ts'

const missing = missingSpark()
const spark: SparkEngine = {
  engine: 'spark',
  master: 'local[2]',
  python: SPARK.python,
  submit: QUICK,
  memoryMiB: 512,
}

describeSql('Spark', spark, missing, () => SPARK.make())

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairloom-spark-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A program that is started as Python is. */
async function program(name: string, ...lines: string[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'))
  await chmod(path, 0o755)
  return path
}

function open(change: Partial<SparkEngine>) {
  return openSql({ memoryBytes: 2 ** 27, scratch: folder }, { ...spark, ...change })
}

describe('Spark that cannot be started', () => {
  it('is refused where the Python is not there', async () => {
    const python = join(folder, 'no-python')
    await expect(open({ python })).rejects.toMatchObject({
      code: 'PL_SQL',
      message: expect.stringMatching(/no-python to start Spark SQL 4, got: .*ENOENT.*pip install/) as string,
    })
  })

  const noPython = missingProgram('python3')
  it.skipIf(noPython !== null)('is refused where Python has no pyspark, saying how to get it', async () => {
    // -S leaves out what is installed beside the language itself.
    const python = await program('bare', 'unset SPARK_HOME PYTHONPATH', 'exec python3 -S "$@"')
    await expect(open({ python })).rejects.toMatchObject({
      code: 'PL_SQL',
      message: expect.stringMatching(/No module named 'pyspark'.*pip install "pyspark>=4/) as string,
    })
  })

  it.skipIf(missing !== null)('is refused where there is no Java, saying how to get it', async () => {
    const python = await program('no-java', `JAVA_HOME=${folder}/none exec ${SPARK.python} "$@"`)
    await expect(open({ python })).rejects.toMatchObject({
      code: 'PL_SQL',
      message: expect.stringContaining('install Java 17 or 21') as string,
    })
  })
})

describe('the driver of Spark', () => {
  it('that dies at work ends the task, to be run again, and the next one gets a new driver', async () => {
    const python = await program('dies', `echo '{"ready":"4"}'`, 'read request', 'echo oops >&2', 'exit 3')
    for (const _ of [1, 2]) {
      const sql = await open({ python })
      await expect(sql.view('input', ['x.parquet'])).rejects.toMatchObject({
        code: 'PL_TASK_CRASHED',
        message: "Spark's driver died: it ended with code 3 (oops)",
      })
      sql.close()
    }
  })

  it('gets the master, the memory and the arguments of spark-submit, none of them through a shell', async () => {
    const said = join(folder, 'arguments')
    const python = await program(
      'says',
      `echo "$PYSPARK_SUBMIT_ARGS" > ${said}`,
      `echo '{"ready":"4"}'`,
      'cat > /dev/null',
    )
    const submit = ['--conf', 'spark.app.name=it\'s $(touch gone) `x` \\ "q"']
    const sql = await open({ python, master: 'spark://host:7077', submit, memoryMiB: 2048 })
    sql.close()
    const split = `import shlex, sys, json; print(json.dumps(shlex.split(open(sys.argv[1]).read())))`
    const child = spawn('python3', ['-c', split, said], { stdio: ['ignore', 'pipe', 'inherit'] })
    const given = JSON.parse(String((await once(child.stdout, 'data'))[0])) as string[]
    expect(given.slice(0, 4)).toEqual(['--master', 'spark://host:7077', '--driver-memory', '2048m'])
    expect(given.slice(-3)).toEqual([...submit, 'pyspark-shell'])
  })

  it.skipIf(missing !== null || process.platform !== 'linux')(
    'ends with the process that started it',
    async () => {
      const script = `
      const { openSql } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/table/sql.ts'))})
      await openSql({ memoryBytes: 2 ** 27, scratch: ${JSON.stringify(folder)} }, ${JSON.stringify(spark)})
      console.log('open')
      setInterval(() => undefined, 1000)`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      const below = await descendants(child.pid!)
      expect(below.length).toBeGreaterThanOrEqual(2) // Python and Java.
      child.kill('SIGKILL')
      while ((await Promise.all(below.map(isThere))).includes(true)) await wait(50)
    },
    300_000,
  )
})

async function descendants(pid: number): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = new Map(await Promise.all(all.map(async (p) => [p, await parentOf(p)] as const)))
  const below = [...parents].filter(([, parent]) => parent === pid).map(([p]) => p)
  return [...below, ...(await Promise.all(below.map(descendants))).flat()]
}

async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') X 0')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** A zombie that nobody waits for is gone. */
async function isThere(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') Z')
  return stat[stat.lastIndexOf(')') + 2] !== 'Z'
}
