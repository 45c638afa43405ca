import { createHash } from 'node:crypto'
import { glob, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PairloomError } from '../../core/error.ts'

/**
 * The Parquet files of earlier data sets, in order: of a folder of a run's stage those that its commits name, of any
 * other folder all below it but rejects and what is being written, or a file.
 *
 * @throws PairloomError `PL_INPUT` where a path is not there, or holds no Parquet file
 */
export async function earlierFiles(paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  for (const path of paths) {
    const files = await filesOf(path)
    if (files.length === 0) throw inputError(path, 'a Parquet file', 'none')
    for (const file of files) found.add(file)
  }
  return [...found].sort()
}

/** Changes with any path, size or time of change of those files; null where there are none. */
export async function earlierDigest(paths: readonly string[]): Promise<string | null> {
  if (paths.length === 0) return null
  const digest = createHash('sha256')
  for (const file of await earlierFiles(paths)) {
    const { size, mtimeMs } = await stat(file)
    digest.update(`${file}\0${size}\0${mtimeMs}\n`)
  }
  return digest.digest('hex')
}

async function filesOf(path: string): Promise<string[]> {
  const entry = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw inputError(path, 'a file or folder', error.code ?? error.message)
  })
  if (entry.isFile()) return [path]
  const committed = await committedFiles(path)
  if (committed) return committed
  const found: string[] = []
  for await (const file of glob('**/*.parquet', { cwd: path })) {
    if (!/(?:^|\/)\.|\.(?:rejects|rest)\.parquet$/.test(file)) found.push(join(path, file))
  }
  return found
}

/** Of a stage's folder in a run: attempts that lost may lie beside the parts that count. */
async function committedFiles(folder: string): Promise<string[] | null> {
  type Commit = { files?: { parquet?: { path: string } }; commits?: Commit[] }
  const commits: Commit[] = []
  for await (const file of glob('commit/*.json', { cwd: folder })) {
    commits.push(JSON.parse(await readFile(join(folder, file), 'utf8')) as Commit)
  }
  if (commits.length === 0) return null
  return commits
    .flatMap((commit) => commit.commits ?? [commit])
    .flatMap((commit) => commit.files?.parquet?.path ?? [])
    .map((file) => join(folder, file))
}

function inputError(path: string, expected: string, got: string): PairloomError {
  const message = `Expected ${expected} at ${path}, got ${got}: against names folders of earlier data sets`
  return new PairloomError('PL_INPUT', message, { data: { path } })
}
