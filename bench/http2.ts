import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startTls, TEST_CA } from '../test/servers/tls.ts'
import { sendBytes } from '../test/servers/web.ts'

/** A small picture. */
const BYTES = 16 * 1024

interface Cost {
  cpuMs: number
  wallMs: number
}

/** How many hosts, pictures of each, and requests at once to one. */
const CASES = [
  { name: 'one host, 2000 pictures, 2 at once', hosts: 1, each: 2000, perHost: 2 },
  { name: 'one host, 2000 pictures, 16 at once', hosts: 1, each: 2000, perHost: 16 },
  { name: '200 hosts, 10 pictures, 2 at once', hosts: 200, each: 10, perHost: 2 },
  { name: '500 hosts, 2 pictures, 2 at once', hosts: 500, each: 2, perHost: 2 },
]

/**
 * What a small picture costs our client over TLS by HTTP/1.1 with kept connections and by HTTP/2, CPU and wall ms, the
 * server not counted: medians of pairs, sides alternating.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { pairs: { type: 'string', default: '3' }, json: { type: 'boolean' } },
  })
  const picture = sendBytes('image/jpeg', Buffer.alloc(BYTES, 7))
  const paths = CASES.flatMap(({ hosts, each }) =>
    Array.from({ length: hosts * each }, (_, i) => `h${i % hosts}.a.test/${Math.floor(i / hosts)}`),
  )
  const server = await startTls(
    Object.fromEntries(['warm.a.test/0', ...paths].map((path) => [path, picture])),
    { http2: true },
  )
  const results = []
  try {
    for (const { name, ...of } of CASES) {
      const sides: [Cost[], Cost[]] = [[], []]
      for (let pair = 0; pair < Number(values.pairs); pair++)
        for (const http2 of pair % 2 === 0 ? [0, 1] : [1, 0])
          sides[http2]!.push(await side(server.port, { ...of, http2 }))
      const [h1, h2] = sides.map((costs) => ({
        cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
        wallMs: median(costs.map(({ wallMs }) => wallMs)),
      })) as [Cost, Cost]
      process.stderr.write(
        `${name.padEnd(40)} HTTP/1.1 ${h1.cpuMs} CPU ms ${h1.wallMs} ms, HTTP/2 ${h2.cpuMs} CPU ms ${h2.wallMs} ms\n`,
      )
      results.push({ name, h1, h2, cpuRatio: Math.round((h2.cpuMs / h1.cpuMs) * 100) / 100 })
    }
  } finally {
    await server.close()
  }
  process.stdout.write(`${JSON.stringify({ bench: 'http2', unit: 'ms per picture', results })}\n`)
}

async function side(
  port: number,
  { hosts, each, perHost, http2 }: { hosts: number; each: number; perHost: number; http2: number },
): Promise<Cost> {
  const child = fork(
    new URL('./http2-side.ts', import.meta.url),
    [port, hosts, each, perHost, http2].map(String),
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: TEST_CA } },
  )
  const [cost] = (await once(child, 'message')) as [Cost]
  child.disconnect()
  return cost
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[sorted.length >> 1]! * 1000) / 1000
}
