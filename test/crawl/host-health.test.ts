import { expect, it } from 'vitest'
import { fetchError } from '../../src/crawl/fetch-error.ts'
import { openHostHealth } from '../../src/crawl/host-health.ts'

const trouble = fetchError('http-500', 'http://a.test/')
const plea = (s: number) => fetchError('http-429', 'http://a.test/', { retryAfterMs: 1000 * s })

function open() {
  let clock = 0
  const health = openHostHealth({ maxWaitMs: 60_000, giveUpAfter: 2, now: () => clock })
  const isIn = () => {
    try {
      health.admit('a.test')
      return true
    } catch {
      return false
    }
  }
  return { health, isIn, wait: (s: number) => void (clock += 1000 * s) }
}

it('tries a host that was given up with one request after a pause, and takes it back where that is answered', () => {
  const { health, isIn, wait } = open()
  expect(health.report('a.test', trouble)).toBeNull()
  expect(health.report('a.test', trouble)).toMatchObject({ data: { reason: 'host-given-up' } })
  wait(59)
  expect(isIn()).toBe(false)
  // One that was under way when it was given up takes nothing back.
  health.report('a.test', null)
  expect(isIn()).toBe(false)
  wait(1)
  expect([isIn(), isIn()]).toEqual([true, false])
  health.report('a.test', null)
  expect([isIn(), isIn()]).toEqual([true, true])
})

it('doubles the pause with each try that fails', () => {
  const { health, isIn, wait } = open()
  for (let i = 0; i < 2; i++) health.report('a.test', trouble)
  for (const pause of [60, 120, 240]) {
    wait(pause - 1)
    expect(isIn()).toBe(false)
    wait(1)
    expect(isIn()).toBe(true)
    health.report('a.test', trouble)
  }
})

it('waits for as long as the host has asked, and for another pause where a try is never heard of', () => {
  const { health, isIn, wait } = open()
  health.report('a.test', plea(3600))
  wait(3599)
  expect(isIn()).toBe(false)
  wait(1)
  expect(isIn()).toBe(true)
  wait(3600)
  expect(isIn()).toBe(true)
})
