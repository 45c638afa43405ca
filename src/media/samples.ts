import type { Levels, Plane } from './resample.ts'

/** A plane of a picture: luma, chroma, gray, or red, green and blue side by side. */
export interface SamplePlane extends Plane {
  /** Pixels per sample, across and down; null for what is not chroma. */
  chroma: { across: number; down: number } | null
  levels?: Levels
}

/** A picture that can be decoded without sharp, into bytes of ours. */
export interface Samples {
  /** Size of the whole picture, px. */
  width: number
  height: number
  /** What it is decoded at, of its size. */
  scale: number
  /** One plane of three channels, one of gray, or Y, Cb and Cr; `at` counts from where they are decoded to. */
  planes: SamplePlane[]
  /** Bytes that decoding needs. */
  size: number
  /** False: broken, cut or not simple, for sharp to judge. */
  decode(into: Uint8Array): Promise<boolean> | boolean
  close?(): void
}

/** Y, Cb and Cr one after another, luma padded to whole samples of chroma, as TurboJPEG lays them out (turbojpeg.h). */
export function planesOf(
  { width, height }: { width: number; height: number },
  chroma: { across: number; down: number } | null,
  at = 0,
) {
  const { across, down } = chroma ?? { across: 1, down: 1 }
  const [columns, rows] = [Math.ceil(width / across), Math.ceil(height / down)]
  const stride = columns * across
  const planes: (SamplePlane & { rows: number })[] = [
    { at, width, height, stride, rows: rows * down, chroma: null },
  ]
  let end = at + stride * rows * down
  for (let i = 0; i < (chroma ? 2 : 0); i++) {
    planes.push({ at: end, width: columns, height: rows, stride: columns, rows, chroma })
    end += columns * rows
  }
  return { planes, end }
}
