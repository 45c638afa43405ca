import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { sha256 } from '../../src/core/index.ts'
import { quarters } from '../media/pictures.ts'
import { pipelineBench, type Ran } from '../pipeline/harness.ts'
import { sendBytes, startServer } from '../servers/web.ts'

const bench = pipelineBench()
const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

it('a result is used again only where the list still expects the same hash', async () => {
  const jpeg = await quarters(64, 48).jpeg().toBuffer()
  const server = await startServer({
    'a.test/1.jpg': sendBytes('image/jpeg', jpeg),
    'a.test/2.jpg': sendBytes('image/jpeg', jpeg),
    'a.test/3.jpg': sendBytes('image/jpeg', jpeg),
  })
  closing.push(() => server.close())
  const path = join(bench.folder, 'list.csv')
  const [right, wrong] = [sha256(jpeg), sha256('another')]

  async function run(hashes: string[]): Promise<Ran> {
    const lines = hashes.map((hash, i) => `http://a.test/${i + 1}.jpg,Picture number ${i + 1},${hash}`)
    await writeFile(path, ['url,text,sha256', ...lines].join('\n'))
    const stages = {
      list: { use: 'crawl/list', path },
      links: { use: 'crawl/merge-links' },
      images: { use: 'crawl/fetch', verifyHash: 'drop' },
    }
    return bench.run({ name: 'hashes', network: { hosts: server.hosts, allow: ['127.0.0.1'] }, stages })
  }
  const outcome = (ran: Ran) => {
    const { kept, reasons, counters } = ran.tally('images')
    return { kept, mismatch: reasons['dropped.crawl/fetch.hash-mismatch'] ?? 0, reused: counters.reused ?? 0 }
  }
  expect(outcome(await run([right, wrong, '']))).toEqual({ kept: 2, mismatch: 1, reused: 0 })
  // The second and third are expected to be other bytes now; the first is what it was.
  expect(outcome(await run([right, right, wrong]))).toEqual({ kept: 2, mismatch: 1, reused: 1 })
  // What either list expected is known by now.
  expect(outcome(await run([right, wrong, wrong]))).toEqual({ kept: 1, mismatch: 2, reused: 3 })
})
