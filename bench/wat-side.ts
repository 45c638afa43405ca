import { createReadStream, readFileSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { NO_NETWORK, NO_START, type Row, type StageContext } from '../src/core/index.ts'
import { wat } from '../src/crawl/wat.ts'
import { readWarc } from '../src/store/warc.ts'

/** `node wat-side.ts rows|records|gunzip FILE`: what a WAT file costs, up to its rows or less; prints what it found. */
const [what, file] = process.argv.slice(2)
let found = 0
if (what === 'rows') {
  const options = wat.options.parse({ files: file, texts: ['alt'] })
  const context = {
    options,
    network: NO_NETWORK,
    signal: new AbortController().signal,
    count: () => undefined,
  } as unknown as StageContext<Record<string, unknown>>
  for (const part of await wat.partitions(options, NO_START)) {
    for await (const rows of wat.read(part, context)) found += (rows as Row[]).length
  }
} else if (what === 'records') {
  for await (const { block } of readWarc(createReadStream(file!, { highWaterMark: 2 ** 20 })))
    found += Math.min(1, block.length)
} else {
  for await (const chunk of createReadStream(file!, { highWaterMark: 2 ** 18 }).pipe(
    createGunzip({ chunkSize: 2 ** 18 }),
  ))
    found += (chunk as Buffer).length
}
process.stdout.write(JSON.stringify({ found, peakMiB: peakMiB() }))

/** Most memory this process has held; maxRSS counts what its parent held when it was forked. */
function peakMiB(): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024
}
