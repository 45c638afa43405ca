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

/** How the rows of so many copies must end. */
const expected = (copies: number) =>
  Object.fromEntries(
    Object.entries(TROUBLES).flatMap(([name, { ends }]) =>
      Array.from({ length: copies }, (_, copy) => [`${name}-${copy}`, ends]),
    ),
  )

describe('a run over the hostile web', () => {
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
})
