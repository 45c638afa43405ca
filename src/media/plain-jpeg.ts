/**
 * True for a baseline or progressive JPEG of 8 bits a sample whose colours are sRGB as they are: no ICC profile, or one
 * that says sRGB. (ITU-T T.81, annex B; ICC.1, annex B.4.)
 */
export function isPlainJpeg(bytes: Buffer): boolean {
  let isPlain = false
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return false
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xda) return isPlain
    if (marker >= 0xc0 && marker <= 0xc2) isPlain = bytes[at + 4] === 8
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    if (marker === 0xe2 && bytes.toString('latin1', at + 4, at + 15) === 'ICC_PROFILE') {
      // Descriptions are ASCII (version 2) or UTF-16 (version 4).
      const profile = bytes.toString('latin1', at + 18, end)
      if (!profile.includes('sRGB IEC61966-2') && !profile.includes('s\0R\0G\0B\0 \0I\0E\0C')) return false
    }
    at = end
  }
  return false
}
