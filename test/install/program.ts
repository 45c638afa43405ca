import { spawnSync } from 'node:child_process'

/**
 * What a test that runs a program of the system should say when it skips: null where `command --version` (or `args`)
 * prints what is expected, so that `describe.skipIf(missing)` runs it.
 */
export function missingProgram(
  command: string,
  prints = /./,
  args: readonly string[] = ['--version'],
): string | null {
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error) return `no ${command} on the PATH`
  return prints.test(stdout + stderr) ? null : `${command} is not the one expected (${String(prints)})`
}
