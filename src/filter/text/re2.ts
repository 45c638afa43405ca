import { createRequire } from 'node:module'

/** What is used of a compiled expression of re2js. */
export interface Re2 {
  /** Whether any part of the text matches. Time: linear in the length of the text, whatever the expression. */
  test(text: string): boolean
}

interface Re2Js {
  RE2JS: { compile(pattern: string, flags: number): Re2; CASE_INSENSITIVE: number }
}

let library: Re2Js | null = null

/**
 * Compiles an expression of RE2: Perl's syntax without look-around and back-references, Unicode throughout.
 *
 * @throws an error whose message says what is wrong, and with which part
 */
export function compileRe2(pattern: string, ignoreCase: boolean): Re2 {
  // Loaded where there is an expression: it takes a command 70 ms to start. Schemas cannot wait for an import.
  library ??= createRequire(import.meta.url)('re2js') as Re2Js
  const { RE2JS } = library
  return RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
}
