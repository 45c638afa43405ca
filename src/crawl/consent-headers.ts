import type { IncomingHttpHeaders } from 'node:http'
import { decide, type ConsentLevel, type Signal } from './consent.ts'
import { tdmSignals } from './consent-tdm.ts'
import { usageSignal } from './consent-usage.ts'
import { headerDirectives } from './robots-directives.ts'

/**
 * What the headers of a picture's response say: X-Robots-Tag; `tdm-reservation` (TDMRep, the header field);
 * `Content-Usage` (draft-ietf-aipref-attach-05, 2).
 *
 * agent: our product token.
 */
export function headerSignal(
  headers: IncomingHttpHeaders,
  agent: string,
  level: ConsentLevel,
): Signal | null {
  const values = (name: string) => [headers[name] ?? []].flat()
  const { noImages } = headerDirectives(values('x-robots-tag'), agent)
  const usage = values('content-usage')
  return decide([
    noImages === null ? null : { reserves: true, rule: 'x-robots-tag', source: `X-Robots-Tag: ${noImages}` },
    ...tdmSignals(values('tdm-reservation'), values('tdm-policy'), 'header', level),
    // Several lines of a structured field are one value.
    usage.length === 0 ? null : usageSignal(usage.join(', '), 'header Content-Usage:', level),
  ])
}
