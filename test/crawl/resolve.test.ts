import { describe, expect, it } from 'vitest'
import { openResolver, parseEndpoint } from '../../src/crawl/resolve.ts'

describe('openResolver', () => {
  it('asks the pipeline first', async () => {
    const resolver = openResolver({ 'a.test': '127.0.0.1:8080', '8.8.8.8': '10.0.0.1' }, 1000)
    expect(await resolver.resolve('a.test')).toEqual([{ address: '127.0.0.1', port: 8080 }])
    expect(await resolver.resolve('8.8.8.8')).toEqual([{ address: '10.0.0.1', port: null }])
  })

  it('takes literals as they are, and names of this machine from its own table', async () => {
    const resolver = openResolver({}, 1000)
    expect(await resolver.resolve('1.2.3.4')).toEqual([{ address: '1.2.3.4', port: null }])
    expect(await resolver.resolve('2001:db8::1')).toEqual([{ address: '2001:db8::1', port: null }])
    expect((await resolver.resolve('localhost')).map(({ address }) => address)).toContain('127.0.0.1')
  })

  it('asks once for a name that nobody has', async () => {
    const resolver = openResolver({}, 1000)
    const answers = await Promise.allSettled(['x.invalid', 'x.invalid'].map((host) => resolver.resolve(host)))
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'PL_FETCH' } })
  })
})

describe('parseEndpoint', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', null],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['::1', '::1', null],
    ['[::1]', '::1', null],
    ['[::1]:65535', '::1', 65535],
  ])('%s', (text, address, port) => expect(parseEndpoint(text)).toEqual({ address, port }))

  it.each(['a.test', 'a.test:80', '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:x', ':80', ''])(
    'refuses "%s"',
    (text) => {
      expect(parseEndpoint(text)).toBeNull()
      expect(() => openResolver({ 'a.test': text }, 1000)).toThrow(/network\.hosts: .*address:port/)
    },
  )
})
