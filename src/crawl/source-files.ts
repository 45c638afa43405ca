import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { glob, readdir, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { PairloomError } from '../core/error.ts'

/** A file that a source reads. */
export interface SourceFile {
  /** As given, or below the folder that was given. */
  path: string
  /** Below the folder that was given or the fixed part of the pattern, `/` between folders; of a file, its own. */
  name: string
  bytes: number
  mtimeMs: number
}

const MAX_FILES = 10_000_000

// The text of what came is left out: a URL may hold a password.
const path = z
  .string()
  .min(1)
  .refine((text) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(text), {
    error: 'Expected a path on disk, not a URL: download what it names first',
  })

/** Option of every source of files. */
export const pathOption = z
  .union([path, z.array(path).min(1)])
  .describe(
    'file, folder (with all below it), or pattern such as `part-*.csv` or `{00000..00127}.tar`; or several. Relative to the working directory',
  )

/**
 * The files that paths name, each once, in the order of their paths. Of a folder, those that `isWanted` by name;
 * what begins with a dot is passed over, links to folders are not followed.
 *
 * @throws PairloomError `PL_INPUT` where a path is not there, or names no file
 */
export async function findFiles(
  paths: string | readonly string[],
  isWanted: (name: string) => boolean,
): Promise<SourceFile[]> {
  const found = new Map<string, SourceFile>()
  for (const path of [paths].flat().flatMap(expandBraces)) {
    let count = 0
    for await (const file of filesOf(path, isWanted)) {
      found.set(file.path, file)
      count++
    }
    if (count === 0)
      throw inputError(path, `Expected files that this source reads in ${path}, got none of them`)
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Changes with any path, size or time of change. */
export function filesDigest(files: readonly SourceFile[]): string {
  const hash = createHash('sha256')
  for (const { path, bytes, mtimeMs } of files) hash.update(`${path}\0${bytes}\0${mtimeMs}\n`)
  return hash.digest('hex')
}

/** @throws PairloomError `PL_INPUT` where a file is not the one that was planned */
export async function checkUnchanged({ path, bytes, mtimeMs }: SourceFile): Promise<void> {
  const now = await statOf(path)
  if (now.size === bytes && now.mtimeMs === mtimeMs) return
  throw inputError(path, `Expected ${path} as it was when the run was planned, got another: run again`)
}

/** A file without the ending of what it is packed with. */
export function unpackedName(path: string): string {
  return path.replace(/\.(gz|zst)$/i, '')
}

export function inputError(path: string, message: string, cause?: unknown): PairloomError {
  return new PairloomError('PL_INPUT', message, {
    data: { path },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** `{00..12}` counts, with the zeros of its ends; `{a,b}` is either. Other braces stay as they are. */
export function expandBraces(path: string): string[] {
  for (const { 0: all, 1: inside, index } of path.matchAll(/\{([^{}]*)\}/g)) {
    const range = /^(\d+)\.\.(\d+)$/.exec(inside!)
    const choices = range
      ? countFrom(path, range[1]!, range[2]!)
      : inside!.includes(',')
        ? inside!.split(',')
        : []
    if (choices.length === 0) continue
    const [before, after] = [path.slice(0, index), path.slice(index + all.length)]
    return choices.flatMap((choice) => expandBraces(before + choice + after))
  }
  return [path]
}

function countFrom(path: string, first: string, last: string): string[] {
  const [from, to] = [Number(first), Number(last)]
  const width = /^0\d/.test(first) || /^0\d/.test(last) ? Math.max(first.length, last.length) : 0
  if (to >= from && to - from < MAX_FILES)
    return Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(width, '0'))
  throw inputError(path, `Expected braces that count upwards in ${path}, got {${first}..${last}}`)
}

async function* filesOf(path: string, isWanted: (name: string) => boolean): AsyncGenerator<SourceFile> {
  if (/[*?[]/.test(path)) {
    const root = path.slice(0, path.search(/[^/]*[*?[]/)) || '.'
    for await (const match of glob(path)) {
      const entry = await statOf(match)
      if (entry.isFile()) yield fileOf(root, match, entry)
    }
    return
  }
  const entry = await statOf(path)
  if (entry.isDirectory()) yield* walk(path, path, isWanted)
  else yield fileOf(dirname(path), path, entry)
}

async function* walk(
  root: string,
  folder: string,
  isWanted: (name: string) => boolean,
): AsyncGenerator<SourceFile> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory()) yield* walk(root, path, isWanted)
    else if (isWanted(entry.name)) {
      const found = await statOf(path)
      if (found.isFile()) yield fileOf(root, path, found)
    }
  }
}

function fileOf(root: string, path: string, { size, mtimeMs }: Stats): SourceFile {
  return { path, name: relative(root, path).replaceAll('\\', '/'), bytes: size, mtimeMs }
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw inputError(path, `Expected a file or folder at ${path}, got ${code}`, error)
  }
}
