import { gzipSync } from 'node:zlib'
import { pixelBomb } from '../../../demo/pixel-bomb.ts'
import { sendBytes } from '../web.ts'
import { avif, gif, inflating, jpegOfSize, PICTURE, PNG, pngWith, tiffOfSize, webpOfSize } from './bytes.ts'
import type { Trouble, Troubles } from './trouble.ts'

const body = (ends: string, type: string, make: () => Buffer | string): Trouble => ({
  ends,
  answer: sendBytes(type, make()),
})

const pixels = 'dropped.too-many-pixels'
const noImage = 'failed.not-an-image'
const noFormat = 'failed.unsupported-format'
const truncated = 'failed.image-truncated'
const broken = 'failed.image-broken'
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
const SCRIPT = '<script>alert(1)</script>'

const ftyp = (brand: string) =>
  Buffer.from(`\0\0\0\x14ftyp${brand}\0\0\0\0${brand}${'\0'.repeat(60)}`, 'latin1')
const widerAvif = () => {
  const bytes = Buffer.from(avif)
  const ispe = bytes.indexOf('ispe', 0, 'latin1')
  bytes.writeUInt32BE(60_000, ispe + 8)
  bytes.writeUInt32BE(60_000, ispe + 12)
  return bytes
}

/** What is wrong with the bytes themselves. */
export const PICTURE_TROUBLES: Troubles = {
  'png-bomb': body(pixels, 'image/png', pixelBomb),
  'gif-bomb': body(pixels, 'image/gif', () => gif(65_535, 65_535, [{ width: 65_535, height: 65_535 }])),
  'jpeg-bomb': body(pixels, 'image/jpeg', () => jpegOfSize(65_000, 65_000)),
  'webp-bomb': body(pixels, 'image/webp', () => webpOfSize(16_000, 16_000)),
  'tiff-bomb': body(pixels, 'image/tiff', () => tiffOfSize(200_000, 200_000)),
  'avif-bomb': body(pixels, 'image/avif', widerAvif),
  'gif-frame-beyond-its-screen': body(pixels, 'image/gif', () =>
    gif(10, 10, [{ width: 65_535, height: 65_535 }]),
  ),
  'gif-of-many-frames': body('kept', 'image/gif', () =>
    gif(
      100,
      100,
      Array.from({ length: 20_000 }, () => ({ width: 1, height: 1 })),
    ),
  ),
  'gif-without-size': body(broken, 'image/gif', () => gif(0, 0, [])),
  'png-profile-bomb': body('kept', 'image/png', () => pngWith('iCCP', inflating('profile'))),
  'png-comment-bomb': body('kept', 'image/png', () => pngWith('zTXt', inflating('Comment'))),
  svg: body('dropped.svg-refused', 'image/svg+xml', () => SVG),
  'svg-as-png': body('dropped.svg-refused', 'image/png', () => `<?xml version="1.0"?>\n${SVG}`),
  'packed-svg': body(noImage, 'image/svg+xml', () => gzipSync(SVG)),
  'page-as-jpeg': body(noImage, 'image/jpeg', () => '<!doctype html><title>Sign in</title>'),
  'json-as-jpeg': body(noImage, 'image/jpeg', () => '{"error":"not found"}'),
  'text-as-jpeg': body(noImage, 'image/jpeg', () => 'Not found'),
  'pdf-as-jpeg': body(noImage, 'image/jpeg', () => '%PDF-1.7\n1 0 obj\n<< >>\nendobj\n'),
  'zip-as-jpeg': body(noImage, 'image/jpeg', () => Buffer.from('PK\x03\x04\x14\0\0\0\0\0', 'latin1')),
  'program-as-jpeg': body(noImage, 'image/jpeg', () =>
    Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\0', 'latin1'),
  ),
  'zeros-as-jpeg': body(noImage, 'image/jpeg', () => Buffer.alloc(10_000)),
  'one-byte': body(noImage, 'image/jpeg', () => Buffer.from([0xff])),
  bmp: body(noFormat, 'image/bmp', () => {
    const bytes = Buffer.alloc(64)
    bytes.write('BM', 'latin1')
    bytes.writeUInt32LE(40, 14)
    return bytes
  }),
  ico: body(noFormat, 'image/x-icon', () => Buffer.from('\0\0\x01\0\x01\0\x10\x10\0\0', 'latin1')),
  heic: body(noFormat, 'image/heic', () => ftyp('heic')),
  'jpeg-xl': body(noFormat, 'image/jxl', () => Buffer.from([0xff, 0x0a, 0, 0, 0, 0])),
  'cut-jpeg': body(truncated, 'image/jpeg', () => PICTURE.subarray(0, PICTURE.length >> 1)),
  'cut-png': body(truncated, 'image/png', () => PNG.subarray(0, PNG.length >> 1)),
  'jpeg-of-two-bytes': body(noImage, 'image/jpeg', () => Buffer.from([0xff, 0xd8])),
  'broken-png': body(broken, 'image/png', () => {
    const bytes = Buffer.from(PNG)
    bytes.fill(0xaa, 60, 2000)
    return bytes
  }),
  // Its size is in the letters of the script.
  'script-as-gif': body(pixels, 'image/gif', () => `GIF89a/*${SCRIPT}*/=1;`),
  'gif-with-a-script-behind': body('kept', 'text/html', () =>
    Buffer.concat([gif(100, 100, [{ width: 1, height: 1 }]), Buffer.from(SCRIPT)]),
  ),
  'jpeg-with-an-archive-behind': body('kept', 'application/java-archive', () =>
    Buffer.concat([PICTURE, Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(1000)]),
  ),
  'jpeg-as-page': body('kept', 'text/html', () => PICTURE),
  'jpeg-as-anything': body('kept', 'application/octet-stream; charset=utf-8', () => PICTURE),
  'png-as-jpeg': body('kept', 'image/jpeg', () => PNG),
  'jpeg-without-type': body('kept', '', () => PICTURE),
}
