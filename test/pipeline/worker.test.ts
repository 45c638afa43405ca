import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'

const WORKER = join(import.meta.dirname, '../../src/pipeline/worker.ts')

describe('a worker process', () => {
  it('ends without a word when its coordinator is gone before it could say that it is ready', async () => {
    const worker = fork(WORKER, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const said = Promise.all([text(worker.stdout!), text(worker.stderr!)])
    // 'close' would never come: Node leaves it out after a disconnect from this side.
    const ended = once(worker, 'exit')
    worker.disconnect()
    expect(await ended).toEqual([1, null])
    expect(await said).toEqual(['', ''])
  })
})
