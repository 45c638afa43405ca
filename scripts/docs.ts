import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorsMarkdown, stagesMarkdown } from './pages.ts'

/** Writes the pages of docs/ that are made from the code: `npm run docs`. */
for (const [path, text] of [
  ['docs/errors.md', errorsMarkdown()],
  ['docs/stages.md', await stagesMarkdown()],
] as const) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  console.log(path)
}
