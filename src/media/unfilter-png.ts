/**
 * Undoes the filters of the rows of a PNG in place: each row is a byte that names its filter, then its samples
 * (PNG, third edition, 9.2). bpp: bytes per pixel. False where a filter has no name.
 */
export function unfilterPng(bytes: Uint8Array, stride: number, rows: number, bpp: number): boolean {
  for (let row = 0; row < rows; row++) {
    const from = row * stride + 1
    const to = from + stride - 1
    // Above the first row all is zero: Up leaves it alone, Paeth is Sub.
    const isFirst = row === 0
    switch (bytes[from - 1]) {
      case 0:
        break
      case 1:
        sub(bytes, from + bpp, to, bpp)
        break
      case 2:
        if (!isFirst) for (let i = from; i < to; i++) bytes[i]! += bytes[i - stride]!
        break
      case 3:
        average(bytes, from, to, bpp, isFirst ? null : stride)
        break
      case 4:
        if (isFirst) sub(bytes, from + bpp, to, bpp)
        else paeth(bytes, from, to, bpp, stride)
        break
      default:
        return false
    }
  }
  return true
}

function sub(bytes: Uint8Array, from: number, to: number, bpp: number): void {
  for (let i = from; i < to; i++) bytes[i]! += bytes[i - bpp]!
}

function average(bytes: Uint8Array, from: number, to: number, bpp: number, stride: number | null): void {
  for (let i = from; i < to; i++) {
    const left = i < from + bpp ? 0 : bytes[i - bpp]!
    const above = stride === null ? 0 : bytes[i - stride]!
    bytes[i]! += (left + above) >> 1
  }
}

/** Channel by channel: what is to the left is then at hand, and need not be read back. */
function paeth(bytes: Uint8Array, from: number, to: number, bpp: number, stride: number): void {
  for (let channel = 0; channel < bpp; channel++) {
    let left = 0
    let corner = 0
    for (let i = from + channel; i < to; i += bpp) {
      const above = bytes[i - stride]!
      const toLeft = Math.abs(above - corner)
      const toAbove = Math.abs(left - corner)
      const toCorner = Math.abs(left + above - 2 * corner)
      const nearest = toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner
      left = (bytes[i]! + nearest) & 0xff
      bytes[i] = left
      corner = above
    }
  }
}
