import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { memoryYaml, shell } from './command.ts'

const it_ = shell()
const takedown = (...args: string[]) => it_.pairloom(['takedown', 'memory.yaml', ...args])

describe('pairloom takedown', () => {
  it('refuses what it cannot understand, with all faults and exit code 2', async () => {
    await it_.write({ 'memory.yaml': memoryYaml() })
    const missing = await takedown('--domain', 'site1.test')
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('PL_RUN_MISSING')])

    expect((await it_.pairloom(['run', 'memory.yaml', '--to', 'rows'])).code).toBe(0)
    const before = await it_.files('runs')
    const wrong = await takedown('--domain', 'a b', '--sha256', 'xyz', '--url', 'mailto:a@b.test')
    expect(wrong.code).toBe(2)
    for (const option of ['--domain: ', '--sha256: ', '--url: ']) expect(wrong.err).toContain(option)
    const none = await takedown()
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('got none of them')])
    const both = await takedown('--purge', '--dry-run')
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('cannot be used with')])
    const file = await takedown('--file', 'no-such-list')
    expect([file.code, file.err]).toEqual([2, expect.stringContaining('expected a list in no-such-list')])
    expect(await it_.files('runs')).toEqual(before)
  })

  it('tells what it took down, from options and lists, and that nothing is there yet', async () => {
    await it_.write({ 'memory.yaml': memoryYaml(), 'list.txt': '# by mail\ndomain site2.test\n' })
    expect((await it_.pairloom(['run', 'memory.yaml', '--to', 'clean'])).code).toBe(0)
    const done = await takedown('--domain', 'site1.test', '--file', 'list.txt', '--json')
    expect(done.code, done.err).toBe(0)
    expect(JSON.parse(done.out)).toMatchObject({ isNew: true, tombstones: 2, samples: 29, purged: null })
    // What comes next, and of what is taken down neither address nor text, nor an empty line in their place.
    const again = await takedown('--domain', 'site1.test', '--run', 'runs/memory')
    expect(again.out).toMatch(/^taken down: 15 pictures \(1 tombstone, /)
    expect(again.out).toContain(
      'used no more from now on; what the run has of it stays in its folder until pairloom takedown memory.yaml --run runs/memory --purge removes it\n',
    )
    const told = await it_.pairloom(['explain', 'http://www.site1.test/8.jpg'])
    expect(told.out).toMatch(/^[0-9a-f]{32}\n {2,}rows .*\n[^]* => taken down on /)
    const nothing = await takedown('--domain', 'other.test')
    expect(nothing.out).toContain('nothing here has it now; it is refused should it come')
    expect((await takedown('--domain', 'other.test')).out).toContain('taken down before')
  })

  it('names shards of a format that cannot be purged, and is done once a run has made others', async () => {
    await it_.write({ 'memory.yaml': memoryYaml() })
    expect((await it_.pairloom(['run', 'memory.yaml', '--workers', '1'])).code).toBe(0)
    const [old] = (await readdir(join(it_.folder, 'out/memory/lines'))).filter((f) =>
      /^[0-9a-f]{12}$/.test(f),
    )
    const first = await takedown('--domain', 'site1.test', '--purge')
    expect([first.code, first.out]).toEqual([
      1,
      expect.stringContaining(`left in ${join(it_.folder, 'out/memory/lines', old!)}`),
    ])

    expect((await it_.pairloom(['run', 'memory.yaml', '--workers', '1'])).code).toBe(0)
    const second = await takedown('--purge')
    expect([second.code, second.err, second.out]).toEqual([
      0,
      '',
      expect.stringMatching(/^purged 1\d samples: 0 shards/),
    ])
    expect(await readdir(join(it_.folder, 'out/memory/lines'))).not.toContain(old)
    expect((await takedown('--purge')).out).toBe('nothing to purge\n')
  })
})
