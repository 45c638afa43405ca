import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openMatcher } from '../src/filter/balance/entry-matcher.ts'

/** `node balance-side.ts ENTRIES CAPTIONS`: as peers/pyahocorasick_match.py. */
const [entries, captions] = process.argv.slice(2).map((f) => JSON.parse(readFileSync(f, 'utf8')) as string[])

let matcher = openMatcher([], 'words')
print(cpuSeconds(() => (matcher = openMatcher(entries!, 'words'))))
for await (const line of createInterface(process.stdin)) {
  const [what, from, to] = line.split(' ')
  const slice = captions!.slice(Number(from), Number(to))
  let [matches, checksum] = [0, 0]
  if (what === 'time')
    print(cpuSeconds(() => slice.forEach((text) => (matches += matcher.match(text).length))))
  else {
    for (const [place, text] of slice.entries()) {
      const found = matcher.match(text)
      matches += found.length
      for (const number of found) checksum = (checksum + (number + 1) * (place + 1)) % 2 ** 31
    }
    print([matches, checksum])
  }
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
