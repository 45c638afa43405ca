import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { pictureAnswers, sendBytes, sendStatus } from './answers.ts'
import type { Answer } from './answers.ts'
import { pageHtml, sitemaps, startHtml } from './page-html.ts'
import type { Renderer } from './render.ts'
import type { Web } from './web.ts'

/** Requests seen by a host, and the most that were open at once. */
export interface HostStats {
  requests: number
  maxConcurrent: number
}

export interface RunningServer {
  port: number
  /** Requests by full address (`http://host/path?query`), robots.txt included. */
  requests(): Map<string, number>
  stats(): Map<string, HostStats>
  /** Forgets the counts; what is still open stays counted as open. */
  resetCounts(): void
  /** Cuts every connection, stalled ones too. */
  close(): Promise<void>
}

/** What a host does: one answer for an address, or undefined for 404; ms to wait before. */
export interface HostRoutes {
  latencyMs?: number
  find(path: string): Answer | undefined
}

// Nothing is known to listen on port 1; a number from a closed socket may be given to another test meanwhile.
const CLOSED_PORT = 1
const IDLE_MS = 60_000

/** Answers for hosts by their names, and counts. */
export interface HostListener extends Pick<RunningServer, 'requests' | 'stats' | 'resetCounts'> {
  answer(request: IncomingMessage, response: ServerResponse): void
}

/** Answers for hosts by their names, requests counted. An unknown host gets 421. */
export function listenForHosts(hosts: ReadonlyMap<string, HostRoutes>): HostListener {
  const requests = new Map<string, number>()
  const stats = new Map<string, HostStats>()
  const open = new Map<string, number>()

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const authority = request.headers.host ?? (request.headers[':authority'] as string | undefined) ?? ''
    const name = authority.replace(/:\d+$/, '').toLowerCase()
    const path = request.url ?? '/'
    count(name, `http://${name}${path}`, response)
    const host = hosts.get(name)
    if (!host) return sendStatus(421)(request, response)
    if (host.latencyMs) await sleep(host.latencyMs)
    return (host.find(path) ?? sendStatus(404))(request, response)
  }

  const count = (name: string, url: string, response: ServerResponse) => {
    const now = (open.get(name) ?? 0) + 1
    open.set(name, now)
    response.once('close', () => open.set(name, (open.get(name) ?? 1) - 1))
    requests.set(url, (requests.get(url) ?? 0) + 1)
    const seen = stats.get(name) ?? { requests: 0, maxConcurrent: 0 }
    stats.set(name, { requests: seen.requests + 1, maxConcurrent: Math.max(seen.maxConcurrent, now) })
  }

  return {
    answer(request, response) {
      handle(request, response).catch((error: unknown) => response.destroy(error as Error))
    },
    requests: () => new Map(requests),
    stats: () => new Map(stats),
    resetCounts: () => {
      requests.clear()
      stats.clear()
    },
  }
}

/** Serves hosts by their names: HTTP/1.1 with keep-alive, requests counted. An unknown host gets 421. */
export async function serveHosts(
  hosts: ReadonlyMap<string, HostRoutes>,
  port = 0,
  address = '127.0.0.1',
): Promise<RunningServer> {
  const { answer, ...counts } = listenForHosts(hosts)
  const server = createServer({ keepAliveTimeout: IDLE_MS }, answer)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    ...counts,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

/** Serves a planned web; `hosts` maps each of its names to an address, for a crawler that asks no DNS. */
export async function serveWeb(
  web: Web,
  renderer: Renderer,
  port = 0,
): Promise<RunningServer & { hosts: Record<string, string> }> {
  const routes = webRoutes(web, renderer)
  const server = await serveHosts(routes, port)
  const hosts = web.hosts.map(({ name, isRefused }) => [
    name,
    `127.0.0.1:${isRefused ? CLOSED_PORT : server.port}`,
  ])
  return { ...server, hosts: Object.fromEntries(hosts) as Record<string, string> }
}

function webRoutes(web: Web, renderer: Renderer): Map<string, HostRoutes> {
  const answers = new Map<string, Answer>()
  const html = (text: string) => sendBytes('text/html; charset=utf-8', text)
  for (const { name, robots } of web.hosts) {
    if (robots !== null)
      answers.set(`http://${name}/robots.txt`, sendBytes('text/plain; charset=utf-8', robots))
  }
  web.sites.forEach((site, i) => {
    const neighbour = web.sites[(i + 1) % web.sites.length]?.start ?? site.start
    answers.set(site.start, html(startHtml(site, neighbour)))
    for (const page of site.pages) answers.set(page.url, html(pageHtml(page)))
    for (const [path, text] of sitemaps(site)) {
      answers.set(`http://www.${site.domain.name}${path}`, sendBytes('application/xml', text))
    }
  })
  for (const picture of web.pictures) {
    for (const [url, answer] of pictureAnswers(picture, renderer)) answers.set(url, answer)
  }

  const served = web.hosts.filter(({ isRefused }) => !isRefused)
  return new Map(
    served.map(({ name, latencyMs }) => [
      name,
      { latencyMs, find: (path) => answers.get(`http://${name}${path}`) },
    ]),
  )
}
