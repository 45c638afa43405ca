const FRAME = 0xfd2fb528
/** RFC 8878, 3.1.2: 16 magic numbers of frames that hold user data. */
const SKIPPABLE = 0x184d2a50

/** Whether a gzip member starts here: magic, deflate, and flags of which three are reserved (RFC 1952, 2.3.1). */
export function isGzip(bytes: Uint8Array, at = 0): boolean {
  return bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && (bytes[at + 3]! & 0xe0) === 0
}

/** Whether a Zstandard frame starts here, one that holds user data too. */
export function isZstd(bytes: Buffer, at = 0): boolean {
  if (bytes.length < at + 4) return false
  const magic = bytes.readUInt32LE(at)
  return magic === FRAME || isSkippable(magic)
}

export function isSkippable(magic: number): boolean {
  return (magic & ~15) >>> 0 === SKIPPABLE
}
