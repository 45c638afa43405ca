/** One thing that was looked at before a run. */
export interface Check {
  name: string
  /** `skip`: not measured. `fail`: a run would end badly. `warn`: slower or with less than it could. */
  status: 'ok' | 'warn' | 'fail' | 'skip'
  /** What was seen, with units. */
  seen: string
  /** What to do, or null where there is nothing to do. */
  advice: string | null
}

/** `ok` without advice; `problem`: the worst that was found, if any. */
export function checked(
  name: string,
  seen: string,
  ...problems: (readonly ['warn' | 'fail', advice: string] | null | false)[]
): Check {
  const found = problems.filter((p) => p !== null && p !== false)
  const worst = found.find(([status]) => status === 'fail') ?? found[0]
  return { name, seen, status: worst?.[0] ?? 'ok', advice: worst?.[1] ?? null }
}

export function mib(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
