export const RESIZE_MODES = ['none', 'shortest', 'longest', 'center-crop', 'border'] as const
export type ResizeMode = (typeof RESIZE_MODES)[number]

export interface ResizeOptions {
  mode: ResizeMode
  /** Side that the mode speaks of, px. */
  size: number
  /** Never enlarge: smaller pictures keep their pixels. Crop and border still give size x size. */
  onlyIfBigger: boolean
}

/** What to do to a picture, in this order. */
export interface Geometry {
  /** Scaled size, px; the picture's own where nothing is scaled. */
  width: number
  height: number
  /** Part of the scaled picture that is kept, or null for all. */
  crop: { left: number; top: number; width: number; height: number } | null
  /** White added around it, px, or null. */
  pad: { left: number; top: number; right: number; bottom: number } | null
}

/**
 * How a picture of width x height px is resized. The modes are img2dataset's:
 *
 * shortest: its shortest side becomes `size` (keep_ratio). longest: its longest side (keep_ratio_largest).
 * center-crop: as shortest, then the middle size x size. border: as longest, then white around it to size x size.
 */
export function resizeGeometry(
  width: number,
  height: number,
  { mode, size, onlyIfBigger }: ResizeOptions,
): Geometry {
  const whole = { width, height, crop: null, pad: null }
  if (mode === 'none') return whole

  const side =
    mode === 'shortest' || mode === 'center-crop' ? Math.min(width, height) : Math.max(width, height)
  const scaled = onlyIfBigger && side <= size ? whole : { ...whole, ...scale(width, height, size / side) }
  if (mode === 'shortest' || mode === 'longest') return scaled

  const crop = { width: Math.min(scaled.width, size), height: Math.min(scaled.height, size) }
  const left = Math.floor((scaled.width - crop.width) / 2)
  const top = Math.floor((scaled.height - crop.height) / 2)
  const padLeft = Math.floor((size - crop.width) / 2)
  const padTop = Math.floor((size - crop.height) / 2)
  return {
    ...scaled,
    crop: crop.width === scaled.width && crop.height === scaled.height ? null : { left, top, ...crop },
    pad:
      crop.width === size && crop.height === size
        ? null
        : {
            left: padLeft,
            top: padTop,
            right: size - crop.width - padLeft,
            bottom: size - crop.height - padTop,
          },
  }
}

function scale(width: number, height: number, by: number): { width: number; height: number } {
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) }
}
