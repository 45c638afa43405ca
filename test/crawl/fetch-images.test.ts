import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { afterEach, describe, expect, it } from 'vitest'
import { collect, NO_NETWORK } from '../../src/core/collect.ts'
import { PairloomError } from '../../src/core/error.ts'
import { canonicalUrl, imageId } from '../../src/core/row.ts'
import { optionTable } from '../../src/core/options.ts'
import { openGate } from '../../src/core/gate.ts'
import type { BytesAccess, Network, StageContext } from '../../src/core/stage.ts'
import type { Gate } from '../../src/core/turn.ts'
import { fetchImages } from '../../src/crawl/fetch-images.ts'
import { sendBytes, sendStatus, startServer, startWeb, type Answer, type TestServer } from '../servers/web.ts'
import { corners, distance, quarters, noise } from '../media/pictures.ts'

/** Deadlines and waits as a test wants them; everything else as it comes. */
const QUICK = {
  firstByteMs: 5000,
  stallMs: 500,
  connectMs: 5000,
  totalMs: 20_000,
  backoffMs: 1,
  resize: 'none',
}

const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((it) => it.close()))
})

async function serve(routes: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(routes)
  opened.push(server)
  return server
}

/** A bytes plane in memory. */
function openBytes(): BytesAccess & { stored: Map<string, Buffer> } {
  const stored = new Map<string, Buffer>()
  let offset = 0
  return {
    stored,
    append(name, bytes) {
      stored.set(name, Buffer.from(bytes))
      offset += bytes.length
      return Promise.resolve({
        bytes_dataset: 'test',
        bytes_part: 0,
        bytes_offset: offset - bytes.length,
        bytes_length: bytes.length,
      })
    },
    read: () => Promise.reject(new Error('not asked')),
  }
}

const rowOf = (url: string) => ({ image_id: imageId(canonicalUrl(url)!), url, site: new URL(url).hostname })

async function fetchAll(
  urls: string[],
  options: Record<string, unknown> = {},
  network: Partial<Network> = {},
  context: Partial<StageContext> = {},
) {
  const bytes = openBytes()
  const full = { ...NO_NETWORK, allow: ['127.0.0.1'], ...network }
  const collected = await collect(
    fetchImages,
    urls.map(rowOf),
    { ...QUICK, ...options },
    { network: full, bytes, ...context },
  )
  const ends = Object.fromEntries([
    ...collected.kept.map(({ url }) => [url, 'kept']),
    ...collected.rejects.map(({ url, status, reason }) => [url, `${status}.${reason}`]),
  ]) as Record<string, string>
  return { ...collected, ends, stored: bytes.stored }
}

describe('crawl/fetch', () => {
  it('stores the picture with what it was at the origin', async () => {
    const original = await quarters(120, 80).jpeg({ quality: 98 }).withMetadata({ orientation: 6 }).toBuffer()
    const server = await serve({ 'a.test/cat.jpg': sendBytes('Image/JPEG; charset=binary', original) })
    const { kept, stored, counters } = await fetchAll(
      ['http://a.test/cat.jpg'],
      { resize: 'shortest', size: 40 },
      server,
    )
    const id = imageId('http://a.test/cat.jpg')
    const bytes = stored.get(`${id}.jpg`)!
    expect(kept).toEqual([
      {
        image_id: id,
        url: 'http://a.test/cat.jpg',
        site: 'a.test',
        bytes_dataset: 'test',
        bytes_part: 0,
        bytes_offset: 0,
        bytes_length: bytes.length,
        width: 40,
        height: 60,
        format: 'jpeg',
        sha256: createHash('sha256').update(original).digest('hex'),
        original_width: 80,
        original_height: 120,
        original_format: 'jpeg',
        is_original: false,
        is_truncated: false,
        frame: 0,
        frames: 1,
        hash_matches: null,
        consent: 'allowed',
        consent_rule: null,
        consent_source: null,
        consent_at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        http_status: 200,
        mime: 'image/jpeg',
        attempts: 1,
        fetch_ms: expect.any(Number) as number,
        fetched_at: expect.stringMatching(/^20\d\d-.*Z$/) as string,
        address: '127.0.0.1',
      },
    ])
    const upright = await corners(await quarters(120, 80).rotate(90).png().toBuffer())
    expect(distance(await corners(bytes), upright)).toBeLessThanOrEqual(12)
    expect(counters).toEqual({ kept: 1, requests: 1, 'bytes.in': original.length, 'bytes.out': bytes.length })
  })

  it('ends every trouble of the demo web in its named status', async () => {
    const web = await startWeb()
    opened.push(web)
    const links = web.truth.links.filter(({ page }) => page !== undefined)
    const { ends } = await fetchAll([...new Set(links.map(({ url }) => url))], { maxBytes: 2_000_000 }, web)
    const reasons: Record<string, string> = {
      'dead-link': 'failed.http-404',
      'gone-for-good': 'failed.http-410',
      'server-error': 'failed.http-500',
      'rate-limited': 'failed.http-429',
      'redirect-loop': 'failed.redirect-loop',
      'stalled-body': 'failed.timeout-body',
      'endless-body': 'dropped.too-many-bytes',
      'length-too-long': 'failed.bad-length',
      'length-too-short': 'failed.image-truncated',
      'truncated-jpeg': 'failed.image-truncated',
      'html-as-jpeg': 'failed.not-an-image',
      'pixel-bomb': 'dropped.too-many-pixels',
      svg: 'dropped.svg-refused',
      'refused-connection': 'failed.connect-refused',
      'robots-path': 'dropped.robots',
      'robots-host': 'dropped.robots',
      'robots-agent': 'dropped.robots',
    }
    const met = new Set<string>()
    for (const { url, trouble } of links) {
      expect(`${trouble} ${ends[url]}`).toBe(`${trouble} ${reasons[trouble ?? ''] ?? 'kept'}`)
      if (trouble !== null) met.add(trouble)
    }
    expect([...met]).toEqual(
      expect.arrayContaining([
        ...Object.keys(reasons),
        'cmyk-jpeg',
        'png-16-bit',
        'exif-orientation',
        'animated-gif',
        'avif',
        'moved',
        'slow-host',
      ]),
    )
    for (const [host, { maxConcurrent }] of web.stats()) expect(maxConcurrent, host).toBeLessThanOrEqual(2)
  })

  it('tries again what may pass, in the time that the origin asks for', async () => {
    const picture = await quarters().png().toBuffer()
    const tries: Record<string, number> = {}
    const nth =
      (name: string, ...answers: Answer[]): Answer =>
      (request, response) => {
        const answer = answers[Math.min(tries[name] ?? 0, answers.length - 1)]!
        tries[name] = (tries[name] ?? 0) + 1
        return answer(request, response)
      }
    const good = sendBytes('image/png', picture)
    const server = await serve({
      '/503': nth('503', sendStatus(503), sendStatus(503), good),
      '/429': nth('429', sendStatus(429, { 'retry-after': '0' }), good),
      '/reset': nth('reset', (_request, response) => void response.destroy(), good),
      '/404': nth('404', sendStatus(404), good),
      'later.test/': nth('later', sendStatus(429, { 'retry-after': '3600' }), good),
    })
    const url = (path: string) => server.origin + path
    const { ends, kept, counters } = await fetchAll(
      [...['/503', '/429', '/reset', '/404'].map(url), 'http://later.test/'],
      {},
      server,
    )
    expect(ends).toEqual({
      [url('/503')]: 'kept',
      [url('/429')]: 'kept',
      [url('/reset')]: 'kept',
      [url('/404')]: 'failed.http-404',
      'http://later.test/': 'failed.http-429',
    })
    expect(tries).toEqual({ 503: 3, 429: 2, reset: 2, 404: 1, later: 1 })
    expect(kept.find((row) => row.url === url('/503'))).toMatchObject({ attempts: 3, http_status: 200 })
    expect(counters).toMatchObject({ requests: 9, retries: 4 })
  })

  it('asks a host no more that wants to be left alone for longer than it may wait', async () => {
    const server = await serve({
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [
          `busy.test/${i}`,
          sendStatus(i % 2 ? 429 : 503, { 'retry-after': '3600' }),
        ]),
      ),
      'quiet.test/a': sendBytes('image/png', await quarters().png().toBuffer()),
    })
    const busy = Array.from({ length: 20 }, (_, i) => `http://busy.test/${i}`)
    const { counters, rejects, ends } = await fetchAll(
      [...busy, 'http://quiet.test/a'],
      { perHost: 2, window: 20 },
      server,
    )
    // robots.txt, the two other files of an origin, and the two that were under way.
    expect(server.stats().get('busy.test')?.requests).toBe(5)
    expect(counters).toMatchObject({
      kept: 1,
      'failed.http-429': 1,
      'failed.http-503': 1,
      'failed.host-given-up': 18,
    })
    expect(ends['http://quiet.test/a']).toBe('kept')
    expect(rejects.find(({ reason }) => reason === 'host-given-up')?.value).toMatch(
      /^busy\.test: http-(429|503) with Retry-After 3600 s$/,
    )
  })

  it('gives up a host that only fails', async () => {
    const picture = sendBytes('image/png', await quarters().png().toBuffer())
    const dead = Array.from({ length: 20 }, (_, i) => `dead.test/${i}`)
    // Every third answers with something, if only a 404.
    const ill = Array.from({ length: 20 }, (_, i) => `ill.test/${i}`)
    const server = await serve({
      ...Object.fromEntries(
        dead.map((route): [string, Answer] => [route, (_request, response) => void response.destroy()]),
      ),
      ...Object.fromEntries(
        ill.map((route, i): [string, Answer] => [route, i % 3 ? sendStatus(500) : sendStatus(404)]),
      ),
      'quiet.test/a': picture,
    })
    const { counters, rejects } = await fetchAll(
      [...dead, ...ill, 'quiet.test/a'].map((route) => `http://${route}`),
      { perHost: 1, retries: 0, giveUpAfter: 4 },
      server,
    )
    // robots.txt and the two other files of an origin beside the pictures.
    expect(server.stats().get('dead.test')?.requests).toBe(7)
    expect(server.stats().get('ill.test')?.requests).toBe(23)
    expect(counters).toMatchObject({
      kept: 1,
      'failed.connect-reset': 4,
      'failed.host-given-up': 16,
      'failed.http-500': 13,
      'failed.http-404': 7,
    })
    expect(rejects.find(({ reason }) => reason === 'host-given-up')?.value).toBe(
      'dead.test: 4 troubles in a row, the last connect-reset',
    )
  })

  it('takes the ports of a host, and its name with a dot at the end, for one host', async () => {
    const busy = sendStatus(429, { 'retry-after': '3600' })
    const server = await serve({ 'a.test/1': busy, 'a.test/2': busy, 'a.test/3': busy, 'a.test./4': busy })
    const urls = ['http://a.test/1', 'http://a.test:81/2', 'http://A.test:82/3', 'http://a.test./4']
    const { counters } = await fetchAll(
      urls,
      { perHost: 1 },
      { hosts: { 'a.test': server.hosts['a.test']! } },
    )
    expect(counters).toMatchObject({ requests: 1, 'failed.http-429': 1, 'failed.host-given-up': 3 })
  })

  it('slows a host down after the last try of a picture too', async () => {
    const at: number[] = []
    const busy: Answer = (request, response) => {
      at.push(performance.now())
      return sendStatus(503)(request, response)
    }
    const server = await serve({ 'a.test/1': busy, 'a.test/2': busy, 'a.test/3': busy })
    await fetchAll(
      [1, 2, 3].map((n) => `http://a.test/${n}`),
      { retries: 0, perHost: 1, backoffMs: 40 },
      server,
    )
    expect(at.length).toBe(3)
    // Only a lower bound; timers may fire a millisecond early.
    for (const i of [1, 2]) expect(at[i]! - at[i - 1]!).toBeGreaterThan(38)
  })

  it('obeys robots.txt on each host of a redirect, and loses a host whose file cannot be had', async () => {
    const bytes = await quarters().png().toBuffer()
    const picture = sendBytes('image/png', bytes)
    const robots = (text: string) => sendBytes('text/plain', text)
    const server = await serve({
      'open.test/a.png': picture,
      'open.test/moved.png': sendStatus(302, { location: 'http://closed.test/a.png' }),
      'closed.test/robots.txt': robots('User-agent: *\nDisallow: /\n'),
      'closed.test/a.png': picture,
      'named.test/robots.txt': robots('User-agent: pairloom\nDisallow: /a\n\nUser-agent: *\nDisallow:\n'),
      'named.test/a.png': picture,
      'broken.test/robots.txt': sendStatus(500),
      'broken.test/a.png': picture,
      'tagged.test/a.png': (_request, response) => {
        response.writeHead(200, { 'x-robots-tag': 'otherbot: none, pairloom: noimageai' }).end('x')
      },
      // Headers that should come once and come twice.
      'tagged.test/b.png': (_request, response) => {
        const twice = [
          'content-type',
          'image/png',
          'content-type',
          'image/x-png',
          'retry-after',
          '1',
          'retry-after',
          '2',
        ]
        response.writeHead(200, ['x-robots-tag', 'otherbot: noai', ...twice]).end(bytes)
      },
    })
    const hosts = [
      'open.test/a.png',
      'open.test/moved.png',
      'closed.test/a.png',
      'named.test/a.png',
      'broken.test/a.png',
      'tagged.test/a.png',
      'tagged.test/b.png',
    ]
    const { ends, rejects } = await fetchAll(
      hosts.map((host) => `http://${host}`),
      {},
      server,
    )
    expect(ends).toEqual({
      'http://open.test/a.png': 'kept',
      'http://open.test/moved.png': 'dropped.robots',
      'http://closed.test/a.png': 'dropped.robots',
      'http://named.test/a.png': 'dropped.robots',
      'http://broken.test/a.png': 'failed.robots-unreachable',
      'http://tagged.test/a.png': 'dropped.x-robots-tag',
      'http://tagged.test/b.png': 'kept',
    })
    expect(rejects.find(({ url }) => url === 'http://named.test/a.png')?.value).toBe(
      'http://named.test/robots.txt:2 Disallow: /a',
    )
    const asked = server.requests()
    expect(asked.get('http://closed.test/a.png')).toBeUndefined()
    expect(asked.get('http://closed.test/robots.txt')).toBe(1)
    expect(asked.get('http://broken.test/robots.txt')).toBe(3)
  })

  it('asks a host for no more at once than it may, and is not held by a slow one', async () => {
    const picture = await quarters().png().toBuffer()
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const slow = Array.from({ length: 12 }, (_, i) => `slow.test/${i}.png`)
    const quick = Array.from({ length: 60 }, (_, i) => `host${i % 5}.test/${i}.png`)
    let quickSeen = 0
    const routes = Object.fromEntries([
      ...slow.map((route): [string, Answer] => [
        route,
        async (request, response) => {
          await held
          return sendBytes('image/png', picture)(request, response)
        },
      ]),
      ...quick.map((route): [string, Answer] => [
        route,
        (request, response) => {
          // The slow host answers only once everything of the others was asked for: held by it, this would never end.
          if (++quickSeen === quick.length) release()
          return sendBytes('image/png', picture)(request, response)
        },
      ]),
    ])
    const server = await serve(routes)
    const { kept } = await fetchAll(
      [...slow, ...quick].map((route) => `http://${route}`),
      { perHost: 3, concurrency: 8, firstByteMs: 30_000, totalMs: 60_000 },
      server,
    )
    expect(kept.length).toBe(72)
    const stats = server.stats()
    expect(stats.get('slow.test')?.maxConcurrent).toBe(3)
    for (const [host, { maxConcurrent }] of stats) expect(maxConcurrent, host).toBeLessThanOrEqual(3)
  })

  it('keeps the Crawl-delay of a host', async () => {
    const picture = sendBytes('image/png', await quarters().png().toBuffer())
    const at: number[] = []
    const timed: Answer = (request, response) => {
      at.push(performance.now())
      return picture(request, response)
    }
    const server = await serve({
      'a.test/robots.txt': sendBytes('text/plain', 'User-agent: *\nCrawl-delay: 30\n'),
      'a.test/1': timed,
      'a.test/2': timed,
      'a.test/3': timed,
    })
    const started = performance.now()
    await fetchAll(
      [1, 2, 3].map((n) => `http://a.test/${n}`),
      { maxCrawlDelayMs: 40 },
      server,
    )
    expect(at.length).toBe(3)
    // Only a lower bound: a busy machine makes waits longer, never shorter.
    expect(at[2]! - started).toBeGreaterThanOrEqual(80)
  })

  it('waits for the turn of each host that a redirect leads to', async () => {
    const picture = sendBytes('image/png', await quarters().png().toBuffer())
    const names = Array.from({ length: 6 }, (_, i) => String(i))
    const at: number[] = []
    let [open, most] = [0, 0]
    const target: Answer = (request, response) => {
      at.push(performance.now())
      most = Math.max(most, ++open)
      response.on('close', () => open--)
      return picture(request, response)
    }
    const server = await serve({
      ...Object.fromEntries(
        names.map((n) => [`x${n}.test/${n}`, sendStatus(302, { location: `http://y.test/${n}` })]),
      ),
      ...Object.fromEntries(names.map((n) => [`y.test/${n}`, target])),
      'y.test/robots.txt': sendBytes('text/plain', 'User-agent: *\nCrawl-delay: 30\n'),
    })
    const started = performance.now()
    const { kept } = await fetchAll(
      names.map((n) => `http://x${n}.test/${n}`),
      { perHost: 1, maxCrawlDelayMs: 60 },
      server,
    )
    expect(kept.length).toBe(6)
    expect(kept.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1, 1])
    expect(most).toBe(1)
    // From the start, as the way to the server may take one request longer than the next.
    expect(at.at(-1)! - started).toBeGreaterThanOrEqual(5 * 60 - 5)
  })

  it('slows down the host that asks for it, not the one that led there', async () => {
    const picture = sendBytes('image/png', await quarters().png().toBuffer())
    const server = await serve({
      'x.test/0': sendStatus(302, { location: 'http://y.test/0' }),
      'y.test/0': sendStatus(429, { 'retry-after': '3600' }),
      'x.test/1': sendStatus(302, { location: 'http://y.test/1' }),
      'y.test/1': picture,
      'x.test/2': picture,
    })
    const { ends } = await fetchAll(
      [0, 1, 2].map((n) => `http://x.test/${n}`),
      { perHost: 1 },
      server,
    )
    expect(ends).toEqual({
      'http://x.test/0': 'failed.http-429',
      'http://x.test/1': 'failed.host-given-up',
      'http://x.test/2': 'kept',
    })
  })

  it('does not wait at a host that has told another partition to stay away', async () => {
    const picture = sendBytes('image/png', await quarters().png().toBuffer())
    const server = await serve({
      'x.test/0': sendStatus(302, { location: 'http://y.test/0' }),
      'y.test/0': sendStatus(429, { 'retry-after': '3600' }),
      'z.test/1': sendStatus(302, { location: 'http://y.test/1' }),
      'y.test/1': picture,
      'z.test/2': picture,
    })
    const shared = { gate: openGate() }
    await fetchAll(['http://x.test/0'], {}, server, shared)
    const before = server.stats().get('y.test')!.requests
    const { ends, rejects } = await fetchAll(['http://z.test/1', 'http://z.test/2'], {}, server, shared)
    expect(ends).toEqual({ 'http://z.test/1': 'failed.host-given-up', 'http://z.test/2': 'kept' })
    expect(rejects[0]!.value).toMatch(/^y\.test: asked the run to stay away for 3\d{3} s more$/)
    expect(server.stats().get('y.test')!.requests).toBe(before)
  })

  it('holds no more bytes than its share of the memory', async () => {
    const picture = await noise(200, 200).png().toBuffer()
    const unknownLength: Answer = (_request, response) => {
      response.write(picture)
      response.end()
    }
    const names = Array.from({ length: 12 }, (_, i) => `host${i}.test/a.png`)
    const server = await serve(Object.fromEntries(names.map((name) => [name, unknownLength])))
    // Each body of unknown length takes maxBytes of the budget, which is a quarter of this: one at a time.
    const { kept, ends } = await fetchAll(
      names.map((name) => `http://${name}`),
      { maxBytes: 1_000_000 },
      server,
      { memoryBytes: 4_000_000 },
    )
    expect(ends).toEqual(Object.fromEntries(names.map((name) => [`http://${name}`, 'kept'])))
    expect(kept.length).toBe(12)
  })

  it('ends with the error of the store, and leaves no request behind', async () => {
    const picture = sendBytes('image/png', await quarters().png().toBuffer())
    const server = await serve({ '/a': picture, '/b': () => {} })
    const full = new PairloomError('PL_STORE_FULL', 'no space')
    const bytes: BytesAccess = { append: () => Promise.reject(full), read: () => Promise.reject(full) }
    const fetching = fetchAll(
      [`${server.origin}/a`, `${server.origin}/b`],
      { firstByteMs: 60_000, totalMs: 60_000 },
      {},
      { bytes },
    )
    await expect(fetching).rejects.toBe(full)
  })

  it('ends at once when the task is aborted', async () => {
    const stop = new AbortController()
    const reason = new PairloomError('PL_INTERRUPTED', 'Ctrl-C')
    const server = await serve({ '/never': () => stop.abort(reason) })
    const fetching = fetchAll(
      [`${server.origin}/never`],
      { firstByteMs: 60_000, totalMs: 60_000 },
      {},
      { signal: stop.signal },
    )
    await expect(fetching).rejects.toBe(reason)
  })

  it('marks as runtime the options that change no picture', () => {
    const output = optionTable(fetchImages.options).filter(({ effect }) => effect === 'output')
    expect(output.map(({ name }) => name)).toEqual([
      'resize', 'size', 'sizes', 'onlyIfBigger', 'format', 'quality', 'keepOriginal', 'truncated', 'hashes', 'maxPixels', 'codec', 'maxBytes', 'maxRedirects', 'consent', 'block', 'allow', 'pdqDistance', 'verifyHash',
    ]) // prettier-ignore
    for (const { name, doc, default: value } of optionTable(fetchImages.options)) {
      expect(doc, name).not.toBe('')
      expect(value, name).not.toBeNull()
    }
  })

  it('judges the pace of a host by its pictures alone, not by what comes sooner than they', async () => {
    const picture = sendBytes('image/png', await quarters(64, 64).png().toBuffer())
    const server = await serve({
      'a.test/a.png': picture,
      'a.test/moved': sendStatus(302, { location: '/b.png' }),
      'a.test/b.png': picture,
      'a.test/gone': sendStatus(404),
      'a.test/page.png': sendBytes('text/html', '<p>gone</p>'),
    })
    const gate = openGate()
    const heard: boolean[] = []
    const listening: Gate = {
      ...gate,
      async enter(keys, signal) {
        const turn = await gate.enter(keys, signal)
        const leave = (firstByteMs?: number) => {
          heard.push(firstByteMs !== undefined)
          turn.leave(firstByteMs)
        }
        return { ...turn, leave }
      },
    }
    const paths = ['a.png', 'moved', 'gone', 'page.png']
    const urls = paths.map((path) => `http://a.test/${path}`)
    const { kept } = await fetchAll(urls, {}, server, { gate: listening })
    expect(kept).toHaveLength(2)
    expect(heard.filter(Boolean)).toHaveLength(2)
    // Both pictures, the redirect, the miss, the page, and the files of the origin.
    expect(heard.length).toBeGreaterThanOrEqual(6)
  })

  it('writes pictures that others can read', async () => {
    const server = await serve({
      'a.test/a.avif': sendBytes('image/avif', await quarters(64, 64).avif({ effort: 0 }).toBuffer()),
    })
    const { stored } = await fetchAll(['http://a.test/a.avif'], { format: 'webp' }, server)
    const [name, bytes] = [...stored][0]!
    expect(name).toMatch(/^[0-9a-f]{32}\.webp$/)
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 64, height: 64 })
  })
})
