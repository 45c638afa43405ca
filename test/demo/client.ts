import { request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'

export interface Reply {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
  /** Code of what ended the body early, null for a whole one. */
  error: string | null
}

/** One plain GET, no redirects, connected to where `hosts` says. */
export async function get(hosts: Record<string, string>, url: string): Promise<Reply> {
  const { response } = await open(hosts, url)
  const chunks: Buffer[] = []
  let error: string | null = null
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } catch (cause) {
    error = (cause as NodeJS.ErrnoException).code ?? String(cause)
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks), error }
}

/** The head of an answer; its body has not been read. */
export function open(
  hosts: Record<string, string>,
  url: string,
): Promise<{ outgoing: ClientRequest; response: IncomingMessage }> {
  const { host, pathname, search } = new URL(url)
  const [hostname, port] = (hosts[host] ?? '').split(':')
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path: pathname + search, headers: { host } })
    outgoing.on('response', (response) => resolve({ outgoing, response }))
    outgoing.on('error', reject)
    outgoing.end()
  })
}
