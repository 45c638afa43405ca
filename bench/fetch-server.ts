import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Serves the files of a folder from memory on every loopback address; argv: folder, JSON list of names, http or https.
// The parent is told the port. A process of its own, so that its work counts for nobody.
const [folder = '', names = '[]', scheme = 'http'] = process.argv.slice(2)
const TYPES: Record<string, string> = { jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp' }
const files = new Map<string, Buffer>()
for (const name of JSON.parse(readFileSync(names, 'utf8')) as string[]) {
  files.set(`/${name}`, readFileSync(join(folder, name)))
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? ''
  const body = files.get(path)
  if (body) {
    response
      .writeHead(200, { 'content-type': TYPES[path.split('.').at(-1)!], 'content-length': body.length })
      .end(body)
  } else if (path === '/robots.txt') {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('User-agent: *\nDisallow: /private/\n')
  } else {
    response.writeHead(404).end()
  }
}

const certificate = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../test/servers/certs/${name}`, import.meta.url)))
const settings = { keepAliveTimeout: 60_000 }
const server =
  scheme === 'https'
    ? createTlsServer(
        { ...settings, key: certificate('good-key.pem'), cert: certificate('good.pem') },
        answer,
      )
    : createServer(settings, answer)
server.listen(0, '0.0.0.0', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
