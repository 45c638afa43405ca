import { afterEach, describe, expect, it, vi } from 'vitest'
import { NO_NETWORK, openGate, type Counters } from '../../src/core/index.ts'
import { archiveBytes } from '../../src/crawl/archive-bytes.ts'
import { openArchive, type ArchiveClient } from '../../src/crawl/archive-client.ts'
import { startArchive, type ArchiveServer, type ArchiveTroubles } from './archive-server.ts'

const FILE = Buffer.from('0123456789')
const URL = 'http://archive.test/file'

const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

async function open(
  requests: number,
  troubles: ArchiveTroubles = {},
  file = FILE,
): Promise<{
  archive: ArchiveClient
  server: ArchiveServer
  counters: Counters
  controller: AbortController
}> {
  const server = await startArchive({ file }, troubles)
  const counters: Counters = {}
  const controller = new AbortController()
  const archive = openArchive({
    network: { ...NO_NETWORK, hosts: server.hosts, allow: ['127.0.0.1'] },
    gate: openGate(),
    signal: controller.signal,
    count: (name, by = 1) => (counters[name] = (counters[name] ?? 0) + by),
    requests,
  })
  closing.push(() => archive.close().then(() => server.close()))
  return { archive, server, counters, controller }
}

describe('an archive over HTTP', () => {
  it.each([
    [{ from: 2, to: 4 }, '234'],
    [{ from: 8, to: 20 }, '89'],
    [{ from: 10, to: 20 }, ''],
    [{ last: 3 }, '789'],
    [{ last: 30 }, '0123456789'],
  ])('gives %j of a file', async (range, expected) => {
    const { archive } = await open(2)
    const { bytes, total } = await archive.read(URL, range)
    expect([bytes.toString(), total]).toEqual([expected, 10])
  })

  it('is left alone by all who wait, for as long as it asks', async () => {
    const { archive, server, counters } = await open(1, { isBusy: (n) => n === 2, retryAfter: '1' })
    const reads = Array.from({ length: 5 }, (_, i) => archive.read(URL, { from: i, to: i }))
    expect((await Promise.all(reads)).map(({ bytes }) => bytes.toString())).toEqual(['0', '1', '2', '3', '4'])
    expect(counters).toEqual({ 'archive.requests': 6, 'archive.bytes': 5, 'archive.paused': 1 })
    // Timers may ring a millisecond early.
    expect(server.counts.times[2]! - server.counts.times[1]!).toBeGreaterThanOrEqual(990)
  })

  it('is asked again where it gives another range than was asked for', async () => {
    const { archive, counters } = await open(1, { otherRange: (n) => (n === 1 ? 'bytes 0-2/10' : undefined) })
    const { bytes } = await archive.read(URL, { from: 2, to: 4 })
    expect(bytes.toString()).toBe('234')
    expect(counters).toMatchObject({ 'archive.requests': 2 })
  })

  it.each([
    ['of another size', '0123456789a'],
    ['of the same size', '9876543210'],
  ])('is not read on where the file has become another one, %s', async (_, other) => {
    const { archive, server } = await open(1)
    await archive.read(URL, { from: 0, to: 4 })
    server.files.set('file', Buffer.from(other))
    const read = archive.read(URL, { from: 5, to: 9 })
    await expect(read).rejects.toMatchObject({ code: 'PL_STORE_IO' })
    await expect(read).rejects.toThrow('to stay as it is while it is read (10 bytes')
  })

  it.each(['stop', 'close'] as const)('ends what is under way by %s', async (end) => {
    const { archive, server } = await open(2, { isStuck: () => true })
    const reads = [1, 2, 3].map((i) => archive.read(URL, { from: i, to: i }))
    const ended = Promise.allSettled(reads)
    await vi.waitUntil(() => server.counts.requests === 2)
    await archive[end]()
    for (const read of await ended)
      expect(read).toMatchObject({ status: 'rejected', reason: { code: 'PL_INTERRUPTED' } })
    await expect(archive.read(URL, { from: 1, to: 1 })).rejects.toMatchObject({ code: 'PL_INTERRUPTED' })
    expect(server.counts.requests).toBe(2)
  })

  it('is stopped by who reads no further', async () => {
    const { archive, server } = await open(2, { isStuck: (n) => n === 2 }, Buffer.alloc(9 * 2 ** 20))
    for await (const bytes of archiveBytes(URL, archive)) {
      expect(bytes.length).toBe(8 * 2 ** 20)
      break
    }
    await expect(archive.read(URL, { from: 1, to: 1 })).rejects.toMatchObject({ code: 'PL_INTERRUPTED' })
    expect(server.counts.requests).toBeLessThanOrEqual(2)
  })

  it('gets its turns back where waiting for it is given up', async () => {
    const { archive, server, controller } = await open(1, { isBusy: () => true, retryAfter: '9999' })
    await expect(archive.read(URL, { last: 1 })).rejects.toMatchObject({
      code: 'PL_STORE_IO',
      data: { reason: 'http-503' },
    })
    await expect(archive.read(URL, { last: 1 })).rejects.toMatchObject({ code: 'PL_STORE_IO' })
    expect(server.counts.requests).toBe(2)
    controller.abort()
    await expect(archive.read(URL, { last: 1 })).rejects.toThrow('aborted')
  })
})
