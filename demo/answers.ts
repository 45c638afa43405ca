import type { IncomingMessage, ServerResponse } from 'node:http'
import { hashBucket } from '../src/core/hash.ts'
import type { Picture } from './pictures.ts'
import { pixelBomb } from './pixel-bomb.ts'
import { mediaType } from './recipe.ts'
import type { Renderer } from './render.ts'

/** Answers one request; what it does depends on the address only. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

export const RETRY_AFTER_S = 1
const REDIRECTS = [301, 302, 303, 307, 308]

/** Answers with these bytes, their type and their length. */
export function sendBytes(type: string, bytes: Buffer | string, status = 200): Answer {
  const body = Buffer.from(bytes)
  return (_request, response) => {
    response.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body)
  }
}

export function sendStatus(status: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    const body = `${status}\n`
    response
      .writeHead(status, { 'content-type': 'text/plain', 'content-length': body.length, ...headers })
      .end(body)
  }
}

/** What the address of a picture answers, and the address it redirects to; nothing for a host where nobody listens. */
export function pictureAnswers(picture: Picture, renderer: Renderer): [url: string, answer: Answer][] {
  const { url, trouble, target } = picture
  if (trouble === 'refused-connection') return []
  const first: [string, Answer] = [url, pictureAnswer(picture, renderer)]
  if (target === undefined) return [first]
  return [
    first,
    [target, trouble === 'moved' ? sendFile(picture, renderer) : sendStatus(302, { location: url })],
  ]
}

function pictureAnswer(picture: Picture, renderer: Renderer): Answer {
  const { trouble, target } = picture
  switch (trouble) {
    case 'dead-link':
      return sendStatus(404)
    case 'gone-for-good':
      return sendStatus(410)
    case 'server-error':
      return sendStatus(500)
    case 'rate-limited':
      return sendStatus(429, { 'retry-after': String(RETRY_AFTER_S) })
    case 'redirect-loop':
      return sendStatus(302, { location: target ?? '/' })
    case 'moved':
      return sendStatus(redirectStatus(picture), { location: target ?? '/' })
    case 'html-as-jpeg':
      return sendBytes(
        'image/jpeg',
        '<!doctype html><title>Sign in</title><p>Please sign in to see this picture.</p>',
      )
    case 'pixel-bomb':
      return (request, response) => sendBytes('image/png', pixelBomb())(request, response)
    case 'stalled-body':
      return sendSpoiled(picture, renderer, stall)
    case 'endless-body':
      return sendSpoiled(picture, renderer, repeat)
    case 'length-too-long':
      return sendSpoiled(picture, renderer, overstate)
    case 'length-too-short':
      return sendSpoiled(picture, renderer, understate)
    case 'truncated-jpeg':
      return sendSpoiled(picture, renderer, cut)
    default:
      return sendFile(picture, renderer)
  }
}

function sendFile(picture: Picture, renderer: Renderer): Answer {
  return sendSpoiled(picture, renderer, (response, type, bytes) => {
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes)
  })
}

type Send = (response: ServerResponse, type: string, bytes: Buffer) => void

function sendSpoiled({ url, recipe }: Picture, renderer: Renderer, send: Send): Answer {
  if (recipe === null) throw new Error(`Expected a picture with a file at ${url}, got one without`)
  return async (_request, response) => send(response, mediaType(recipe.format), await renderer.bytes(recipe))
}

const stall: Send = (response, type, bytes) => {
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length >> 1))
}

const repeat: Send = (response, type, bytes) => {
  response.writeHead(200, { 'content-type': type })
  const more = () => {
    while (!response.destroyed && response.write(bytes));
  }
  response.on('drain', more)
  more()
}

// Not response.end(): the body is over when the connection is.
const overstate: Send = (response, type, bytes) => {
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length + 1000 })
  response.write(bytes, () => response.socket?.end())
}

// The rest of the body would be read as the next answer, so this connection serves no other.
const understate: Send = (response, type, bytes) => {
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length >> 1, connection: 'close' })
  response.end(bytes)
}

const cut: Send = (response, type, bytes) => {
  const body = bytes.subarray(0, bytes.length >> 1)
  response.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body)
}

function redirectStatus({ url }: Picture): number {
  return REDIRECTS[hashBucket(url, REDIRECTS.length)] ?? 302
}
