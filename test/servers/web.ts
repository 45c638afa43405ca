import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sendBytes, sendStatus } from '../../demo/answers.ts'
import type { Answer } from '../../demo/answers.ts'
import { openDemoWeb } from '../../demo/open.ts'
import type { DemoWeb, DemoWebOptions } from '../../demo/open.ts'
import { serveHosts } from '../../demo/serve.ts'
import type { HostRoutes, RunningServer } from '../../demo/serve.ts'

export { sendBytes, sendStatus }
export type { Answer, DemoWeb }
export { formatJudgement, judge } from '../../demo/judge.ts'
export type { Outcome } from '../../demo/judge.ts'

/** A cut of the demo web for a test: every trouble once, about 70 links; its pictures go when it closes. */
export async function startWeb(options: Partial<DemoWebOptions> = {}): Promise<DemoWeb> {
  const folder = options.cacheDir ?? (await mkdtemp(join(tmpdir(), 'pairloom-web-')))
  const web = await openDemoWeb({ seed: 1, pictures: 60, render: 'on-demand', ...options, cacheDir: folder })
  if (options.cacheDir !== undefined) return web
  const close = async () => {
    await web.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...web, close }
}

/** A server of a few answers for a unit test. */
export interface TestServer extends RunningServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  origin: string
  /** Every host of the routes -> `127.0.0.1:PORT`. */
  hosts: Record<string, string>
}

/**
 * Serves answers on a free port.
 *
 * A route is a path (`/a?b`), which any of the server's own names answers (127.0.0.1, localhost), or host and path
 * (`img.a.test/a?b`). A string or bytes are sent as text/html or application/octet-stream; others get 404.
 */
export async function startServer(routes: Routes): Promise<TestServer> {
  const { hosts, names } = routesOf(routes)
  const server = await serveHosts(hosts)
  const address = `127.0.0.1:${server.port}`
  return {
    ...server,
    origin: `http://${address}`,
    hosts: Object.fromEntries(names.map((name) => [name, address])),
  }
}

type Routes = Record<string, Answer | string | Buffer>

/** What each host of the routes answers, and the names in them. */
export function routesOf(routes: Routes): { hosts: Map<string, HostRoutes>; names: string[] } {
  const answers = new Map(Object.entries(routes))
  const names = [...answers.keys()].map((route) => route.slice(0, route.indexOf('/'))).filter(Boolean)
  const find = (route: string): Answer | undefined => {
    const found = answers.get(route)
    if (typeof found === 'string') return sendBytes('text/html; charset=utf-8', found)
    if (Buffer.isBuffer(found)) return sendBytes('application/octet-stream', found)
    return found
  }
  const hosts = new Map<string, HostRoutes>(
    names.map((name) => [name, { find: (path) => find(name + path) }]),
  )
  for (const own of ['127.0.0.1', 'localhost'])
    hosts.set(own, { find: (path) => find(own + path) ?? find(path) })
  return { hosts, names: [...new Set(names)] }
}
