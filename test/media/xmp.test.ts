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

  it('of bytes that are no picture is none', () => {
    expect([Buffer.alloc(0), Buffer.from('<html>'), Buffer.alloc(100)].map(texts)).toEqual([[], [], []])
  })
})
