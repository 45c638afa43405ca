const MOST_CHARACTERS = 600

/**
 * What Spark says of a failure, without the plans and stack traces around it: the innermost cause, with the place in
 * the statement where it names one.
 */
export function sparkSaid(text: string): string {
  const causes = [...text.matchAll(/^Caused by: (?:[\w.$]+: )?(.*)$/gm)]
  const said = causes.at(-1)?.[1] ?? text.trim()
  const short = said
    // The logical plan follows a refused statement, Java's stack a failed one.
    .replace(/;?\n(?:['+]|\w+ \[).*/s, '')
    .replace(/\n\s*at .*/s, '')
    .replace(/\n*JVM stacktrace:.*/s, '')
    .replace(/^An error occurred while calling [\w.]+\n?: (?:[\w.$]+: )?/, '')
    .replace(/\s+/g, ' ')
    .trim()
  return short.length > MOST_CHARACTERS ? `${short.slice(0, MOST_CHARACTERS)}…` : short
}
