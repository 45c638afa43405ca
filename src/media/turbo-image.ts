import { availableParallelism } from 'node:os'
import type { Geometry } from './geometry.ts'
import type { FastCodecs } from './codec.ts'
import { jpegSamples } from './jpeg-samples.ts'
import type { StoredImage } from './process-image.ts'
import { pngSamples } from './png-samples.ts'
import { openWorkspace, resampleScratch, type Axis, type Workspace } from './resample.ts'
import { planesOf, type SamplePlane, type Samples } from './samples.ts'
import type { DecodedFormat } from './sniff.ts'
import type { TurboCodec } from './turbojpeg.ts'
import { webpSamples } from './webp-samples.ts'

/** Larger pictures are streamed by sharp instead of being held. */
const MAX_BYTES = 64 * 2 ** 20
/** Workspaces that grew beyond this are not kept. */
const KEPT_BYTES = 16 * 2 ** 20

/** Workspaces that wait for a picture: no more than there are threads to work in them. */
const idle: Workspace[] = []

/**
 * JPEGs of a picture, each resized, without sharp: decoded once to Y, Cb and Cr, or red, green and blue, resampled, and
 * encoded by TurboJPEG.
 *
 * Null for whatever is not simple: padding, other kinds of pictures than `*-samples.ts` take, and any error or warning of a
 * decoder. Such bytes are for sharp, which thereby alone judges what is broken. Memory: planes of the decoded size, at most
 * MAX_BYTES.
 */
export async function turboImages(
  codecs: FastCodecs,
  bytes: Buffer,
  format: DecodedFormat,
  geometries: Geometry[],
  quality: number,
): Promise<StoredImage[] | null> {
  if (geometries.some(({ pad }) => pad)) return null
  const codec = codecs.turbo.open()
  try {
    const samples = samplesOf(codec, codecs, bytes, format, geometries)
    if (!samples) return null
    const plans = geometries.map((geometry) => planOf(samples, geometry))
    const size = Math.max(...plans.map((plan) => plan.size))
    return size > MAX_BYTES ? null : await inWorkspace(samples, plans, size, codec, quality)
  } finally {
    codec.close()
  }
}

function samplesOf(
  codec: TurboCodec,
  { webp, inflate }: FastCodecs,
  bytes: Buffer,
  format: DecodedFormat,
  geometries: Geometry[],
): Samples | null {
  if (format === 'jpeg') return jpegSamples(codec, bytes, geometries)
  if (format === 'png') return pngSamples(bytes, inflate)
  return format === 'webp' && webp ? webpSamples(webp, bytes) : null
}

/** Where in a workspace, behind the samples, one result is made. */
function planOf(samples: Samples, geometry: Geometry) {
  const { width, height } = geometry.crop ?? geometry
  const isRgb = samples.planes[0]!.channels === 3
  const target = isRgb
    ? {
        planes: [{ at: samples.size, stride: width, rows: height }],
        end: samples.size + width * height * 3 + 8,
      }
    : planesOf({ width, height }, { across: 2, down: 2 }, samples.size)
  const steps = samples.planes.map((plane, i) => {
    const to = target.planes[i]!
    const [x, y] = axesOf(samples, plane, geometry, to)
    return { plane, x, y, to, scratch: resampleScratch(plane, x, y) }
  })
  const jpegBytes = jpegBound(width, height)
  const scratch = Math.ceil(target.end / 8) * 8
  const size = scratch + Math.max(jpegBytes, ...steps.map((step) => step.scratch))
  return { width, height, isRgb, target, steps, jpegBytes, scratch, size }
}

async function inWorkspace(
  samples: Samples,
  plans: ReturnType<typeof planOf>[],
  size: number,
  codec: TurboCodec,
  quality: number,
): Promise<StoredImage[] | null> {
  const workspace = idle.pop() ?? openWorkspace()
  try {
    workspace.reserve(size)
    if (!(await samples.decode(workspace.bytes(0, samples.size)))) return null
    const made: StoredImage[] = []
    for (const { width, height, isRgb, target, steps, jpegBytes, scratch } of plans) {
      for (const { plane, x, y, to } of steps) workspace.resample(plane, x, y, to.at, scratch, plane.levels)
      if (!isRgb && steps.length === 1)
        for (const { at, stride, rows } of target.planes.slice(1))
          workspace.bytes(at, stride * rows).fill(128)
      const pixels = workspace.bytes(samples.size, target.end - samples.size)
      const out = workspace.bytes(scratch, jpegBytes)
      const kind = isRgb ? 'rgb' : 'planes'
      const length = await codec.encode(kind, pixels, { width, height }, quality, out)
      if (length === 0) return null
      made.push({ bytes: Buffer.from(out.subarray(0, length)), width, height })
    }
    return made
  } finally {
    if (idle.length < availableParallelism() && workspace.size <= KEPT_BYTES) idle.push(workspace)
  }
}

/** Where the samples of a plane of the result, whose chroma is halved, lie in the same plane of the source. */
function axesOf(
  { width, height, scale }: Samples,
  { chroma }: SamplePlane,
  geometry: Geometry,
  to: { stride: number; rows: number },
): [Axis, Axis] {
  const axis = (full: number, scaled: number, skip: number, per: number | undefined, count: number): Axis => {
    const ratio = (full / scaled) * scale
    return per === undefined ? { ratio, skip, count } : { ratio: (ratio * 2) / per, skip: skip / 2, count }
  }
  const { left, top } = geometry.crop ?? { left: 0, top: 0 }
  return [
    axis(width, geometry.width, left, chroma?.across, to.stride),
    axis(height, geometry.height, top, chroma?.down, to.rows),
  ]
}

/** Largest 4:2:0 JPEG of a size, bytes: tjBufSize of turbojpeg.h. */
function jpegBound(width: number, height: number): number {
  const pad = (side: number) => Math.ceil(side / 16) * 16
  return pad(width) * pad(height) * 3 + 2048
}
