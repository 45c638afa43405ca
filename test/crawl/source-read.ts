import {
  NO_START,
  type BytesAccess,
  type Counters,
  type Row,
  type Source,
  type SourcePart,
  type StageContext,
  type Verdict,
} from '../../src/core/index.ts'

export interface SourceRead {
  rows: Row[]
  rejects: (Row & Verdict)[]
  counters: Counters
  parts: SourcePart[]
  /** What was appended, in its order. */
  stored: { name: string; bytes: Buffer }[]
}

/** Runs a source over all of its partitions, as a plan and its tasks do, without a run folder. */
export async function readSource(source: Source, options: Record<string, unknown>): Promise<SourceRead> {
  const parsed = source.options.parse(options)
  await source.identity!(parsed)
  const read: SourceRead = {
    rows: [],
    rejects: [],
    counters: {},
    stored: [],
    parts: await source.partitions(parsed, NO_START),
  }
  const append: BytesAccess['append'] = (name, bytes) => {
    read.stored.push({ name, bytes: Buffer.from(bytes) })
    return Promise.resolve({
      bytes_dataset: 'test',
      bytes_part: 0,
      bytes_offset: read.stored.length - 1,
      bytes_length: bytes.length,
    })
  }
  const context = {
    options: parsed,
    signal: new AbortController().signal,
    now: () => 0,
    isTakenDown: () => false,
    bytes: { append, read: () => Promise.reject(new Error('not asked')) },
    drop: (row: Row, verdict: Verdict) => read.rejects.push({ ...row, ...verdict }),
    count: (name: string, by = 1) => (read.counters[name] = (read.counters[name] ?? 0) + by),
  } as unknown as StageContext<Record<string, unknown>>
  for (const part of read.parts) {
    // Parts travel as JSON.
    for await (const batch of source.read(JSON.parse(JSON.stringify(part)) as SourcePart, context))
      read.rows.push(...batch)
  }
  return read
}
