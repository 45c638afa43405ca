import type { PairloomError } from '../core/error.ts'
import type { StageContext } from '../core/stage.ts'
import type { Deferral } from './fetch-deferral.ts'
import { fetchError, reasonOf } from './fetch-error.ts'
import type { FetchOptions } from './fetch-options.ts'
import { withRetries } from './fetch-retry.ts'
import { hostOf } from './host.ts'
import type { HttpClient } from './http.ts'
import { ORIGINS } from './origin-cache.ts'
import type { Polite } from './polite.ts'
import { openRecentMap } from './recent-map.ts'
import { robotsRequest, type RobotsAnswer } from './http-robots.ts'
import { openRobots, type Robots, type RobotsRequest } from './robots.ts'

/** Failures of the host itself, which cannot be had, or not now, whatever its robots.txt would say. */
const NO_HOST =
  /^(?:dns-|timeout-dns|timeout-connect|timeout-tls|connect-refused|connect-unreachable|address-refused|tls|host-given-up)/

/** A file of an origin was not asked for, or not again: nothing is known, and nobody may take it for an answer. */
export class Unheard extends Error {
  readonly why: PairloomError
  constructor(why: PairloomError) {
    super(why.message)
    this.why = why
  }
}

export interface ImageRobots extends Robots {
  /** How a robots.txt is asked for, at its host's pace and with further tries: for other files of an origin too. */
  request: RobotsRequest
  /** Why no connection to an origin came about when its robots.txt was asked for, or null. */
  noHost(origin: string): PairloomError | null
}

/**
 * robots.txt files as pictures need them: each asked for at its host's turn, and tried again where that may help, because
 * a host whose file cannot be had is lost whole.
 *
 * With a deferral its promises reject with `Unheard` where an answer would have needed a host that is deferred.
 */
export function limitedRobots(
  http: HttpClient,
  { network, isTakenDown }: Pick<StageContext, 'network' | 'isTakenDown'>,
  polite: Polite,
  options: Pick<FetchOptions, 'retries' | 'backoffMs' | 'maxWaitMs'>,
  signal: AbortSignal,
  deferral?: Pick<Deferral, 'check' | 'pause' | 'visit'>,
): ImageRobots {
  const dead = openRecentMap<PairloomError>(ORIGINS)
  const request = robotsRequest(http, signal)
  const patient: RobotsRequest = async (url, maxBytes) => {
    let last: RobotsAnswer | undefined
    // A redirect may lead to whoever has asked to be left alone.
    if (isTakenDown({ url })) throw fetchError('taken-down', url)
    const host = hostOf(url)
    const pause = deferral && { pause: (ms: number) => deferral.pause(host, ms) }
    const left = deferral?.visit(host)
    try {
      return await withRetries(url, { ...options, signal, ...pause }, () =>
        polite.run(url, async ({ sent }) => {
          deferral?.check(host)
          last = undefined
          const answer = await request(url, maxBytes, sent)
          if (answer.status < 500) return answer
          last = answer
          const { status, retryAfterMs } = answer
          throw fetchError(`http-${status}`, url, retryAfterMs === null ? {} : { retryAfterMs })
        }),
      )
    } catch (error) {
      // That a file could not be had for want of time says nothing of it, whoever's it is.
      if (reasonOf(error) === 'deferred') throw new Unheard(error as PairloomError)
      // What a 5xx means is for the robots rules to say.
      if (last) return last
      throw error
    } finally {
      left?.()
    }
  }
  const robots = openRobots(async (url, maxBytes) => {
    try {
      return await patient(url, maxBytes)
    } catch (error) {
      if (NO_HOST.test(reasonOf(error) ?? '')) dead.set(new URL(url).origin, error as PairloomError)
      throw error
    }
  }, network)
  return { ...robots, request: patient, noHost: (origin) => dead.get(origin) ?? null }
}
