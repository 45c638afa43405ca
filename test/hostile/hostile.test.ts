import { describe, expect, it } from 'vitest'
import { startHostileWeb, TROUBLES, type HostileWeb } from '../servers/hostile/web.ts'
import { runHostile } from './harness.ts'

async function withWeb<T>(copies: number, work: (web: HostileWeb) => Promise<T>): Promise<T> {
  const web = await startHostileWeb(copies)
  try {
    return await work(web)
  } finally {
    await web.close()
  }
}

/** Ends of what is large, or becomes so, and takes no deadline to end. */
const HEAVY = /too-many-|bad-encoding|truncated/
const endOf = (name: string) => TROUBLES[name.replace(/-\d+$/, '')]!.ends

/** How the rows of so many copies must end. */
const expected = (copies: number) =>
  Object.fromEntries(
    Object.entries(TROUBLES).flatMap(([name, { ends }]) =>
      Array.from({ length: copies }, (_, copy) => [`${name}-${copy}`, ends]),
    ),
  )

// Deadlines pass in it: long ones, since a busy machine must not make them pass where they should not.
describe('a run over the hostile web', { timeout: 600_000 }, () => {
  it('has at least 40 troubles to go through', () => {
    expect(Object.keys(TROUBLES).length).toBeGreaterThan(40)
  })

  it('ends every row in its named status, and comes to no forbidden address', async () => {
    await withWeb(1, async (web) => {
      const { ended, ends, evidence } = await runHostile(web, web.rows(1))
      expect(ended).toMatchObject({ code: 0, signal: null })
      expect(ends).toEqual(expected(1))
      expect({ trespasses: web.trespasses(), tellTales: web.tellTales() }).toEqual({
        trespasses: 0,
        tellTales: [],
      })
      expect(evidence['redirect-with-credentials-0']).not.toContain('secret')
    })
  })

  it('holds no more memory for three times as many bombs and endless bodies', async () => {
    // With fewer it has not met the most that it holds at once.
    const [few, many] = [15, 45]
    await withWeb(many, async (web) => {
      const rows = (copies: number) => web.rows(copies).filter(({ name }) => HEAVY.test(endOf(name)))
      const small = await runHostile(web, rows(few), { workers: 1 })
      const large = await runHostile(web, rows(many), { workers: 1 })
      expect([Object.keys(small.ends), Object.keys(large.ends)].map((names) => names.length)).toEqual([
        rows(few).length,
        rows(many).length,
      ])
      // Each of them is a body of 1 MiB, or becomes one: an eighth of them kept would show.
      const moreMiB = rows(many).length - rows(few).length
      expect(moreMiB).toBeGreaterThan(800)
      expect(large.workerMiB - small.workerMiB).toBeLessThan(moreMiB / 8)
    })
  })
})
