import { hash } from 'node:crypto'
import { startServer, type Answer, type TestServer } from '../servers/web.ts'

/** What a server of files counted. */
export interface ArchiveCounts {
  requests: number
  /** Most requests that were open at once. */
  atOnce: number
  busy: number
  /** When each request came, ms. */
  times: number[]
  ranges: Record<string, string[]>
}

export interface ArchiveServer extends TestServer {
  counts: ArchiveCounts
  files: Map<string, Buffer>
}

export interface ArchiveTroubles {
  /** Whether the request of this number, from 1, is answered 503. */
  isBusy?: (request: number) => boolean
  retryAfter?: string
  /** An answer waits until so many requests are open, or for so many ms: those that may meet do. */
  together?: number
  holdMs?: number
  /** The Content-Range of the answer to the request of this number where it is another one than was asked for. */
  otherRange?: (request: number) => string | undefined
  /** Whether the request of this number is never answered. */
  isStuck?: (request: number) => boolean
}

/** Serves files by ranges under `archive.test`, as an object store does, with an ETag each. */
export async function startArchive(
  files: Record<string, Buffer>,
  troubles: ArchiveTroubles = {},
): Promise<ArchiveServer> {
  const { isBusy = () => false, retryAfter = '0', together = 1, holdMs = 5 } = troubles
  const counts: ArchiveCounts = { requests: 0, atOnce: 0, busy: 0, times: [], ranges: {} }
  const held = new Map(Object.entries(files))
  let open = 0
  let waiting: (() => void)[] = []

  function letGo(): void {
    const go = waiting
    waiting = []
    for (const answer of go) answer()
  }

  function answerFile(name: string): Answer {
    return (request, res) => {
      open++
      counts.requests++
      counts.times.push(performance.now())
      counts.atOnce = Math.max(counts.atOnce, open)
      res.on('close', () => open--)
      const range = request.headers.range ?? 'all'
      ;(counts.ranges[name] ??= []).push(range)
      const number = counts.requests
      if (troubles.isStuck?.(number)) return
      const answer = () => send(name, range, isBusy(number), res, troubles.otherRange?.(number))
      waiting.push(answer)
      if (waiting.length >= together) letGo()
      else setTimeout(letGo, holdMs)
    }
  }

  function send(
    name: string,
    range: string,
    busy: boolean,
    res: Parameters<Answer>[1],
    otherRange?: string,
  ): void {
    const bytes = held.get(name)
    if (busy) {
      counts.busy++
      res.writeHead(503, { 'retry-after': retryAfter }).end('<Code>SlowDown</Code>')
      return
    }
    if (bytes === undefined) {
      res.writeHead(404).end()
      return
    }
    const last = /^bytes=-(\d+)$/.exec(range)
    const span = /^bytes=(\d+)-(\d+)$/.exec(range)
    const from = last ? Math.max(0, bytes.length - Number(last[1])) : Number(span?.[1] ?? 0)
    const to = span ? Math.min(Number(span[2]), bytes.length - 1) : bytes.length - 1
    if (from >= bytes.length) {
      res.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
      return
    }
    const body = bytes.subarray(from, to + 1)
    const contentRange = otherRange ?? `bytes ${from}-${to}/${bytes.length}`
    const headers = { 'content-range': contentRange, etag: `"${hash('md5', bytes)}"` }
    res.writeHead(206, { ...headers, 'content-length': body.length }).end(body)
  }

  const routes = Object.fromEntries(
    Object.keys(files).map((name) => [`archive.test/${name}`, answerFile(name)] as const),
  )
  return { ...(await startServer(routes)), counts, files: held }
}
