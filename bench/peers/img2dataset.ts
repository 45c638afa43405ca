import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const FOLDER = fileURLToPath(new URL('../../.peers/img2dataset/', import.meta.url))
const PINS = fileURLToPath(new URL('img2dataset.txt', import.meta.url))

/** Path of img2dataset's command; makes a virtual environment with the pinned versions first where there is none. */
export async function img2dataset(): Promise<string> {
  const command = `${FOLDER}bin/img2dataset`
  if (existsSync(command)) return command
  process.stderr.write(`installing img2dataset into ${FOLDER}\n`)
  await run('python3', ['-m', 'venv', FOLDER])
  await run(`${FOLDER}bin/pip`, ['install', '--quiet', '-r', PINS], { maxBuffer: 2 ** 26 })
  return command
}
