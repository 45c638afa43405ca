import type { z } from 'zod'
import type { Columns, Row } from './column.ts'
import type { Filter } from './filter.ts'
import type { OptionsSchema } from './options.ts'
import type { Gate } from './turn.ts'

/** Why a row does not go on. Stored beside the row in the rejects. */
export interface Verdict {
  /** `dropped`: a rule decided against it. `failed`: something broke that is no decision. */
  status: 'dropped' | 'failed'
  /** Rule that decided: the filter's or stage's name. */
  rule: string
  /** Short stable word: `too-small`, `http-404`. Counters are kept by it. */
  reason: string
  /** The value seen and the limit it broke, as text; or the evidence (an error's text, a robots.txt line). */
  value?: string | null
  limit?: string | null
}

/** The columns that a rejects file has beside the row's own. */
export const VERDICT_COLUMNS = {
  status: { type: 'utf8', doc: 'dropped or failed' },
  rule: { type: 'utf8', doc: 'rule that decided' },
  reason: { type: 'utf8', doc: 'short stable word for why' },
  value: { type: 'utf8', nullable: true, doc: 'the value seen, or the evidence' },
  limit: { type: 'utf8', nullable: true, doc: 'the limit it broke' },
} as const satisfies Columns

/** How the pipeline reaches the network; the top of the YAML file says it once for all stages. */
export interface Network {
  /** Product token of the User-Agent, also the name that robots.txt groups are matched with. */
  agent: string
  /** A mail address or page in the User-Agent, for those who are crawled. */
  contact: string | null
  /** Host name -> `address:port` or `address`: asked before DNS. */
  hosts: Record<string, string>
  /** Addresses and CIDR ranges that are fetched although they are private, such as `127.0.0.1`. */
  allow: string[]
  /** Requests at once to all hosts, over all worker processes. */
  atOnce: number
  /** Requests at once to one address, whatever hosts are on it. */
  perAddress: number
  dns: {
    /** Name servers, `address` or `address:port`; those of the machine where there are none. */
    servers: string[]
    /** Names that a process looks up at once. */
    atOnce: number
  }
  /** Offers HTTP/2 to servers over TLS. */
  http2: boolean
}

export interface BytesRef {
  bytes_dataset: string
  bytes_part: number
  bytes_offset: number
  bytes_length: number
}

/** Reads and writes the bytes plane of a run. */
export interface BytesAccess {
  /** Appends one member to this task's tar. Only for stages that declare `writesBytes`. */
  append(name: string, bytes: Uint8Array): Promise<BytesRef>
  /** The bytes that a row refers to. */
  read(row: BytesRef): Promise<Buffer>
}

/** Everything that reaches a stage from outside: no clock, randomness or environment but through here. */
export interface StageContext<Options = unknown> {
  options: Options
  /** The id that the pipeline file gives the stage. */
  stage: string
  /** The pipeline's seed for stages that declare `seeded`, else `0`. */
  seed: string
  partition: number
  /** Of a stage that `continues`: 0 for a partition itself, then 1 for what that left over, and so on. */
  link: number
  signal: AbortSignal
  /** Time of day, ms since 1970. Only for volatile columns, and for when to stop. */
  now(): number
  /** When `now()` has come so far, a stage that asks the network starts nothing more (`run --deadline`); null: never. */
  deadline: number | null
  network: Network
  /** Turns at hosts, addresses and archives, shared by all workers: enter it before every request. */
  gate: Gate
  /** A folder of this task's own, emptied after it. */
  scratch: string
  /** Memory this task may hold, bytes. */
  memoryBytes: number
  bytes: BytesAccess
  /**
   * Whether somebody has had a row taken down, by what the row has of uid, merged_uids, image_id, sha256 and url. Rows
   * that come to a crawling stage or to a sink are not: the engine has dropped them.
   */
  isTakenDown(row: Row): boolean
  /** Ends a row: it goes to the rejects with its verdict. */
  drop(row: Row, verdict: Verdict): void
  /**
   * Leaves a row, as it came in, to the continuation of the partition. Only for stages that declare `continues`. A task
   * that does nothing but this ends its rows as `failed`, reason `deferred`.
   */
  defer(row: Row): void
  /** Adds to a counter of the task, such as `bytes.in`. Counters add up over tasks. */
  count(name: string, by?: number): void
}

interface StageBase<Kind extends string, S extends OptionsSchema> {
  kind: Kind
  /** `folder/name`. */
  name: string
  /** Raised by one whenever the output changes for equal input and options. */
  version: number
  /** One line for the catalogue. */
  summary: string
  options: S
  /** It makes seeded choices: the pipeline's seed enters its fingerprint, and `context.seed`. */
  seeded?: boolean
  /** Faults that only all options together show, one sentence each; beside what the schema finds. */
  check?(options: z.infer<S>): string[]
  /** Faults that only show beside the columns of the rows that come in: one of another type, SQL that names none. */
  checkColumns?(options: z.infer<S>, columns: Columns): Promise<string[]> | string[]
  /** What else decides the output: hashes of models and lists, a codec's version. JSON. */
  identity?(options: z.infer<S>): Promise<unknown> | unknown
}

/** JSON that tells one partition of a source what to read. */
export type SourcePart = Record<string, unknown>

/** What a source finds its partitions with, before any task runs. */
export interface SourceStart {
  /** The pipeline's, for a source that must ask what there is to read. */
  network: Network
  /** Aborted where the run is to stop; whoever is long about it listens. */
  signal: AbortSignal
}

/** Makes rows from nothing the pipeline holds: pages, lists, WARC files. */
export interface Source<S extends OptionsSchema = OptionsSchema> extends StageBase<'source', S> {
  columns: Columns
  /** Columns that the options name, beside `columns`. */
  optionColumns?(options: z.infer<S>): Columns
  /** It appends the bytes of its rows to the partition's tar. */
  writesBytes?: boolean
  /** True where the world may answer differently tomorrow: the run's snapshot number then enters the fingerprint. */
  snapshot?: boolean
  /** What to check where it gave no row: the object of a sentence. */
  whenEmpty?: string
  partitions(options: z.infer<S>, start: SourceStart): Promise<SourcePart[]> | SourcePart[]
  read(part: SourcePart, context: StageContext<z.infer<S>>): AsyncIterable<Row[]>
}

/**
 * Takes a partition's rows and gives that partition's rows. Streams: holds a batch, never a partition.
 *
 * Rows that come in are the table of the stage above: it makes new ones and never changes them.
 */
export interface RowStage<S extends OptionsSchema = OptionsSchema> extends StageBase<'row', S> {
  /** Columns that must be there. */
  reads: string[]
  /** Columns that the options name and that must be there, beside `reads`. */
  optionReads?(options: z.infer<S>): string[]
  /** Columns it adds, or replaces. */
  adds: Columns
  /** Columns that the options name, beside `adds`. */
  optionColumns?(options: z.infer<S>): Columns
  /** True as for a source; `consent`: `--refresh-consent` starts it anew too. */
  snapshot?: boolean | 'consent'
  /**
   * Column whose value alone decides what is added (`image_id`): results of this stage that the run already has for
   * that value, under the same options, are used again whatever changed before the stage.
   */
  reuseBy?: string
  /** Columns that decide beside it under these options: a result is used again where they are equal too. */
  reuseWith?(options: z.infer<S>): string[]
  /** Column it adds with the time of the result, ISO 8601 in UTC: the age that `run --retry --older-than` goes by. */
  resultAt?: string
  /**
   * It may leave rows to a continuation of the partition (`defer`), which runs when all partitions have had their turn.
   * Where a row comes out depends on time then: no sink may follow at once.
   */
  continues?: boolean
  /** Rows come out in the order in which they were done, which no two runs share: no sink may follow at once. */
  unordered?: boolean
  /**
   * Column by which its input must be partitioned (`site`): it relies on seeing all rows of one value, as a host's pace
   * is kept by one task. A global stage with that `partitionsBy` must be above, with row stages and filters between.
   */
  partitionedBy?: string
  /** It appends to the partition's tar. */
  writesBytes?: boolean
  process(batches: AsyncIterable<Row[]>, context: StageContext<z.infer<S>>): AsyncIterable<Row[]>
}

/** What a global stage sees of its input. */
export interface GlobalInput {
  /** Columns of the rows, in order. */
  columns: Columns
  rows: number
  partitions: number
  /**
   * Runs one SQL statement over the view `input` (all rows that came in), batch by batch in the order of its
   * ORDER BY. Use the subset that DuckDB and Spark share (docs/sql.md).
   */
  sql(statement: string): AsyncIterable<Row[]>
  /** Keeps what a statement gives as a table that later ones can name: done once, however often it is asked. */
  table(name: string, statement: string): Promise<void>
  /** The engine sorts any number of rows in one statement, so that several passes over the input would only cost. */
  sortsAll?: boolean
}

export interface GlobalBatch {
  /** Output partition of these rows. Never falls from one batch to the next. */
  partition: number
  rows: Row[]
}

/** Reads all rows and writes partitions of its own: merges, duplicates, caps, packing orders. A barrier. */
export interface GlobalStage<S extends OptionsSchema = OptionsSchema> extends StageBase<'global', S> {
  reads: string[]
  /** As of a row stage. */
  optionReads?(options: z.infer<S>): string[]
  adds: Columns
  /** Number of output partitions where it is fixed; else the last one given decides. */
  partitions?(options: z.infer<S>): number
  /** Column of which all rows of one value come out in one partition. */
  partitionsBy?: string
  run(input: GlobalInput, context: StageContext<z.infer<S>>): AsyncIterable<GlobalBatch>
}

/** A finished file of the output folder. */
export interface OutFile {
  /** Relative to the output folder. */
  path: string
  bytes: number
  sha256: string
  rows: number
}

export interface OutWriter {
  write(chunk: Uint8Array): Promise<void>
  /** Makes the file visible under its name, whole. */
  close(): Promise<{ bytes: number; sha256: string }>
  abort(): Promise<void>
}

export interface SinkContext<Options = unknown> extends StageContext<Options> {
  /** Number of partitions that the sink will get. */
  partitions: number
  /** Columns of the rows, in order. */
  columns: Columns
  /** A new file of the output folder; equal bytes may be written twice under one name. */
  create(path: string): Promise<OutWriter>
}

/** What a sink wrote for one partition: the files, and what its index needs (JSON). */
export interface SinkPart {
  files: OutFile[]
  index?: unknown
}

/** Reads finished files of an output folder. */
export interface OutReader {
  size(path: string): Promise<number>
  readRange(path: string, offset: number, length: number): Promise<Buffer>
}

/** What a sink reads its own files with, to find samples in them or to write them again without some. */
export interface PurgeContext<Options = unknown> {
  options: Options
  /** Columns of the rows that came to the sink, in order. */
  columns: Columns
  files: OutReader
  /** As in `SinkContext`; into another folder than `files`. */
  create(path: string): Promise<OutWriter>
}

/** Writes final files. What it writes must be a function of rows, options and seed alone, byte for byte. */
export interface Sink<S extends OptionsSchema = OptionsSchema> extends StageBase<'sink', S> {
  reads: string[]
  write(batches: AsyncIterable<Row[]>, context: SinkContext<z.infer<S>>): Promise<SinkPart>
  /** Runs once, when every partition is written and before the data set becomes current: the index, a manifest. */
  publish(parts: SinkPart[], context: SinkContext<z.infer<S>>): Promise<OutFile[]>
  /** The samples of a written partition, in order, without their pictures: at least the columns that name them. */
  samples?(part: SinkPart, context: PurgeContext<z.infer<S>>): AsyncIterable<Row[]>
  /**
   * Writes the files of a partition again, under the same names, without the samples that `isRemoved` names: byte for
   * byte what `write` gives for the rows that stay. Without it, what was taken down leaves with the next run.
   */
  purge?(
    part: SinkPart,
    isRemoved: (sample: Row) => boolean,
    context: PurgeContext<z.infer<S>>,
  ): Promise<SinkPart>
}

export type Stage = Source | RowStage | GlobalStage | Sink | Filter

// The casts forget the options' type: a registry holds stages of every kind, and only the plan, which has checked the
// options with the stage's own schema, ever hands them back.
export function defineSource<S extends OptionsSchema>(stage: Omit<Source<S>, 'kind'>): Source {
  return { kind: 'source', ...stage } as unknown as Source
}

export function defineStage<S extends OptionsSchema>(stage: Omit<RowStage<S>, 'kind'>): RowStage {
  return { kind: 'row', ...stage } as unknown as RowStage
}

export function defineGlobal<S extends OptionsSchema>(stage: Omit<GlobalStage<S>, 'kind'>): GlobalStage {
  return { kind: 'global', ...stage } as unknown as GlobalStage
}

export function defineSink<S extends OptionsSchema>(stage: Omit<Sink<S>, 'kind'>): Sink {
  return { kind: 'sink', ...stage } as unknown as Sink
}
