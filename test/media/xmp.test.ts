import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { xmpPackets } from '../../src/media/xmp.ts'
import { noise } from './pictures.ts'

const XMP = (text: string) =>
  `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="${text}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

const texts = (bytes: Buffer) => xmpPackets(bytes).map((packet) => packet.toString())
const chunk = (type: string, data: Buffer) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)])
}

describe('XMP of a picture', () => {
  it.each(['jpeg', 'png', 'webp', 'avif', 'tiff'] as const)(
    'is what the codec finds in a %s',
    async (format) => {
      const picture = noise(40, 30)
      const bytes = await picture.withXmp(XMP('cat')).toFormat(format).toBuffer()
      const { xmpAsString } = await sharp(bytes).metadata()
      expect(xmpAsString).toContain('dc:source="cat"')
      expect(texts(bytes)).toEqual([xmpAsString])
    },
  )

  it.each(['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'] as const)(
    'is not there in a %s without',
    async (format) => {
      expect(texts(await noise(40, 30).toFormat(format).toBuffer())).toEqual([])
    },
  )

  it('stands in an application extension of a GIF', async () => {
    const gif = await noise(8, 8).gif().toBuffer()
    const trailer = Buffer.from([1, ...Array.from({ length: 256 }, (_, i) => 255 - i), 0])
    const extension = Buffer.concat([
      Buffer.from('!\xff\x0bXMP DataXMP', 'latin1'),
      Buffer.from(XMP('cat')),
      trailer,
    ])
    const bytes = Buffer.concat([gif.subarray(0, -1), extension, gif.subarray(-1)])
    expect(texts(bytes)).toEqual([XMP('cat')])
  })

  it('stands in a compressed chunk of a PNG, which is no bomb', async () => {
    const png = await noise(8, 8).png().toBuffer()
    const withText = (packet: Buffer) => {
      const text = Buffer.concat([
        Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0', 'latin1'),
        deflateSync(packet),
      ])
      return Buffer.concat([png.subarray(0, 33), chunk('iTXt', text), png.subarray(33)])
    }
    expect(texts(withText(Buffer.from(XMP('cat'))))).toEqual([XMP('cat')])
    expect(texts(withText(Buffer.alloc(2 ** 23)))).toEqual([])
  })

  it('goes on in the extension segments of a JPEG, in whatever order they stand', async () => {
    const jpeg = await noise(8, 8).withXmp(XMP('main')).jpeg().toBuffer()
    const whole = XMP('extended')
    const segment = (offset: number, piece: string) => {
      const head = Buffer.alloc(40, 'A')
      head.writeUInt32BE(whole.length, 32)
      head.writeUInt32BE(offset, 36)
      const body = Buffer.concat([
        Buffer.from('http://ns.adobe.com/xmp/extension/\0'),
        head,
        Buffer.from(piece),
      ])
      return Buffer.concat([Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]), body])
    }
    const bytes = Buffer.concat([
      jpeg.subarray(0, 2),
      segment(100, whole.slice(100)),
      segment(0, whole.slice(0, 100)),
      jpeg.subarray(2),
    ])
    expect(texts(bytes).at(-1)).toBe(whole)
    expect(texts(bytes)[0]).toContain('dc:source="main"')
  })

  it('of files cut anywhere is found or not, without an error', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const) {
      const bytes = await noise(40, 30).withXmp(XMP('cat')).toFormat(format).toBuffer()
      const lengths = Array.from({ length: 200 }, (_, i) => Math.floor((bytes.length * i) / 200))
      for (const length of lengths) expect(xmpPackets(bytes.subarray(0, length)).length).toBeLessThan(2)
    }
  })

  it('in a JPEG that ends within an extension is what stands before', async () => {
    const jpeg = await noise(8, 8).withXmp(XMP('main')).jpeg().toBuffer()
    const segment = Buffer.concat([
      Buffer.from([0xff, 0xe1, 0x40, 0]),
      Buffer.from('http://ns.adobe.com/xmp/extension/\0'),
      Buffer.alloc(40),
    ])
    // Before the first scan, and after the packet of its own.
    const at = jpeg.indexOf(Buffer.from([0xff, 0xdb]))
    for (let length = 4; length <= segment.length; length++) {
      const bytes = Buffer.concat([jpeg.subarray(0, at), segment.subarray(0, length)])
      expect(texts(bytes)[0]).toContain('dc:source="main"')
    }
  })

  it('is inflated up to a limit in all, however many chunks of a PNG hold some', async () => {
    const png = await noise(8, 8).png().toBuffer()
    const text = Buffer.concat([
      Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0', 'latin1'),
      deflateSync(Buffer.alloc(2 ** 20)),
    ])
    const many = Array.from({ length: 20 }, () => chunk('iTXt', text))
    const packets = xmpPackets(Buffer.concat([png.subarray(0, 33), ...many, png.subarray(33)]))
    expect(packets.map(({ length }) => length)).toEqual(Array(4).fill(2 ** 20))
  })

  describe('in an AVIF made to be costly', () => {
    const box = (type: string, ...parts: Buffer[]) => {
      const data = Buffer.concat(parts)
      const head = Buffer.alloc(8)
      head.writeUInt32BE(8 + data.length)
      head.write(type, 4, 'latin1')
      return Buffer.concat([head, data])
    }
    /** Item 1 is XMP. sizes: the bytes of iloc that give the sizes of its fields. */
    function avif(sizes: number[], items: Buffer[]): Buffer {
      const entry = Buffer.from('\x02\0\0\0\0\x01\0\0mimex\0application/rdf+xml\0', 'latin1')
      const names = box('iinf', Buffer.from([0, 0, 0, 0, 0, 1]), box('infe', entry))
      const count = Buffer.from([items.length >> 8, items.length & 255])
      const places = box('iloc', Buffer.alloc(4), Buffer.from(sizes), count, ...items)
      const meta = box('meta', Buffer.alloc(4), names, places)
      return Buffer.concat([box('ftyp', Buffer.from('avif\0\0\0\0avif')), meta, Buffer.alloc(2 ** 20)])
    }

    it('extents that take no room are not counted', () => {
      const item = Buffer.from([0, 9, 0, 0, 0xff, 0xff])
      const started = process.cpuUsage().user
      expect(xmpPackets(avif([0, 0], Array<Buffer>(20_000).fill(item)))).toEqual([])
      // 20,000 x 65,535 of them would be a minute.
      expect(process.cpuUsage().user - started).toBeLessThan(10_000_000)
    })

    it('the same bytes are joined up to a limit', () => {
      const extent = Buffer.from([0, 0x10, 0, 0]) // 1 MiB from the start of the file
      const item = (extents: number) =>
        Buffer.concat([Buffer.from([0, 1, 0, 0, 0, extents]), ...Array<Buffer>(extents).fill(extent)])
      expect(xmpPackets(avif([0x04, 0], [item(3), item(200)])).map(({ length }) => length)).toEqual([
        3 * 2 ** 20,
      ])
      expect(xmpPackets(avif([0x04, 0], Array<Buffer>(200).fill(item(1))))).toHaveLength(4)
    })
  })

  it('of bytes that are no picture is none', () => {
    expect([Buffer.alloc(0), Buffer.from('<html>'), Buffer.alloc(100)].map(texts)).toEqual([[], [], []])
  })
})
