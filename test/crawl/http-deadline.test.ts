import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openDeadline } from '../../src/crawl/http-deadline.ts'

describe('openDeadline', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('is late after its time, but for what it stood still', async () => {
    let isLate = false
    const deadline = openDeadline(100, () => (isLate = true))
    await vi.advanceTimersByTimeAsync(60)
    let goOn = () => {}
    deadline.pause(new Promise<void>((resolve) => (goOn = resolve)))
    await vi.advanceTimersByTimeAsync(10_000)
    goOn()
    await vi.advanceTimersByTimeAsync(39)
    expect(isLate).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(isLate).toBe(true)
  })

  it('is never late once it is ended, also while it stands still', async () => {
    const late = vi.fn<() => void>()
    openDeadline(100, late).end()
    const paused = openDeadline(100, late)
    paused.pause(Promise.resolve())
    paused.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(late).not.toHaveBeenCalled()
  })
})
