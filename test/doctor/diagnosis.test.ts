import { describe, expect, it } from 'vitest'
import { CAUSES, type Cause } from '../../src/crawl/failure-cause.ts'
import { diagnose, judgeSuccess } from '../../src/pipeline/doctor/diagnosis.ts'
import type { CauseHealth, FetchHealth } from '../../src/pipeline/doctor/fetch-health.ts'

/** A thousand rows, of which one cause took some. */
function healthOf(
  cause: Cause,
  reasons: Record<string, number>,
  hosts: Record<string, number> = {},
): FetchHealth {
  const rows = Object.values(reasons).reduce((sum, n) => sum + n, 0)
  const health: CauseHealth = {
    cause,
    rows,
    reasons: Object.entries(reasons).map(([reason, n]) => ({ reason, rows: n })),
    hosts: Object.entries(hosts).map(([host, n]) => ({ host, rows: n })),
  }
  return { stage: 'images', rows: 1000, kept: 1000 - rows, deferred: 0, causes: [health] }
}

describe('diagnose', () => {
  it.each<[Cause, Record<string, number>, RegExp]>([
    ['dns', { 'timeout-dns': 500, 'dns-not-found': 20 }, /overloaded.*caching resolver.*--retry dns/],
    [
      'dns',
      { 'dns-not-found': 300, 'timeout-dns': 1 },
      /have ended.*nothing, where pairloom doctor resolves/,
    ],
    ['dns', { 'address-refused': 300 }, /filters.*network\.allow/],
    ['tls', { tls: 300 }, /not valid here.*clock.*NODE_EXTRA_CA_CERTS/],
    ['tls', { tls: 30 }, /nothing: those sites/],
    ['timeout', { 'timeout-connect': 90 }, /did not answer at all.*smaller concurrency.*--retry timeout/],
    ['timeout', { 'timeout-body': 90 }, /our line is full.*--probe/],
    ['blocked', { 'http-403': 90 }, /refuse.*network\.contact.*no way out/],
    ['blocked', { 'http-429': 90 }, /fewer requests.*perHost/],
    ['gone', { 'http-404': 90 }, /links rot.*nothing/],
    ['opt-out', { robots: 90 }, /do not want.*obeyed/],
    ['not-an-image', { 'not-an-image': 90 }, /pages that say that it is gone/],
    ['other', { 'http-503': 90 }, /troubles of their own.*--retry 5xx,given-up,robots-unreachable/],
    ['other', { 'bad-length': 90 }, /mostly bad-length.*explain/],
  ])('says of %s, mostly %j, what it means and what to do', (cause, reasons, says) => {
    const [finding, ...more] = diagnose(healthOf(cause, reasons))
    expect(more).toEqual([])
    expect(`${finding!.cause}: ${finding!.seen} -> ${finding!.advice}`).toMatch(says)
  })

  it('has words for every cause', () => {
    for (const cause of CAUSES) expect(diagnose(healthOf(cause, { 'x-y': 100 }))).toHaveLength(1)
  })

  it('is silent of what took less than one row in fifty', () => {
    expect(diagnose(healthOf('gone', { 'http-404': 19 }))).toEqual([])
    expect(diagnose(healthOf('gone', { 'http-404': 20 }))).toHaveLength(1)
  })

  it('names the hosts where few hold most', () => {
    const [few] = diagnose(healthOf('blocked', { 'http-403': 90 }, { 'a.test': 60, 'b.test': 5 }))
    expect(few!.advice).toMatch(/; most are at a\.test, b\.test$/)
    const [many] = diagnose(healthOf('blocked', { 'http-403': 90 }, { 'a.test': 20, 'b.test': 5 }))
    expect(many!.advice).not.toMatch(/most are at/)
  })
})

describe('judgeSuccess', () => {
  it('judges nothing where the deadline came before the first row', () => {
    expect(judgeSuccess({ rows: 0, kept: 0 })).toBe('as none was asked for yet')
  })

  it.each([
    [900, /as good as fresh lists/],
    [600, /usual for lists of some years/],
    [300, /less than old lists/],
    [50, /name servers or a proxy fail/],
  ])('%i of 1000 is placed beside what others got', (kept, says) => {
    expect(judgeSuccess({ rows: 1000, kept })).toMatch(says)
  })
})
