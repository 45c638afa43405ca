import { describe, expect, it } from 'vitest'
import { addressRule } from '../../src/crawl/address.ts'

describe('addressRule', () => {
  it.each([
    '0.0.0.0', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254', '168.63.129.16',
    '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.168.1.1', '198.18.0.1',
    '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255',
    '::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '64:ff9b:1::1', '100::1',
    '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fec0::1', 'ff02::1',
    'localhost', '127.1', '0x7f.0.0.1', '', 'fe80::1%eth0',
  ])('refuses %s', (address) => {
    expect(addressRule([]).allows(address)).toBe(false)
  }) // prettier-ignore

  it.each([
    '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.1',
    '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '223.255.255.255',
    '2001:4860:4860::8888', '2606:4700:4700::1111', '2a00:1450:4001::1', '2003::1',
  ])('allows %s', (address) => {
    expect(addressRule([]).allows(address)).toBe(true)
  }) // prettier-ignore

  it('allows what a pipeline names, and no more', () => {
    const rule = addressRule(['127.0.0.1', '10.1.0.0/16', 'fd12::/32'])
    const asked = ['127.0.0.1', '127.0.0.2', '10.1.255.255', '10.2.0.0', 'fd12::5', 'fd13::5', '8.8.8.8']
    expect(asked.filter((address) => rule.allows(address))).toEqual([
      '127.0.0.1',
      '10.1.255.255',
      'fd12::5',
      '8.8.8.8',
    ])
  })

  it.each(['localhost', '127.0.0.1/33', '127.0.0.1/x', '::1/129', '127.0.0.1/-1', ''])(
    'refuses %s as a range',
    (range) => {
      expect(() => addressRule([range])).toThrow(/network\.allow/)
    },
  )
})
