import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { NO_NETWORK } from '../core/collect.ts'
import { parseDuration } from '../core/duration.ts'
import { parseRange } from '../crawl/address.ts'
import { parseEndpoint } from '../crawl/resolve.ts'
import type { SqlEngine } from '../table/sql.ts'

const word = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and dashes')

/** A letter first: JavaScript would move a key that is all digits to the front, and the order of stages counts. */
const stageId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'expected a letter, then lower-case letters, digits and dashes')

/** The network section of a pipeline. */
const network = z.strictObject({
  agent: z
    .string()
    .regex(/^[A-Za-z][A-Za-z_-]*$/, 'expected a product token: letters, dashes and underscores')
    .default(NO_NETWORK.agent)
    .describe('product token of the User-Agent; robots.txt groups are matched with it'),
  contact: z
    .string()
    .min(3)
    // A header that holds anything else is no header (RFC 9110, 5.5): every request would fail.
    .regex(
      /^[\x20-\x7e]*$/,
      'expected printable ASCII (percent-encode the rest of a URL, write host names in punycode)',
    )
    .nullable()
    .default(null)
    .describe('mail address or page in the User-Agent'),
  hosts: z
    .record(
      z.string(),
      z.string().refine((text) => parseEndpoint(text) !== null, 'expected an address or address:port'),
    )
    .default({})
    .describe('host name to address or address:port, asked before DNS'),
  allow: z
    .array(
      z
        .string()
        .refine((text) => parseRange(text) !== null, 'expected an address or a range such as 10.1.0.0/16'),
    )
    .default([])
    .describe('addresses and CIDR ranges to fetch although they are private'),
  atOnce: z
    .int()
    .min(1)
    .max(65_536)
    .default(NO_NETWORK.atOnce)
    .describe('requests at once to all hosts, over all worker processes'),
  perAddress: z
    .int()
    .min(1)
    .max(4096)
    .default(NO_NETWORK.perAddress)
    .describe('requests at once to one address, whatever hosts are on it, over all worker processes'),
  dns: z
    .strictObject({
      servers: z
        .array(
          z.string().refine((text) => parseEndpoint(text) !== null, 'expected an address or address:port'),
        )
        .default(NO_NETWORK.dns.servers)
        .describe('name servers, the next asked when one fails or is late; without any those of the machine'),
      atOnce: z
        .int()
        .min(1)
        .max(4096)
        .default(NO_NETWORK.dns.atOnce)
        .describe('names that a worker process looks up at once'),
    })
    .prefault({}),
  http2: z.boolean().default(NO_NETWORK.http2).describe('offer HTTP/2 to servers over TLS'),
})

/** What the `sql` of a pipeline may say of Spark. */
const spark = z.strictObject({
  engine: z.enum(['duckdb', 'spark']),
  master: z
    .string()
    .min(1)
    .default('local[*]')
    .describe('as of spark-submit: local[4], spark://host:7077, yarn'),
  python: z
    .string()
    .min(1)
    .default('python3')
    .describe('Python 3.11 or newer that has pyspark 4, or finds one by SPARK_HOME'),
  submit: z
    .array(z.string().min(1))
    .default([])
    .describe('more arguments of spark-submit, such as --executor-memory, 8g'),
  memoryMiB: z
    .int()
    .min(512)
    .nullable()
    .default(null)
    .describe(
      'heap of the driver, MiB; with a local master all that Spark holds. null: half of memoryMiB, 512 at least',
    ),
})

const { engine: _, ...SPARK_DEFAULTS } = spark.parse({ engine: 'spark' })

/** Where the SQL of global stages runs. It decides no row: it is in no fingerprint. */
const sql = z
  .union([
    z.enum(['duckdb', 'spark']),
    spark.refine(({ engine, ...others }) => engine === 'spark' || isDeepStrictEqual(others, SPARK_DEFAULTS), {
      error: 'expected master, python, submit and memoryMiB with the engine spark only',
    }),
  ])
  .default('duckdb')
  .transform((chosen): SqlEngine => {
    const all = typeof chosen === 'string' ? spark.parse({ engine: chosen }) : chosen
    return all.engine === 'spark' ? { ...all, engine: 'spark' } : { engine: 'duckdb' }
  })
  .describe('duckdb: in the worker itself; spark: Spark SQL 4, with its options as a map')

/** The top of a pipeline file. Stages are checked one by one, each with its own schema. */
export const pipelineSchema = z.strictObject({
  name: word.describe('names the run folder'),
  seed: z
    .union([z.string(), z.int()])
    .default('0')
    .transform(String)
    .describe('decides every random choice; same seed, same shards'),
  run: z.string().min(1).optional().describe('run folder; default runs/<name>'),
  out: z
    .string()
    .min(1)
    .optional()
    .describe('folder of the final shards, one folder a sink; default out/<name>'),
  network: network.prefault({}),
  sql,
  plugins: z.array(z.string().min(1)).default([]).describe('files or packages that export stages'),
  memoryMiB: z
    .int()
    .min(128)
    .default(1024)
    .describe('memory a worker process may hold before it is stopped, MiB'),
  deadline: z
    .string()
    .transform((text, { addIssue }) => {
      const ms = parseDuration(text)
      if (ms === null) addIssue('expected a whole number with s, m, h or d, such as 6h')
      return ms ?? 0
    })
    .nullable()
    .default(null)
    .describe('time after which a run asks for nothing more: what is left ends as deferred, such as 6h'),
  stages: z
    .record(stageId, z.looseObject({}))
    .refine((s) => Object.keys(s).length > 0, 'expected at least one stage'),
})

/** A pipeline as a user writes it, in YAML or as a value. */
export type PipelineInput = z.input<typeof pipelineSchema>
export type PipelineTop = z.output<typeof pipelineSchema>

/** A pipeline as a value; the same object as a YAML file holds. It is checked when it is planned. */
export function definePipeline(pipeline: PipelineInput): PipelineInput {
  return pipeline
}
