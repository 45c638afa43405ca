import { tdmSignals } from './consent-tdm.ts'
import { usageSignal } from './consent-usage.ts'
import { decide, type ConsentLevel, type Signal } from './consent.ts'

/** Metas that say how a page may be used (TDMRep, in HTML content). */
export const USE_METAS = ['tdm-reservation', 'tdm-policy'] as const

/** What a page's headers and metas say of its use, as written. */
export interface PageUse {
  reservations: string[]
  policies: string[]
  usages: string[]
}

/** Of the headers of a response. values: all values of a header, by its name in small letters. */
export function headerUse(values: (name: string) => string | string[] | undefined): PageUse {
  const all = (name: string) => [values(name) ?? []].flat()
  return {
    reservations: all('tdm-reservation'),
    policies: all('tdm-policy'),
    usages: all('content-usage'),
  }
}

/** The same with what metas say; other metas than those of TDMRep say nothing. */
export function withMetas(use: PageUse, metas: readonly { name: string; content: string }[]): PageUse {
  const of = (wanted: string) => metas.filter(({ name }) => name === wanted).map(({ content }) => content)
  return {
    reservations: [...use.reservations, ...of('tdm-reservation')],
    policies: [...use.policies, ...of('tdm-policy')],
    usages: use.usages,
  }
}

/** What a page says of the use of all that is on it; any of its values can reserve. */
export function pageSignal({ reservations, policies, usages }: PageUse, level: ConsentLevel): Signal | null {
  return decide([
    ...tdmSignals(reservations, policies, 'page', level),
    usages.length === 0 ? null : usageSignal(usages.join(', '), 'page Content-Usage:', level),
  ])
}
