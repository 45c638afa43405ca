import { readFileSync } from 'node:fs'
import type { Network } from '../core/stage.ts'

let version: string | undefined

/** `pairloom/0.1.0 (+mailto:crawl@example.org)`: who fetches, and whom to ask. */
export function userAgent({ agent, contact }: Pick<Network, 'agent' | 'contact'>): string {
  version ??= (
    JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  ).version
  return contact === null ? `${agent}/${version}` : `${agent}/${version} (+${contact})`
}
