/** A space of three primaries and one curve, as an ICC profile says it. */
export interface RgbSpace {
  name: string
  /** XYZ under D50 of red, green and blue at full. */
  primaries: [Xyz, Xyz, Xyz]
  gamma: number
}
type Xyz = [number, number, number]

/** Adobe RGB (1998) Color Image Encoding, 4.3.5.3: primaries under D50, gamma 2.19921875. */
export const ADOBE_RGB: RgbSpace = {
  name: 'Adobe RGB (1998)',
  primaries: [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ],
  gamma: 2.19921875,
}

/** ROMM RGB (ANSI/I3A IT10.7666): wider than what inks and screens show; gamma 1.8. */
export const ROMM_RGB: RgbSpace = {
  name: 'ROMM RGB',
  primaries: [
    [0.79767, 0.28804, 0],
    [0.13519, 0.71188, 0],
    [0.03134, 0.00009, 0.82491],
  ],
  gamma: 1.8,
}

const D50: Xyz = [0.9642, 1, 0.8249]

/** A matrix and curve profile of version 2 (ICC.1:2001-04, 6.3.3.2). */
export function iccProfile({ name, primaries, gamma }: RgbSpace): Buffer {
  const xyz = (value: Xyz) => Buffer.concat([tag('XYZ '), ...value.map(fixed)])
  const curve = Buffer.concat([tag('curv'), u32(1), u16(Math.round(gamma * 256)), u16(0)])
  const text = Buffer.from(`${name}\0`, 'latin1')
  const desc = Buffer.concat([tag('desc'), u32(text.length), text, Buffer.alloc(78)])
  const contents: [string, Buffer][] = [
    ['desc', desc],
    ['cprt', Buffer.concat([tag('text'), Buffer.from('None\0', 'latin1')])],
    ['wtpt', xyz(D50)],
    ...(['rXYZ', 'gXYZ', 'bXYZ'] as const).map((key, i): [string, Buffer] => [key, xyz(primaries[i]!)]),
    ...(['rTRC', 'gTRC', 'bTRC'] as const).map((key): [string, Buffer] => [key, curve]),
  ]
  let at = 128 + 4 + contents.length * 12
  const table: Buffer[] = []
  const data: Buffer[] = []
  for (const [key, content] of contents) {
    const padded = Buffer.concat([content, Buffer.alloc((4 - (content.length % 4)) % 4)])
    table.push(Buffer.from(key, 'latin1'), u32(at), u32(content.length))
    data.push(padded)
    at += padded.length
  }
  const header = Buffer.alloc(128)
  header.writeUInt32BE(at, 0)
  header.writeUInt32BE(0x02100000, 8)
  header.write('mntrRGB XYZ ', 12, 'latin1')
  header.write('acsp', 36, 'latin1')
  Buffer.concat(D50.map(fixed)).copy(header, 68)
  return Buffer.concat([header, u32(contents.length), ...table, ...data])
}

/** What a pixel of the space is in sRGB, 0..255 (IEC 61966-2-1; its matrix under D50 by Bradford). */
export function toSrgb({ primaries, gamma }: RgbSpace, pixel: readonly number[]): number[] {
  const linear = pixel.map((value) => (value / 255) ** gamma)
  const xyz = [0, 1, 2].map((i) => primaries.reduce((sum, p, k) => sum + p[i]! * linear[k]!, 0))
  return [
    [3.1338561, -1.6168667, -0.4906146],
    [-0.9787684, 1.9161415, 0.033454],
    [0.0719453, -0.2289914, 1.4052427],
  ].map((row) => {
    const value = Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, m, k) => sum + m * xyz[k]!, 0),
      ),
    )
    return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)
  })
}

function tag(type: string): Buffer {
  return Buffer.concat([Buffer.from(type, 'latin1'), Buffer.alloc(4)])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** s15Fixed16Number */
function fixed(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(Math.round(value * 65_536))
  return bytes
}
