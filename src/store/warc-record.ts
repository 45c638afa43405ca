/** One record of a WARC file. */
export class WarcRecord {
  /** Version line and header lines as they stand, in Latin-1. */
  readonly head: string
  /** The block, at most `maxBlockBytes` of it. A view of what was read: copy what is to be kept. */
  readonly block: Buffer
  /** The block is longer than what is here. */
  readonly isCut: boolean
  #headers: Map<string, string> | null = null

  constructor(head: string, block: Buffer, isCut: boolean) {
    this.head = head
    this.block = block
    this.isCut = isCut
  }

  /** WARC-Type: `response`, `request`, `metadata`, `resource`, `conversion` … */
  get type(): string {
    return this.header('WARC-Type')?.toLowerCase() ?? ''
  }

  /** WARC-Target-URI, without the brackets that the grammar of WARC 1.0 put around it. */
  get targetUri(): string | null {
    return this.header('WARC-Target-URI')?.replace(/^<(.*)>$/, '$1') ?? null
  }

  /** The first header of a name, whatever its case, or null. */
  header(name: string): string | null {
    this.#headers ??= parseHeaders(this.head)
    return this.#headers.get(name.toLowerCase()) ?? null
  }
}

/** Names in lower case; a line that starts with white space goes on with the one before (WARC 1.1, 4). */
function parseHeaders(head: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (colon <= 0 || headers.has(name)) continue
    const value = line.slice(colon + 1).trim()
    headers.set(name, /^[\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, 'latin1').toString())
  }
  return headers
}
