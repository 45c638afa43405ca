import { tmpdir } from 'node:os'
import { PairloomError } from '../core/error.ts'
import { openSql, type Sql } from '../table/sql.ts'

/** A condition over the columns of an index, as its parser sees it. */
export interface Where {
  sql: string
  /** Columns that it names. */
  columns: string[]
}

/** What a condition may not hold: other tables, all columns at once, other rows, values from elsewhere. */
const REFUSED: Record<string, string> = {
  SUBQUERY: 'a query inside it',
  STAR: 'a *',
  WINDOW: 'a window function',
  PARAMETER: 'a parameter',
  POSITIONAL_REFERENCE: 'a #',
  DEFAULT: 'a DEFAULT',
}

/** Runs with an engine that has no table yet. */
export async function withSql<T>(work: (sql: Sql) => Promise<T>, scratch = tmpdir()): Promise<T> {
  const sql = await openSql({ memoryBytes: 512 * 2 ** 20, scratch })
  try {
    return await work(sql)
  } finally {
    sql.close()
  }
}

/**
 * Reads a condition: one expression, over columns of the index alone, that gives the same for the same row each time.
 *
 * @throws PairloomError `PL_INPUT` that names the option and says what came
 */
export async function readWhere(where: string, sql: Sql): Promise<Where> {
  const quoted = where.replaceAll("'", "''")
  // The line ends keep a comment in the condition from swallowing what follows.
  const { tree } = await oneRow(sql, `SELECT json_serialize_sql('SELECT (\n${quoted}\n)') AS tree`)
  const parsed = JSON.parse(String(tree)) as Parsed
  if (parsed.error) throw whereError(where, `one condition, got ${parsed.error_message}`)
  const node = parsed.statements.length === 1 ? parsed.statements[0]!.node : null
  const isOne =
    node?.type === 'SELECT_NODE' &&
    node.select_list?.length === 1 &&
    node.from_table?.type === 'EMPTY' &&
    node.where_clause === null
  if (!isOne) throw whereError(where, 'one condition, got a statement')
  const found = { columns: new Set<string>(), functions: new Set<string>() }
  collect(node.select_list![0], new Set(), found, where)
  await checkFunctions(where, [...found.functions], sql)
  return { sql: where, columns: [...found.columns] }
}

/** @throws PairloomError `PL_INPUT` with the words of the engine, such as of types that do not fit */
export function whereError(where: string, what: string, cause?: unknown): PairloomError {
  return new PairloomError('PL_INPUT', `Expected in where ${what}: ${where}`, {
    data: { where },
    ...(cause === undefined ? {} : { cause }),
  })
}

interface Parsed {
  error: boolean
  error_message?: string
  statements: {
    node: {
      type: string
      select_list?: unknown[]
      from_table?: { type: string }
      where_clause?: unknown
    }
  }[]
}

interface Expression extends Record<string, unknown> {
  class?: string
  column_names?: string[]
  function_name?: string
}

/** names: parameters of the lambdas around. */
function collect(
  value: unknown,
  names: ReadonlySet<string>,
  found: { columns: Set<string>; functions: Set<string> },
  where: string,
): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) collect(item, names, found, where)
    return
  }
  const expression = value as Expression
  const refused = REFUSED[expression.class ?? '']
  if (refused !== undefined) throw whereError(where, `one condition over a row, got ${refused}`)
  if (expression.class === 'COLUMN_REF') {
    const [name] = expression.column_names!
    if (!names.has(name!)) found.columns.add(name!)
  }
  if (expression.class === 'FUNCTION') found.functions.add(expression.function_name!.toLowerCase())
  const own = expression.class === 'LAMBDA' ? new Set([...names, ...namesOf(expression.lhs)]) : names
  for (const child of Object.values(expression)) collect(child, own, found, where)
}

function namesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { column_names } = value as Expression
  return [...(column_names ?? []), ...Object.values(value).flatMap(namesOf)]
}

async function checkFunctions(where: string, names: readonly string[], sql: Sql): Promise<void> {
  if (names.length === 0) return
  const known = new Set<unknown>()
  const statement = `SELECT DISTINCT lower(function_name) AS name FROM duckdb_functions()
    WHERE (function_type = 'scalar' AND stability = 'CONSISTENT') OR function_type = 'macro'`
  for await (const rows of sql.query(statement)) for (const { name } of rows) known.add(name)
  const wrong = names.find((name) => !known.has(name))
  if (wrong !== undefined)
    throw whereError(where, `functions of a row that give the same each time, got ${wrong}()`)
}

async function oneRow(sql: Sql, statement: string): Promise<Record<string, unknown>> {
  for await (const [row] of sql.query(statement)) return row!
  throw new PairloomError('PL_SQL', 'Expected a row, got none', { data: { statement } })
}
