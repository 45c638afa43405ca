import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Records that a bucket holds before they are written. */
const WAITING_RECORDS = 2048

/**
 * Records of a fixed number of 32-bit numbers, parted into buckets on disk: what would not fit in memory is written
 * once in any order, and read bucket by bucket in the order in which it came.
 *
 * Memory: 2,048 records a bucket.
 */
export class BucketFiles {
  readonly buckets: number
  #width: number
  #files: number[]
  #waiting: Uint32Array[]
  #used: number[]

  /** width: numbers of a record. name: of the files, in a folder of the caller's own. */
  constructor(folder: string, name: string, buckets: number, width: number) {
    this.buckets = buckets
    this.#width = width
    this.#files = Array.from({ length: buckets }, (_, i) => openSync(join(folder, `${name}-${i}`), 'w+'))
    this.#waiting = this.#files.map(() => new Uint32Array(WAITING_RECORDS * width))
    this.#used = this.#files.map(() => 0)
  }

  /** Where the next record of a bucket goes: an array and an offset, to be filled at once. */
  add(bucket: number): { into: Uint32Array; at: number } {
    if (this.#used[bucket]! === WAITING_RECORDS * this.#width) this.#flush(bucket)
    const at = this.#used[bucket]!
    this.#used[bucket] = at + this.#width
    return { into: this.#waiting[bucket]!, at }
  }

  /** The records of a bucket, many at a time; the array is used again. */
  *read(bucket: number): Generator<Uint32Array> {
    this.#flush(bucket)
    const chunk = new Uint32Array(WAITING_RECORDS * this.#width)
    const bytes = new Uint8Array(chunk.buffer)
    for (let position = 0; ;) {
      const got = readSync(this.#files[bucket]!, bytes, 0, bytes.length, position)
      if (got === 0) return
      position += got
      yield chunk.subarray(0, got / 4)
    }
  }

  close(): void {
    for (const file of this.#files) closeSync(file)
  }

  #flush(bucket: number): void {
    const { buffer } = this.#waiting[bucket]!
    const bytes = new Uint8Array(buffer, 0, this.#used[bucket]! * 4)
    for (let done = 0; done < bytes.length;) done += writeSync(this.#files[bucket]!, bytes, done)
    this.#used[bucket] = 0
  }
}
