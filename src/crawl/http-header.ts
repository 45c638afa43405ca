import type { IncomingHttpHeaders } from 'node:http'

/** A header that should come once: its first value where it came more often. */
export function firstHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value: string | string[] | undefined = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}
