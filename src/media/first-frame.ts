import type { Sharp } from './codec.ts'
import { FRAMES_TRIED, type Frames } from './frames.ts'

/** Side at which a frame is looked at, px. */
const SIDE = 64
/** Lossy frames of one colour waver by so much, levels of 255. */
const WAVER = 3

/**
 * Number of the first frame that is more than one colour on white; 0 where none of the first FRAMES_TRIED is.
 *
 * To see a frame, those before it are decoded too: no more than `maxPixels` are, in all.
 */
export async function firstFrame(
  sharp: Sharp,
  { count, head }: Frames,
  { width, height }: { width: number; height: number },
  maxPixels: number,
): Promise<number> {
  let spent = 0
  for (let frame = 0; frame < Math.min(count, FRAMES_TRIED); frame++) {
    spent += (frame + 1) * width * height
    if (spent > maxPixels) return 0
    if (!(await isBlank(sharp, head, frame, maxPixels))) return frame
  }
  return 0
}

async function isBlank(sharp: Sharp, bytes: Buffer, page: number, maxPixels: number): Promise<boolean> {
  const { data, info } = await sharp(bytes, { page, limitInputPixels: maxPixels })
    .flatten({ background: '#ffffff' })
    .resize(SIDE, SIDE, { fit: 'fill', kernel: 'mitchell' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  for (let channel = 0; channel < info.channels; channel++) {
    let [low, high] = [255, 0]
    for (let at = channel; at < data.length; at += info.channels) {
      low = Math.min(low, data[at]!)
      high = Math.max(high, data[at]!)
    }
    if (high - low > WAVER) return false
  }
  return true
}
