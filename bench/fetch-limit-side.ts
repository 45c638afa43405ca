import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { xmpSignal } from '../src/crawl/consent-xmp.ts'
import { pictureHashes } from '../src/media/picture-hashes.ts'
import { IMAGE_OPTIONS } from '../src/media/image-options.ts'
import { processImage } from '../src/media/process-image.ts'
import type { Limit } from './fetch-limit.ts'

/** Passes over all pictures, of which the cheapest counts: whatever else the machine does only adds. */
const PASSES = 3
const OPTIONS = z
  .strictObject(IMAGE_OPTIONS)
  .parse({ resize: 'center-crop', size: 256, onlyIfBigger: false, quality: 95 })

const [{ folder, names }] = (await once(process, 'message')) as [{ folder: string; names: string[] }]
const bodies = await Promise.all(names.map((name) => readFile(join(folder, name))))
const stored: Buffer[] = []
for (const body of bodies) stored.push((await processImage(body, OPTIONS)).bytes)

const limit: Limit = {
  codec: await leastCpuMs(bodies, (body) => processImage(body, OPTIONS)),
  xmp: await leastCpuMs(bodies, (body) => xmpSignal(body, 'standard')),
  phash: await leastCpuMs(stored, (bytes) => pictureHashes(bytes, ['phash'])),
  pdq: await leastCpuMs(stored, (bytes) => pictureHashes(bytes, ['pdq'])),
}
process.send?.(limit)

async function leastCpuMs(all: readonly Buffer[], work: (bytes: Buffer) => unknown): Promise<number> {
  let least = Infinity
  for (let pass = 0; pass < PASSES; pass++) {
    const before = process.cpuUsage()
    for (const bytes of all) await work(bytes)
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000 / all.length)
  }
  return least
}
