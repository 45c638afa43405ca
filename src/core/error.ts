/** What the executor does when an error reaches it. */
export type Effect = 'drop' | 'retry' | 'abort'

/**
 * Every code that pairloom raises, with its effect and its meaning.
 *
 * drop: the row gets the error as its verdict and goes to the rejects. retry: the task runs again.
 * abort: the run stops; what is committed stays. `docs/errors.md` is generated from this table.
 */
export const ERRORS = {
  PL_NODE_VERSION: ['abort', 'pairloom was started with a Node that is too old'],
  PL_USAGE: ['abort', 'the command line has an unknown command, option or value'],
  PL_CONFIG: ['abort', 'the pipeline file has faults; all of them are listed with line and column'],
  PL_PLUGIN: ['abort', 'a plug-in cannot be loaded, or exports no stage'],
  PL_COST: ['abort', 'a plan is estimated to cost more than --max-cost allows, or nobody can tell'],
  PL_RUN_OTHER: ['abort', 'the run folder belongs to a pipeline of another name'],
  PL_RUN_ACTIVE: ['abort', 'a run and a purge, or two purges, were to work on one run folder at once'],
  PL_RUN_MISSING: ['abort', 'no run folder is where the command looked for one'],
  PL_NOT_FOUND: ['abort', 'a file or object that a commit names is gone'],
  PL_DAMAGED: ['abort', 'a file of the run folder is not what pairloom wrote'],
  PL_STORE_FULL: ['abort', 'the disk or the quota is full'],
  PL_STORE_DENIED: ['abort', 'the store refuses to be read or written'],
  PL_STORE_IO: ['retry', 'the store failed in a way that may pass'],
  PL_COMMIT_LOST: ['retry', 'another attempt committed the same partition first; its result is used'],
  PL_TASK_CRASHED: ['retry', 'a worker process died, or was killed, while it ran a task'],
  PL_WORKER_OTHER: ['abort', 'a worker has another codec or model than the one the run was planned with'],
  PL_PARTITION_FAILED: ['abort', 'a partition failed for good after its attempts'],
  PL_FAILURE_RATE: ['abort', 'more of a fetch failed than --max-failure-rate allows'],
  PL_COUNTS: ['abort', 'rows in differ from rows kept + dropped + failed: a defect of a stage'],
  PL_UID: ['abort', 'two rows that are to be packed have one uid'],
  PL_COLUMN: ['abort', 'a stage left out, or gave a wrong type to, a column that it declares'],
  PL_SQL: ['abort', 'the SQL engine refused or could not finish a statement'],
  PL_INPUT: ['abort', 'a file that a source reads is not there, cannot be read, or is not what was expected'],
  PL_TABLE: ['abort', 'a Parquet file cannot be read or written'],
  PL_TAR: ['abort', 'a tar file is damaged'],
  PL_STAGE: ['retry', 'a stage threw an error that is none of the others'],
  PL_INTERRUPTED: ['abort', 'the run was interrupted; the same command resumes it'],
  PL_FETCH: ['drop', 'a URL could not be fetched; data.reason names why'],
  PL_IMAGE: ['drop', 'bytes are no usable picture; data.reason names why'],
} as const satisfies Record<string, readonly [Effect, string]>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorOptions {
  /** The values of the message, for programs. JSON only: errors cross processes. */
  data?: Record<string, unknown>
  cause?: unknown
}

/** The one error class of pairloom. Compare `code`, not the class: errors cross processes and machines. */
export class PairloomError extends Error {
  readonly code: ErrorCode
  readonly data: Record<string, unknown>

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'PairloomError'
    this.code = code
    this.data = options.data ?? {}
  }

  get effect(): Effect {
    return ERRORS[this.code][0]
  }

  toJSON() {
    return { code: this.code, message: this.message, data: this.data }
  }
}

export function isPairloomError(error: unknown): error is PairloomError {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && Object.hasOwn(ERRORS, code)
}

/** Any thrown value as a PairloomError: unknown ones become `fallback`, their text and cause kept. */
export function toPairloomError(error: unknown, fallback: ErrorCode = 'PL_STAGE'): PairloomError {
  if (error instanceof PairloomError) return error
  if (isPairloomError(error)) {
    const { code, message, data } = error as PairloomError
    return new PairloomError(code, message, { data, cause: error })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new PairloomError(fallback, message, { cause: error })
}
