import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** `npm run bench -- NAME [arguments]`: runs bench/NAME.ts. A benchmark is a file that exports `bench(args)`. */
const [name, ...args] = process.argv.slice(2)
const found = await findBench(name)
if (found) {
  await found(args)
} else {
  console.error(`Expected a benchmark, got ${name ?? 'none'}. There are: ${(await benchNames()).join(', ')}`)
  process.exitCode = 2
}

type Bench = (args: string[]) => Promise<void>

async function findBench(wanted: string | undefined): Promise<Bench | null> {
  if (wanted === undefined || !(await benchNames()).includes(wanted)) return null
  return ((await import(`./${wanted}.ts`)) as { bench: Bench }).bench
}

/** Files that export `bench`; read, not imported, since helpers beside them do things when imported. */
async function benchNames(): Promise<string[]> {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.ts'))
  const texts = await Promise.all(files.map((file) => readFile(join(import.meta.dirname, file), 'utf8')))
  return files
    .filter((_, i) => /^export async function bench\(/m.test(texts[i]!))
    .map((f) => f.slice(0, -'.ts'.length))
}
