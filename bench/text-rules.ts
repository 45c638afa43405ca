import { basename, dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Filter } from '../src/core/filter.ts'
import * as filters from '../src/filter/index.ts'
import { fileStore } from '../src/store/file.ts'
import { readTable } from '../src/table/parquet-read.ts'

const ROUNDS = 5

/**
 * What measuring a caption costs, by rule: the texts of a Parquet file through every rule on texts that needs no options
 * of its own, the best of five rounds in one process.
 *
 * Run: `npm run bench -- text-rules --texts captions.parquet --column TEXT`.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { texts: { type: 'string' }, column: { type: 'string', default: 'TEXT' } },
  })
  if (values.texts === undefined) throw new Error('Expected --texts with a Parquet file of captions')
  const path = resolve(values.texts)
  const rows: { texts: { text: string }[]; caption: number }[] = []
  for await (const batch of readTable(fileStore(dirname(path)), basename(path), { columns: [values.column] }))
    for (const row of batch)
      rows.push({ texts: [{ text: (row[values.column] as string | null) ?? '' }], caption: 0 })

  const us: Record<string, number> = {}
  const all = Object.values(filters).filter((stage) => stage.kind === 'filter')
  for (const filter of all.filter(({ reads, cost }) => reads.includes('texts') && cost !== 'costly')) {
    const options = filter.options.safeParse({})
    if (options.success) us[filter.name] = await measure(filter, options.data, rows)
  }
  process.stdout.write(
    `${JSON.stringify({ bench: 'text-rules', unit: 'CPU us per caption', rows: rows.length, ...us })}\n`,
  )
}

async function measure(filter: Filter, options: Record<string, unknown>, rows: object[]): Promise<number> {
  const prepared = await filter.prepare?.(options)
  let best = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    for (const row of rows) filter.measure(row as never, options, prepared)
    best = Math.min(best, process.cpuUsage(start).user / rows.length)
  }
  return Math.round(best * 100) / 100
}
