import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

// Serves the files of a folder from memory on every loopback address; argv: folder, JSON list of names. The parent is
// told the port. A process of its own, so that its work counts for nobody.
const [folder = '', names = '[]'] = process.argv.slice(2)
const TYPES: Record<string, string> = { jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp' }
const files = new Map<string, Buffer>()
for (const name of JSON.parse(readFileSync(names, 'utf8')) as string[]) {
  files.set(`/${name}`, readFileSync(join(folder, name)))
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
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
})
server.listen(0, '0.0.0.0', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
