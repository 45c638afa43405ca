/** Names that profiles of plain sRGB give themselves: HP's and its copies, Facebook's, saucecontrol's, Little CMS's. */
const SRGB = /^(sRGB IEC61966-2\.?1|c2(ci)?|sRGB|sRGB built-in)$/

/**
 * True for a baseline or progressive JPEG of 8 bits a sample whose numbers are sRGB as they are: it has no ICC profile,
 * or one that is called sRGB. (ITU-T T.81, annex B; ICC.1, annex B.4.)
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
      if (!isSrgbProfile(bytes.subarray(at + 18, end))) return false
    }
    at = end
  }
  return false
}

/** True for an ICC profile that says that it is sRGB. */
export function isSrgbProfile(profile: Buffer): boolean {
  return SRGB.test(profileName(profile))
}

/** The description of an ICC profile (ICC.1:2022, 7.3 and 10.15; version 2: ICC.1:2001, 6.5.17); empty where it has none. */
function profileName(profile: Buffer): string {
  if (profile.length < 132) return ''
  const tags = Math.min(profile.readUInt32BE(128), 100)
  for (let tag = 132; tag < 132 + tags * 12 && tag + 12 <= profile.length; tag += 12) {
    if (profile.toString('latin1', tag, tag + 4) !== 'desc') continue
    const text = profile.subarray(profile.readUInt32BE(tag + 4))
    if (text.length < 28) return ''
    const isAscii = text.toString('latin1', 0, 4) === 'desc'
    if (isAscii) return text.toString('latin1', 12, 11 + text.readUInt32BE(8))
    const name = text.subarray(text.readUInt32BE(24)).subarray(0, text.readUInt32BE(20))
    return Buffer.from(name.subarray(0, name.length & ~1))
      .swap16()
      .toString('utf16le')
      .replace(/\0+$/, '')
  }
  return ''
}
