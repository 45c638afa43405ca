/** Bytes of a stream with a look ahead: what is held is one buffer, of which any part can be taken. */
export class ByteReader {
  /** Offset in the stream of the first byte held. */
  position = 0
  /** The stream gives no more than what is held. */
  ended = false
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** What is held. Valid until the next `fill`. */
  get view(): Buffer {
    return this.#held
  }

  /** Holds at least `length` bytes; false where the stream ends before. */
  async fill(length: number): Promise<boolean> {
    if (this.#held.length >= length) return true
    const parts = [this.#held]
    let bytes = this.#held.length
    while (bytes < length && !this.ended) {
      const next = await this.#chunks.next()
      if (next.done) {
        this.ended = true
      } else {
        const { buffer, byteOffset, length: more } = next.value
        parts.push(Buffer.from(buffer, byteOffset, more))
        bytes += more
      }
    }
    this.#held = parts.length === 2 && parts[0]!.length === 0 ? parts[1]! : Buffer.concat(parts)
    return bytes >= length
  }

  /** Gives up the first bytes of what is held. */
  skip(length: number): void {
    this.#held = this.#held.subarray(length)
    this.position += length
  }

  /** Takes at most `length` of the bytes held. */
  take(length: number): Buffer {
    const taken = this.#held.subarray(0, length)
    this.skip(taken.length)
    return taken
  }

  /** Gives bytes back that were taken last. */
  unread(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#held = Buffer.concat([bytes, this.#held])
    this.position -= bytes.length
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}
