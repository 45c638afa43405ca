import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveHosts, type HostRoutes } from '../../../demo/serve.ts'
import { startDns, type DnsAnswer } from '../dns.ts'
import { startTlsHosts } from '../tls.ts'
import { sendBytes, type Answer } from '../web.ts'
import { BODY_TROUBLES } from './bodies.ts'
import { ENCODING_TROUBLES } from './encodings.ts'
import { HEAD_TROUBLES } from './heads.ts'
import { NAME_TROUBLES } from './names.ts'
import { CONSENT_TROUBLES, ROBOTS_TROUBLES, TLS_TROUBLES } from './hosts.ts'
import { PICTURE_TROUBLES } from './pictures.ts'
import { REDIRECT_TROUBLES } from './redirects.ts'
import { WEB_ADDRESS, type Place, type Trouble, type Troubles } from './trouble.ts'
import { URL_TROUBLES } from './urls.ts'

/** Every trouble of the hostile web by its name. */
export const TROUBLES: Troubles = {
  ...HEAD_TROUBLES,
  ...BODY_TROUBLES,
  ...REDIRECT_TROUBLES,
  ...ENCODING_TROUBLES,
  ...PICTURE_TROUBLES,
  ...ROBOTS_TROUBLES,
  ...CONSENT_TROUBLES,
  ...TLS_TROUBLES,
  ...NAME_TROUBLES,
  ...URL_TROUBLES,
}

/** A row of a list of the hostile web. */
export interface HostileRow {
  /** `<trouble>-<copy>`, also the row's uid. */
  name: string
  url: string
}

export interface HostileWeb {
  /** Each trouble so often, each copy on hosts of its own. */
  rows(copies: number): HostileRow[]
  /** The network section of a pipeline for it: names, the address that is allowed, the name server. */
  network: { hosts: Record<string, string>; allow: string[]; dns: { servers: string[] } }
  /** Connections to 127.0.0.1, [::1] and a Unix socket, to which redirects and addresses lead. */
  trespasses(): number
  /** Requests that brought a cookie or credentials. */
  tellTales(): string[]
  close(): Promise<void>
}

/** Nothing is known to listen there. */
const CLOSED_PORT = 1
const CONSENT_FILES = new Set(['/ai.txt', '/.well-known/tdmrep.json'])
const CLOSED_HOST = 'closed.test'

/** Serves up to `copies` copies of every trouble on 127.0.0.2. */
export async function startHostileWeb(copies: number): Promise<HostileWeb> {
  const folder = await mkdtemp(join(tmpdir(), 'pairloom-hostile-'))
  const forbiddenSocket = join(folder, 'socket')
  let trespasses = 0
  const trespass = (socket: Socket) => {
    trespasses++
    socket.destroy()
  }
  const forbidden = await listen(createServer(trespass), { port: 0, host: '127.0.0.1' })
  const forbiddenPort = (forbidden.address() as AddressInfo).port
  const others = [
    await listen(createServer(trespass), { path: forbiddenSocket }),
    // Nothing can come to an address that the machine does not have.
    await listen(createServer(trespass), { port: forbiddenPort, host: '::1' }).catch(() => null),
  ].filter((server) => server !== null)
  const closing = await listen(
    createServer((socket) => void socket.destroy()),
    { port: 0, host: WEB_ADDRESS },
  )

  const tellTales: string[] = []
  const watched =
    (answer: Answer): Answer =>
    (request, response) => {
      const { host, cookie, authorization } = request.headers
      if (cookie !== undefined || authorization !== undefined) tellTales.push(`${host}${request.url}`)
      return answer(request, response)
    }

  const places = Array.from({ length: copies }, (_, copy) =>
    Object.entries(TROUBLES).map(([name, trouble]) => {
      const host = `${name}-${copy}.${trouble.domain ?? 'test'}`
      const place: Place = { host, forbiddenPort, forbiddenSocket, closedHost: CLOSED_HOST }
      return { name: `${name}-${copy}`, trouble, place }
    }),
  ).flat()
  const routes = new Map<string, HostRoutes>(
    places.map(({ trouble, place }) => [place.host, routesOf(trouble, place, watched)]),
  )
  const closed = sendBytes('text/plain', 'User-agent: *\nDisallow: /\n')
  routes.set(CLOSED_HOST, { find: (path) => (path === '/robots.txt' ? closed : undefined) })
  const http = await serveHosts(routes, forbiddenPort, WEB_ADDRESS)
  const tls = await startTlsHosts(routes, { address: WEB_ADDRESS })
  const ports = {
    http: http.port,
    tls: tls.port,
    closing: (closing.address() as AddressInfo).port,
    nobody: CLOSED_PORT,
  }
  const names: Record<string, DnsAnswer> = {
    'web.test': { a: [WEB_ADDRESS] },
    'loopback.test': { a: ['127.0.0.1'] },
  }
  const hosts: Record<string, string> = { [CLOSED_HOST]: `${WEB_ADDRESS}:${http.port}` }
  for (const { trouble, place } of places) {
    if (trouble.dns === undefined) hosts[place.host] = `${WEB_ADDRESS}:${ports[trouble.at ?? 'http']}`
    else names[place.host] = trouble.dns
  }
  const dns = await startDns(names)
  return {
    network: { hosts, allow: [WEB_ADDRESS], dns: { servers: [dns.address] } },
    rows: (wanted) =>
      places
        .slice(0, wanted * Object.keys(TROUBLES).length)
        .map(({ name, trouble, place }) => ({ name, url: trouble.url?.(place) ?? urlOf(trouble, place) })),
    trespasses: () => trespasses,
    tellTales: () => tellTales,
    async close() {
      await Promise.all([http.close(), tls.close(), dns.close()])
      await Promise.all([forbidden, closing, ...others].map(closeServer))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const urlOf = ({ at }: Trouble, { host }: Place) => `${at === 'tls' ? 'https' : 'http'}://${host}/picture`

function routesOf(trouble: Trouble, place: Place, watched: (answer: Answer) => Answer): HostRoutes {
  const { answer, answerAt, robots, consent } = trouble
  const picture = answerAt?.(place) ?? answer
  const found = picture && watched(picture)
  return {
    find: (path) => (path === '/robots.txt' ? robots : CONSENT_FILES.has(path) ? consent : found),
  }
}

function listen(server: Server, at: { port: number; host: string } | { path: string }): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => resolve(server))
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()))
}
