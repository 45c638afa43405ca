import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Least CPU a picture, ms: of each part of the work alone, on bytes in memory. */
export interface Limit {
  /** Decode, resize, encode with the settings of `fetch.yaml`. */
  codec: number
  /** Reading XMP of the bytes as they come. */
  xmp: number
  /** Hashes of what is stored, the decoding of it in each. */
  phash: number
  pdq: number
}

/** Measures in a process that is started as workers are, so that nothing else is in its figures. */
export async function measureLimit(folder: string, names: readonly string[]): Promise<Limit> {
  const side = fork(fileURLToPath(new URL('fetch-limit-side.ts', import.meta.url)), [], {
    execArgv: ['--max-semi-space-size=4'],
  })
  side.send({ folder, names })
  const [limit] = (await once(side, 'message')) as [Limit]
  // Once it has ended, its time has gone into that of our children: what is measured next must not have it.
  const ended = once(side, 'exit')
  side.disconnect()
  await ended
  return limit
}
