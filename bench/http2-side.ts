import { NO_NETWORK } from '../src/core/index.ts'
import { openHttp } from '../src/crawl/http.ts'

/** Fetches pictures of hosts, `perHost` at once of each and as many hosts as make 64 at once; prints what it cost. */
const [port, hosts, each, perHost, http2] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
  number,
]
const names = Array.from({ length: hosts }, (_, i) => `h${i}.a.test`)
const network = {
  ...NO_NETWORK,
  allow: ['127.0.0.0/8'],
  hosts: Object.fromEntries(['warm.a.test', ...names].map((name) => [name, `127.0.0.1:${port}`])),
  http2: http2 === 1,
}
const http = openHttp(network, { connectionsPerOrigin: perHost })
const get = (url: string) => http.get(url, { maxBytes: 2 ** 20 })
// Root certificates and code are read before the clock starts.
await get('https://warm.a.test/0')
const started = performance.now()
const before = process.cpuUsage()
const queue = [...names]
async function host(): Promise<void> {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    let left = each
    const one = async () => {
      while (left-- > 0) {
        await get(`https://${name}/${left}`)
        await new Promise(setImmediate)
      }
    }
    await Promise.all(Array.from({ length: perHost }, one))
  }
}
await Promise.all(Array.from({ length: Math.max(1, Math.floor(64 / perHost)) }, host))
const { user, system } = process.cpuUsage(before)
const wallMs = performance.now() - started
await http.close()
process.send!({ cpuMs: (user + system) / 1000 / (hosts * each), wallMs: wallMs / (hosts * each) })
