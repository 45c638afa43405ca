/** A function of a native library; `async` runs it on a thread of libuv's pool. */
export type NativeFunction = ((...args: unknown[]) => unknown) & {
  async(...args: [...unknown[], (error: Error | null, result: number) => void]): void
}

/** Binds a function by its C prototype. */
export type Bind = (prototype: string) => NativeFunction

/**
 * Opens a library that a user may have installed, through koffi, itself optional: null where either is missing.
 *
 * soname: what Linux finds it by (`libdeflate.so.0`). formula and dylib: its names in Homebrew, on both kinds of Mac,
 * and MacPorts. `open` makes of it what the caller wants; where a function is missing, the next place is tried.
 */
export async function openNative<T>(
  { soname, formula, dylib }: { soname: string; formula: string; dylib: string },
  open: (bind: Bind, path: string) => T,
): Promise<T | null> {
  const koffi = await import('koffi').then(
    (loaded) => loaded.default,
    () => null,
  )
  if (koffi === null) return null
  const mac = ['/opt/homebrew', '/usr/local'].map((root) => `${root}/opt/${formula}/lib/${dylib}`)
  for (const path of [soname, ...mac, `/opt/local/lib/${dylib}`]) {
    try {
      const library = koffi.load(path)
      return open((prototype) => library.func(prototype) as unknown as NativeFunction, path)
    } catch {
      // Not there, or of another CPU: the next path may have it.
    }
  }
  return null
}
