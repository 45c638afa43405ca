import { expect, it } from 'vitest'
import { hostOf } from '../../src/crawl/host.ts'

it.each([
  ['http://example.com/', 'example.com'],
  ['https://Example.com.:8443/x', 'example.com'],
  ['http://127.0.0.1:81/', '127.0.0.1'],
  ['http://[::1]:81/', '[::1]'],
  ['http://localhost./', 'localhost'],
])('the host of %s is %s', (url, host) => expect(hostOf(url)).toBe(host))
