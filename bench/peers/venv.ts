import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Python of a virtual environment with what `bench/peers/NAME.txt` pins; made first where there is none.
 *
 * flags: of pip install.
 */
export async function peerPython(name: string, ...flags: string[]): Promise<string> {
  const folder = fileURLToPath(new URL(`../../.peers/${name}/`, import.meta.url))
  const pins = fileURLToPath(new URL(`${name}.txt`, import.meta.url))
  const python = `${folder}bin/python`
  if (existsSync(python)) return python
  process.stderr.write(`installing ${name} into ${folder}\n`)
  await run('python3', ['-m', 'venv', folder])
  await run(`${folder}bin/pip`, ['install', '--quiet', ...flags, '-r', pins], { maxBuffer: 2 ** 26 })
  return python
}
