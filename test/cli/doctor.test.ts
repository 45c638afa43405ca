import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Check } from '../../src/pipeline/doctor/check.ts'
import { sendBytes, sendStatus, startServer, type TestServer } from '../servers/web.ts'
import { memoryYaml, shell } from './command.ts'

const cli = shell()
const RUN = ['run', 'p.yaml', '--workers', '2']

describe('pairloom doctor', () => {
  it('after a run says by cause why pictures did not come', async () => {
    await cli.write({ 'p.yaml': memoryYaml() })
    expect((await cli.pairloom(RUN)).code).toBe(0)
    const said = await cli.pairloom(['doctor', 'p.yaml', '--after'])
    expect(said.code, said.err).toBe(0)
    expect(said.out).toMatch(/^store: 88\.9 % of 90 pictures came, as good as fresh lists get/m)
    expect(said.out).toMatch(/^gone +10 +11\.1 % +http-404 10 +www\.site\d\.test \d/m)
    expect(said.out).toMatch(/^gone: .*links rot\n {2}-> nothing: fetch lists soon/m)

    const { fetches } = JSON.parse((await cli.pairloom(['doctor', '--after', '--json'])).out) as {
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
    const said = await cli.pairloom(['doctor', '--run', 'none', '--after'])
    expect(said.code).toBe(2)
    expect(said.err).toMatch(/^PL_RUN_MISSING/)
  })
})

/** A list of pictures at hosts that the pipeline maps itself: no name server is asked. */
const LIST = `name: list
network: { hosts: { a.test: 127.0.0.1, b.test: 127.0.0.1 }, allow: [127.0.0.1] }
stages:
  list: { use: crawl/list, path: urls.txt }
  links: { use: crawl/merge-links }
  images: { use: crawl/fetch, size: 256 }
`
const FILES = { 'p.yaml': LIST, 'urls.txt': 'http://a.test/1.jpg\nhttp://b.test/2.jpg\n' }

let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function checks(args: readonly string[], through: string[] = []) {
  const { code, out, err } = await cli.pairloom(['doctor', ...args, '--json'], { through })
  expect(err).toBe('')
  const found = (JSON.parse(out) as { checks: Check[] }).checks
  return { code, of: (name: string) => found.find((c) => c.name === name)! }
}

describe('pairloom doctor before a run', () => {
  it('tests machine, folders and network, and leaves them as they were', async () => {
    await cli.write(FILES)
    const said = await cli.pairloom(['doctor', 'p.yaml', '--workers', '1'])
    expect(said.code, said.err).toBe(0)
    for (const line of [
      /^ok +node +v\d+/m,
      /^(ok|warn) +codecs +sharp \d/m,
      /^ok +open files +limit \d+ a process, a worker needs about 192$/m,
      /^ok +memory +/m,
      /^ok +run folder +\S*runs\/list: commits of \S+ ms, \S+ [MG]iB\/s written and synced$/m,
      /^ok +run disk +.* free.*; about \S+ [MG]iB are to come$/m,
      /^warn +contact +pairloom, without a contact\n {6}-> give network\.contact/m,
      /^skip +dns +not asked: network\.hosts of the file or of its run has all 2 names$/m,
      /^skip +bandwidth +not measured: give --probe/m,
    ])
      expect(said.out).toMatch(line)
    expect(said.out).not.toContain('out folder')
    expect((await readdir(cli.folder)).sort()).toEqual(['p.yaml', 'urls.txt'])
  })

  it('without a pipeline tests the machine alone', async () => {
    const said = await cli.pairloom(['doctor'])
    expect(said.code, said.err).toBe(0)
    expect(said.out).toMatch(/^ok +node/m)
    expect(said.out).not.toMatch(/folder|dns/)
  })

  it('fails with code 1 where a folder cannot be written or belongs to another run', async () => {
    await cli.write({ ...FILES, 'm.yaml': memoryYaml() })
    const file = await checks(['m.yaml', '--out', 'p.yaml/out'])
    expect(file.code).toBe(1)
    expect(file.of('out folder')).toMatchObject({ status: 'fail' })
    expect(file.of('out folder').seen).toMatch(/PL_STORE_DENIED.*a file is in the way/)
    expect(file.of('run folder').status).toBe('ok')

    expect((await cli.pairloom(['run', 'm.yaml', '--to', 'rows', '--workers', '1'])).code).toBe(0)
    const other = await checks(['p.yaml', '--run', 'runs/memory'])
    expect(other.code).toBe(1)
    expect(other.of('run folder').seen).toMatch(
      /PL_RUN_OTHER .*to be the run folder of list, got that of memory/,
    )
  })

  it('knows the open-file limit of its own process', async () => {
    await cli.write(FILES)
    const few = await checks(['p.yaml'], ['bash', '-c', 'ulimit -n 160 && exec "$@"', 'bash'])
    expect(few.code).toBe(1)
    expect(few.of('open files')).toMatchObject({ status: 'fail' })
    expect(few.of('open files').seen).toBe('limit 160 a process, a worker needs about 192')
    const tight = await checks(['p.yaml'], ['bash', '-c', 'ulimit -n 300 && exec "$@"', 'bash'])
    expect(tight).toMatchObject({ code: 0 })
    expect(tight.of('open files')).toMatchObject({ status: 'warn' })
  })

  it('warns of more workers than fit into memory, and says how many do', async () => {
    await cli.write(FILES)
    const { of } = await checks(['p.yaml', '--workers', '1000000'])
    expect(of('memory')).toMatchObject({ status: 'warn' })
    expect(of('memory').advice).toMatch(/^--workers \d+ fit/)
  })

  it('--probe measures the line and compares the clock', async () => {
    const send = sendBytes('application/octet-stream', Buffer.alloc(3 * 2 ** 20))
    server = await startServer({
      '/now': send,
      '/late': (request, response) => {
        response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString())
        return send(request, response)
      },
      '/denied': sendStatus(403),
    })
    await cli.write(FILES)
    const now = await checks(['p.yaml', '--probe', `${server.origin}/now`])
    expect(now.code).toBe(0)
    expect(now.of('bandwidth')).toMatchObject({ status: 'ok' })
    expect(now.of('bandwidth').seen).toMatch(
      /^3\.0 MiB in \S+ s, \S+ [MG]iB\/s, first byte after \d+ ms, status 200/,
    )
    expect(now.of('clock')).toMatchObject({ status: 'ok' })
    const late = await checks(['p.yaml', '--probe', `${server.origin}/late`])
    expect(late.of('clock')).toMatchObject({ status: 'warn' })
    expect(late.of('clock').seen).toMatch(/^36\d\d s ahead of the server$/)
    const denied = await checks(['p.yaml', '--probe', `${server.origin}/denied`])
    expect(denied.of('bandwidth')).toMatchObject({ status: 'warn' })
    expect(denied.of('bandwidth').advice).toMatch(/^the server refused/)
  })

  it('--probe fails at an address that the pipeline does not allow, and takes only URLs', async () => {
    server = await startServer({ '/now': 'x' })
    await cli.write({ ...FILES, 'p.yaml': LIST.replace(', allow: [127.0.0.1]', '') })
    const found = await checks(['p.yaml', '--probe', `${server.origin}/now`])
    expect(found.code).toBe(1)
    expect(found.of('bandwidth')).toMatchObject({ status: 'fail' })
    expect(found.of('bandwidth').seen).toMatch(/address-refused/)
    const said = await cli.pairloom(['doctor', 'p.yaml', '--probe', 'file:///etc/passwd'])
    expect(said.code).toBe(2)
    expect(said.err).toMatch(/expected an http or https URL/)
  })

  it('says a fault of the pipeline as plan does', async () => {
    await cli.write({ 'p.yaml': 'name: x\nstages: {}\n' })
    expect(await cli.pairloom(['doctor', 'p.yaml'])).toMatchObject({ code: 2 })
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
