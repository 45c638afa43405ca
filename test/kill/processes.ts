import { readdir, readFile } from 'node:fs/promises'

/** Ids of living processes whose environment has this variable with this value. */
export async function processesWith(name: string, value: string): Promise<number[]> {
  const found: number[] = []
  for (const pid of (await readdir('/proc')).filter((n) => /^\d+$/.test(n))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    if (environment.split('\0').includes(`${name}=${value}`)) found.push(Number(pid))
  }
  return found
}

/** Waits until no such process is left; gives those that are still there after many looks. */
export async function orphans(name: string, value: string): Promise<number[]> {
  let left: number[] = []
  for (let look = 0; look < 200; look++) {
    left = await processesWith(name, value)
    if (left.length === 0) return []
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return left
}
