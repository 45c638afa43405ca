import { readFileSync } from 'node:fs'
import { openMatcher } from '../src/filter/balance/entry-matcher.ts'

/** `node balance-side.ts ENTRIES CAPTIONS PASSES`: as peers/pyahocorasick_match.py. */
const [entriesFile, captionsFile, passes] = process.argv.slice(2)
const entries = JSON.parse(readFileSync(entriesFile!, 'utf8')) as string[]
const captions = JSON.parse(readFileSync(captionsFile!, 'utf8')) as string[]

const began = process.cpuUsage()
const matcher = openMatcher(entries, 'words')
const { user, system } = process.cpuUsage(began)
let total = 0
let checksum = 0
if (Number(passes) === 0) {
  for (const [place, caption] of captions.entries()) {
    const found = matcher.match(caption)
    total += found.length
    for (const number of found) checksum = (checksum + (number + 1) * ((place % 65_521) + 1)) % 2 ** 31
  }
}
for (let pass = 0; pass < Number(passes); pass++) {
  for (const caption of captions) total += matcher.match(caption).length
}
process.stdout.write(JSON.stringify({ build: (user + system) / 1e6, total, checksum }))
