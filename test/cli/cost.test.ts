import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { shell } from './command.ts'

const cli = shell()
const YAML = `name: list
stages:
  list: { use: crawl/list, path: urls.txt }
  links: { use: crawl/merge-links }
  images: { use: crawl/fetch, size: 256 }
`
const urls = Array.from({ length: 300 }, (_, i) => `http://h${i % 30}.test/${i}.jpg\n`).join('')

describe('pairloom plan --cost', () => {
  it('shows stages, hosts, time, money and what is assumed; --json has the same', async () => {
    await cli.write({ 'p.yaml': YAML, 'urls.txt': urls })
    const said = await cli.pairloom(['plan', 'p.yaml', '--cost', '--workers', '4'])
    expect(said.code, said.err).toBe(0)
    expect(said.out).toMatch(/^list +300 +300 +300 +0 +0 B +\S+ \S+ +\S+ s +3 +source +assumed$/m)
    expect(said.out).toMatch(/^images: 285 pictures on 30 hosts \(source\), 0\.500 s a request \(assumed\)/m)
    expect(said.out.match(/^ {2}h\d+\.test +10 +2\.5 s$/gm)).toHaveLength(20)
    expect(said.out).toMatch(/^wall time with 4 workers: .*, bound by the slowest host$/m)
    expect(said.out).toMatch(/^machines +\S+ +vCPU-hours held +at 0\.0425 +\S+ USD$/m)
    expect(said.out).toMatch(/^ +0\.7 +of pictures come +\(.*CC3M/m)
    const json = JSON.parse(
      (await cli.pairloom(['plan', 'p.yaml', '--cost', '--json', '--workers', '4'])).out,
    ) as { workers: number; stages: object[]; cost: number }
    expect(json).toMatchObject({ workers: 4, prices: { vcpuHour: 0.0425 } })
    expect(json.stages).toHaveLength(3)
    expect((await readdir(cli.folder)).sort()).toEqual(['p.yaml', 'urls.txt'])
  })

  it.each(['plan', 'run'])(
    '%s --max-cost refuses with code 2 before anything is written',
    async (command) => {
      await cli.write({ 'p.yaml': YAML, 'urls.txt': urls, 'prices.yaml': 'vcpuHour: 1000\ncurrency: EUR\n' })
      const said = await cli.pairloom([command, 'p.yaml', '--max-cost', '0.1', '--prices', 'prices.yaml'])
      expect(said.code).toBe(2)
      expect(said.err).toMatch(
        /^PL_COST: Expected list to cost at most 0\.1 EUR \(--max-cost\), got an estimate of \d+\.\d\d /,
      )
      expect(said.out).toBe('')
      expect((await readdir(cli.folder)).sort()).toEqual(['p.yaml', 'prices.yaml', 'urls.txt'])
      const cheap = await cli.pairloom(['plan', 'p.yaml', '--max-cost', '100'])
      expect(cheap.code, cheap.err).toBe(0)
    },
  )

  it('of a site counts its walk, and says that its hosts are not known yet', async () => {
    const yaml =
      'name: site\nstages:\n  pages: { use: crawl/site, start: [http://a.test/], maxPages: 50, delayMs: 1500 }\n'
    await cli.write({
      'p.yaml': `${yaml}  links: { use: crawl/merge-links }\n  images: { use: crawl/fetch }\n`,
    })
    const { out } = await cli.pairloom(['plan', 'p.yaml', '--cost', '--workers', '1'])
    expect(out).toMatch(/^wall time with 1 worker: 1 min \d\d s or more, bound by the walk of sites$/m)
    expect(out).toMatch(/^ {2}walk of sites 1 min 40 s, then the longest of: .*, slowest host unknown, /m)
  })

  it('says what is wrong with prices, line by line', async () => {
    await cli.write({ 'p.yaml': YAML, 'urls.txt': urls, 'prices.yaml': 'vcpuHours: 1\ngibIn: -2\n' })
    const said = await cli.pairloom(['plan', 'p.yaml', '--cost', '--prices', 'prices.yaml'])
    expect(said.code).toBe(2)
    expect(said.err).toMatch(
      /prices\.yaml:1:1 vcpuHours: unknown option "vcpuHours" \(did you mean vcpuHour\?\)/,
    )
    expect(said.err).toMatch(/prices\.yaml:2:8 gibIn: /)
  })

  it.each(['x', '-1', ''])('refuses --max-cost %j', async (value) => {
    await cli.write({ 'p.yaml': YAML, 'urls.txt': urls })
    const said = await cli.pairloom(['plan', 'p.yaml', `--max-cost=${value}`])
    expect(said.code).toBe(2)
    expect(said.err).toMatch(/expected an amount of 0 or more/)
  })
})
