import { createSocket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a name server says of a name; both lists may be empty: the name is there, without addresses. */
export interface DnsRecord {
  a?: string[]
  aaaa?: string[]
  /** The name is an alias of this one, whose addresses come in the same answer where it has some here. */
  cname?: string
  /** Seconds. Default 300. */
  ttl?: number
  delayMs?: number
}

export type DnsReply = DnsRecord | 'nxdomain' | 'servfail' | 'refused' | 'silent'

/** A list has a reply for each time that the name is asked for one type; its last reply holds from then on. */
export type DnsAnswer = DnsReply | DnsReply[]

export interface DnsServer {
  /** `127.0.0.1:PORT` */
  address: string
  /** Questions for a name so far. */
  asked(name: string, type?: 'A' | 'AAAA'): number
  close(): Promise<void>
}

const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const
const RCODES = { servfail: 2, nxdomain: 3, refused: 5 } as const
const CLASS_IN = 1
/** A response to a query that wanted recursion, which this server gives. */
const RESPONSE = 0x8180
const HEADER_BYTES = 12

/** A name server (RFC 1035) over UDP on 127.0.0.1. A name it does not know is NXDOMAIN. */
export async function startDns(records: Record<string, DnsAnswer>): Promise<DnsServer> {
  const known = new Map(Object.entries(records).map(([name, answer]) => [name.toLowerCase(), answer]))
  const counts = new Map<string, number>()
  const socket = createSocket('udp4')

  function replyFor(name: string, type: number): DnsReply {
    const key = `${name} ${type}`
    const before = counts.get(key) ?? 0
    counts.set(key, before + 1)
    const answer = known.get(name) ?? 'nxdomain'
    return Array.isArray(answer) ? answer[Math.min(before, answer.length - 1)]! : answer
  }

  /** Records that answer for a name of this type, aliases followed where their targets are known here. */
  function recordsOf(name: string, type: number, reply: DnsRecord): Buffer[] {
    const { a = [], aaaa = [], cname, ttl = 300 } = reply
    if (cname !== undefined) {
      const target = known.get(cname.toLowerCase())
      const next = Array.isArray(target) ? target.at(-1) : target
      const alias = record(name, TYPES.CNAME, ttl, encodeName(cname))
      return typeof next === 'object' ? [alias, ...recordsOf(cname, type, next)] : [alias]
    }
    if (type === TYPES.A) return a.map((address) => record(name, type, ttl, encodeIpv4(address)))
    if (type === TYPES.AAAA) return aaaa.map((address) => record(name, type, ttl, encodeIpv6(address)))
    return []
  }

  async function answer(query: Buffer): Promise<Buffer | null> {
    const { name, type, end } = readQuestion(query)
    const reply = replyFor(name, type)
    if (reply === 'silent') return null
    const answers = typeof reply === 'string' ? [] : recordsOf(name, type, reply)
    if (typeof reply === 'object' && reply.delayMs) await sleep(reply.delayMs)
    const header = Buffer.alloc(HEADER_BYTES)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(RESPONSE | (typeof reply === 'string' ? RCODES[reply] : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(answers.length, 6)
    return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...answers])
  }

  let isClosed = false
  socket.on('message', (query, { port, address }) => {
    void answer(query).then((response) => {
      if (response !== null && !isClosed) socket.send(response, port, address)
    })
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked: (name, type) =>
      (type === undefined ? [TYPES.A, TYPES.AAAA] : [TYPES[type]]).reduce(
        (sum, t) => sum + (counts.get(`${name.toLowerCase()} ${t}`) ?? 0),
        0,
      ),
    close: () => {
      isClosed = true
      return new Promise((resolve) => void socket.close(resolve))
    },
  }
}

/** The one question of a query; `end` is where it ends. */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at++]!; length > 0; length = query[at++]!) {
    labels.push(query.toString('latin1', at, at + length))
    at += length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at), end: at + 4 }
}

function record(name: string, type: number, ttl: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(CLASS_IN, 2)
  fixed.writeUInt32BE(ttl, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([encodeName(name), fixed, data])
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter(Boolean)
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
    Buffer.from([0]),
  ])
}

function encodeIpv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}

/** With one `::` at most, and an IPv4 address at the end where there is one. */
function encodeIpv6(address: string): Buffer {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes) => {
    const [a, b, c, d] = bytes.slice(0, 4).map(Number) as [number, number, number, number]
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  const bytes = Buffer.alloc(16)
  groups.forEach((group, i) => bytes.writeUInt16BE(Number.parseInt(group, 16), i * 2))
  return bytes
}
