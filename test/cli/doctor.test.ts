import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { memoryYaml, shell } from './command.ts'

const cli = shell()
const RUN = ['run', 'p.yaml', '--workers', '2']

describe('pairloom doctor', () => {
  it('after a run says by cause why pictures did not come', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    expect((await cli.pairloom(RUN)).code).toBe(0)
    const said = await cli.pairloom(['doctor', 'p.yaml'])
    expect(said.code, said.err).toBe(0)
    expect(said.out).toMatch(/^store: 88\.9 % of 90 pictures came, as good as fresh lists get/m)
    expect(said.out).toMatch(/^gone +10 +11\.1 % +http-404 10 +www\.site\d\.test \d/m)
    expect(said.out).toMatch(/^gone: .*links rot\n {2}-> nothing: fetch lists soon/m)

    const { fetches } = JSON.parse((await cli.pairloom(['doctor', '--json'])).out) as {
      fetches: { causes: object[] }[]
    }
    expect(fetches).toHaveLength(1)
    expect(fetches[0]!.causes).toMatchObject([
      { cause: 'gone', rows: 10, reasons: [{ reason: 'http-404', rows: 10 }] },
    ])
    const status = await cli.pairloom(['status'])
    expect(status.out).toMatch(/^store: 88\.9 % of 90 came; gone 10 \(pairloom doctor says why\)$/m)
  })

  it('without a run says so', async () => {
    const said = await cli.pairloom(['doctor', '--run', 'none'])
    expect(said.code).toBe(2)
    expect(said.err).toMatch(/^PL_RUN_MISSING/)
  })
})

describe('pairloom run --max-failure-rate', () => {
  it('ends with code 1, says what failed, and writes the report', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    const ran = await cli.pairloom([...RUN, '--max-failure-rate', '0.1', '--failure-rate-after', '50'])
    expect(ran.code).toBe(1)
    expect(ran.err).toMatch(
      /^PL_FAILURE_RATE: Expected at most 10 % of store to fail .*, got \d+(\.\d)? % of \d+ rows \(http-404 \d+\)/m,
    )
    expect(existsSync(/^report {2}(.*)$/m.exec(ran.err)![1]!)).toBe(true)
    const more = await cli.pairloom([...RUN, '--max-failure-rate', '0.2', '--failure-rate-after', '50'])
    expect(more.code, more.err).toBe(0)
  })

  it.each(['2', '-0.1', 'x', ''])('refuses %j', async (rate) => {
    await cli.write({ 'p.yaml': memoryYaml() })
    const ran = await cli.pairloom([...RUN, `--max-failure-rate=${rate}`])
    expect(ran.code).toBe(2)
    expect(ran.err).toMatch(/expected a number from 0 to 1/)
  })
})
