import { styleText } from 'node:util'
import type { Check } from '../pipeline/doctor/check.ts'
import { table } from './format.ts'

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red', skip: 'dim' } as const

/** One line a check, what to do below those that are not well. */
export function printChecks(checks: readonly Check[]): void {
  const lines = table(checks.map(({ status, name, seen }) => [status, name, seen])).split('\n')
  checks.forEach(({ status, advice }, i) => {
    const [word] = /^\w+/.exec(lines[i]!)!
    const coloured = styleText(COLOURS[status], word, { stream: process.stdout })
    process.stdout.write(`${coloured}${lines[i]!.slice(word.length)}\n`)
    if (advice !== null) process.stdout.write(`      -> ${advice}\n`)
  })
}
