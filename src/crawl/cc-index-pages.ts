import type { SourcePart } from '../core/index.ts'

/** What reading an index took, as it is counted. */
export type IndexCounts = Record<'files' | 'bytes' | 'row-groups' | 'row-groups-read' | 'rows-read', number>

/** Where the records of one WARC file lie, as the index says. */
export interface PageFile {
  name: string
  records: { offset: number; length: number }[]
}

/** Pages of one partition: for each file its name, then gap and length of each record, gaps from the end of the last. */
export interface PagesPart extends SourcePart {
  files: [name: string, places: number[]][]
  pages: number
  /** What reading the index took: in the first partition alone, which counts it. */
  index?: IndexCounts
}

/** Pages that one source can have. */
export const MAX_PAGES = 10_000_000

/**
 * Places of pages, each once.
 *
 * Memory: 16 bytes a page; where there is a limit, some 60 for each of at most twice as many.
 */
export class PageSet {
  readonly #most: number | undefined
  readonly #files = new Map<string, number[]>()
  #sample: { name: string; offset: number; length: number; hash: number }[] = []
  #size = 0

  /** most: of more pages, those with the smallest hashes are kept. */
  constructor(most?: number) {
    this.#most = most
  }

  /** Pages so far; with a limit, up to twice as many. */
  get size(): number {
    return this.#size
  }

  add(name: string, offset: number, length: number, hash: number): void {
    this.#size++
    if (this.#most === undefined) {
      this.#put(name, offset, length)
      return
    }
    this.#sample.push({ name, offset, length, hash })
    if (this.#sample.length >= 2 * this.#most) this.#cut()
  }

  /** The partitions: pages in the order of file and offset, so many in each. */
  parts(pagesPerPartition: number): PagesPart[] {
    this.#cut()
    for (const { name, offset, length } of this.#sample) this.#put(name, offset, length)
    this.#sample = []
    const parts: PagesPart[] = []
    let part: PagesPart | null = null
    for (const name of [...this.#files.keys()].sort()) {
      let end = 0
      let places: number[] | null = null
      for (const { offset, length } of inOrder(this.#files.get(name)!)) {
        if (part === null || part.pages === pagesPerPartition) {
          part = { files: [], pages: 0 }
          parts.push(part)
          places = null
        }
        if (places === null) {
          places = []
          end = 0
          part.files.push([name, places])
        }
        places.push(offset - end, length)
        end = offset + length
        part.pages++
      }
    }
    return parts
  }

  #put(name: string, offset: number, length: number): void {
    const places = this.#files.get(name)
    if (places) places.push(offset, length)
    else this.#files.set(name, [offset, length])
  }

  #cut(): void {
    if (this.#most === undefined) return
    const sorted = this.#sample.sort(
      (a, b) => a.hash - b.hash || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.offset - b.offset),
    )
    this.#sample = sorted
      .filter(({ name, offset }, i) => sorted[i - 1]?.name !== name || sorted[i - 1]?.offset !== offset)
      .slice(0, this.#most)
    this.#size = this.#sample.length
  }
}

function inOrder(places: readonly number[]): { offset: number; length: number }[] {
  const records: { offset: number; length: number }[] = []
  for (let i = 0; i < places.length; i += 2) records.push({ offset: places[i]!, length: places[i + 1]! })
  records.sort((a, b) => a.offset - b.offset)
  return records.filter(({ offset }, i) => records[i - 1]?.offset !== offset)
}

/** The files of a partition with their records. */
export function pageFiles({ files }: PagesPart): PageFile[] {
  return files.map(([name, places]) => {
    const records: PageFile['records'] = []
    let end = 0
    for (let i = 0; i < places.length; i += 2) {
      const offset = end + places[i]!
      const length = places[i + 1]!
      records.push({ offset, length })
      end = offset + length
    }
    return { name, records }
  })
}
