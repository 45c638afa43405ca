import { readFileSync, writeFileSync } from 'node:fs'
import type { CorpusPage } from './page-corpus.ts'

interface PackedPage {
  url: string
  html: Buffer
}

/** Writes pages into one file: a line of JSON with URLs and lengths, then the pages. */
export function writePack(path: string, pages: readonly CorpusPage[]): void {
  const index = pages.map(({ url, html }) => [url, html.length])
  writeFileSync(
    path,
    Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...pages.map(({ html }) => html)]),
  )
}

export function readPack(path: string): PackedPage[] {
  const bytes = readFileSync(path)
  let at = bytes.indexOf(10) + 1
  const index = JSON.parse(bytes.toString('utf8', 0, at)) as [string, number][]
  return index.map(([url, length]) => ({ url, html: bytes.subarray(at, (at += length)) }))
}
