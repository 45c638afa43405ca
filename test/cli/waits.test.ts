import { expect, it } from 'vitest'
import { waitLines } from '../../src/cli/waits.ts'

it('says what requests waited for, the longest first, and which limit it is', () => {
  const wait = { most: 2, atOnce: 2, limitMs: 0, intervalMs: 0, pleas: 0 }
  const waits = [
    { ...wait, name: 'host a.test', heldMs: 3_600_000, limitMs: 10_000, intervalMs: 10_000 },
    { ...wait, name: 'host b.test', heldMs: 61_000, atOnce: 1, intervalMs: 5000, pleas: 3 },
    { ...wait, name: 'address 192.0.2.1', heldMs: 5000, most: 16, atOnce: 16 },
    { ...wait, name: 'task images 4', heldMs: 4000, most: 64, atOnce: 64 },
    { ...wait, name: 'requests', heldMs: 3000, most: 1024, atOnce: 1024 },
    { ...wait, name: 'host c.test', heldMs: 2000 },
  ]
  expect(waitLines({ at: '2026-01-02T03:04:05.678Z', seconds: 3700, waits }).split('\n')).toEqual([
    'requests waited longest, in 1 h 01 min of the run until 2026-01-02T03:04:05.678Z:',
    '1 h 00 min  host a.test        2 at once; one in 10 s (perHost, rates, Crawl-delay)',
    '1 min 01 s  host b.test        1 at once, slowed from 2; one in 5 s, slowed; it asked for patience 3 times (perHost, rates, Crawl-delay)',
    '     5.0 s  address 192.0.2.1  16 at once (network.perAddress)',
    '     4.0 s  task images 4      64 at once (concurrency)',
    '     3.0 s  requests           1,024 at once (network.atOnce)',
    '',
  ])
})
