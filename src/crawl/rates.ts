import { z } from 'zod'

/** How hard one host may be asked. */
export interface Rate {
  /** Requests at once. */
  atOnce: number
  /** Least time between two requests, ms. */
  intervalMs: number
}

/** `example.org`, or `*.example.org` for each host below it. */
const HOST = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

export const ratesOption = z
  .record(
    z
      .string()
      .regex(
        HOST,
        'expected a host name in lower case such as example.org, or *.example.org for hosts below it',
      ),
    z.strictObject({
      atOnce: z.int().min(1).max(1024).optional(),
      perSecond: z.number().min(0.0001).max(100_000).optional(),
    }),
  )
  .default({})

export type Rates = z.infer<typeof ratesOption>

/**
 * The rate of a host by a table: its own line, else the longest `*.` line above it, else `atOnce` without an interval.
 *
 * A line of `*.example.org` gives each of its hosts that much, and none to `example.org` itself.
 */
export function openRates(rates: Rates, atOnce: number): (host: string) => Rate {
  const table = new Map(
    Object.entries(rates).map(([host, rate]): [string, Rate] => {
      const intervalMs = rate.perSecond === undefined ? 0 : 1000 / rate.perSecond
      return [host, { atOnce: rate.atOnce ?? atOnce, intervalMs }]
    }),
  )
  const other = { atOnce, intervalMs: 0 }
  if (table.size === 0) return () => other
  return (host) => {
    const own = table.get(host)
    if (own) return own
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const above = table.get(`*${host.slice(dot)}`)
      if (above) return above
    }
    return other
  }
}
