/**
 * The next marker of a JPEG that a segment with a length follows, or that ends the headers (SOS, EOI), from `at` on, where
 * a marker should stand: the place of its 0xff, or -1 where there is none with a length behind it.
 *
 * Stray bytes, fill bytes and markers that stand alone (TEM, RST, SOI) are passed over, as decoders do (ITU-T T.81, B.1.1).
 */
export function nextMarker(bytes: Buffer, at: number): number {
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1]!
    if (bytes[at] !== 0xff || marker === 0xff) at++
    else if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd8)) at += 2
    else return at
  }
  return -1
}
