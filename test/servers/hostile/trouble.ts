import type { IncomingMessage } from 'node:http'
import type { DnsAnswer } from '../dns.ts'
import type { Answer } from '../web.ts'

/** Where the web lies: the address that a crawl must be allowed. */
export const WEB_ADDRESS = '127.0.0.2'

/** Where a copy of a trouble lies, and what lies about it. */
export interface Place {
  /** A host of its own: `<trouble>-<copy>.test`. */
  host: string
  /** Port of 127.0.0.1 and of [::1] where nobody may come; that of the web over HTTP on its own address. */
  forbiddenPort: number
  /** Path of a Unix socket where nobody may come. */
  forbiddenSocket: string
  /** A host that robots.txt closes. */
  closedHost: string
}

/** One trouble of the hostile web, and how its row must end. */
export interface Trouble {
  /** `kept`, or the status and reason of the reject. */
  ends: string
  /** What every address of its host answers but its robots.txt and the like. */
  answer?: Answer
  /** The same where it depends on its place. */
  answerAt?: (place: Place) => Answer
  /** What robots.txt answers; 404 where there is none. */
  robots?: Answer
  /** What its other files about the use of pictures answer; 404 where there are none. */
  consent?: Answer
  /** The domain that its host is in. Default `test`. */
  domain?: string
  /** Address of the picture; default `/picture` of its host. */
  url?: (place: Place) => string
  /** Where its host lies. Default `http`. */
  at?: 'http' | 'tls' | 'closing' | 'nobody'
  /** What the name server says of its host; else the pipeline's `hosts:` has it. */
  dns?: DnsAnswer
}

export type Troubles = Record<string, Trouble>

/** An answer of these bytes and no others, on a connection that stays open. */
export function raw(...bytes: (string | Buffer)[]): Answer {
  return ({ socket }) => {
    for (const part of bytes) socket.write(part)
  }
}

/** The same, and then the connection ends. */
export function rawEnd(...bytes: (string | Buffer)[]): Answer {
  return ({ socket }) => {
    for (const part of bytes) socket.write(part)
    socket.end()
  }
}

/** Writes `head`, then `part` every so many ms until the client has gone. */
export function drip(head: string, part: string | Buffer, everyMs: number): Answer {
  return ({ socket }) => {
    socket.write(head)
    const timer = setInterval(() => socket.write(part), everyMs)
    socket.on('close', () => clearInterval(timer))
  }
}

/** Writes `head`, then `part` as fast as it is taken until the client has gone. */
export function flood(head: string, part: Buffer): Answer {
  return ({ socket }) => {
    socket.write(head)
    const more = () => {
      while (!socket.destroyed && socket.write(part));
    }
    socket.on('drain', more)
    more()
  }
}

export const never: Answer = () => {}

export const hostName = (request: IncomingMessage) => (request.headers.host ?? '').replace(/:\d+$/, '')
