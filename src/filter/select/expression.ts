import { tmpdir } from 'node:os'
import type { Columns, ColumnType } from '../../core/column.ts'
import { toPairloomError } from '../../core/error.ts'
import { openSql, type Sql } from '../../table/sql.ts'
import { sqlText } from './sql-text.ts'

const PREFIX = 'SELECT ('
const SUFFIX = '\n) AS holds FROM input'
/** Parts of a statement that one expression over a row does not have. */
const FOREIGN: Record<string, string> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  STAR: '*',
  PARAMETER: 'a parameter',
}

const SQL_TYPES: Record<ColumnType, string> = {
  utf8: 'VARCHAR',
  bool: 'BOOLEAN',
  int32: 'INTEGER',
  int64: 'BIGINT',
  float64: 'DOUBLE',
  binary: 'BLOB',
  'list<utf8>': 'VARCHAR[]',
  texts: 'STRUCT(kind VARCHAR, text VARCHAR, language VARCHAR, score DOUBLE, page VARCHAR)[]',
}

/** A node of the tree that DuckDB parses SQL into. Offsets count bytes of the statement. */
interface Node {
  class?: string
  query_location?: number
  function_name?: string
  column_names?: string[]
}

/** What is wrong with an SQL expression over a row of these columns, each fault with its place; empty where nothing is. */
export async function expressionFaults(sql: string, columns: Columns): Promise<string[]> {
  const engine = await openSql({ memoryBytes: 64 * 2 ** 20, scratch: tmpdir(), threads: 1 })
  try {
    const parsed = await parse(engine, sql)
    if ('fault' in parsed) return [parsed.fault]
    const faults = [...foreignParts(parsed.nodes, sql), ...(await inconstant(engine, parsed.nodes, sql))]
    if (faults.length > 0) return faults
    return await bindingFaults(engine, sql, columns)
  } finally {
    engine.close()
  }
}

async function parse(engine: Sql, sql: string): Promise<{ nodes: Node[] } | { fault: string }> {
  const statement = `${PREFIX}${sql}${SUFFIX}`
  const tree = JSON.parse(
    String(await one(engine, `SELECT json_serialize_sql(${sqlText(statement)}) AS value`)),
  ) as { error: boolean; error_message?: string; position?: string; statements?: { node: StatementNode }[] }
  if (tree.error) {
    if (tree.position === undefined)
      return { fault: `sql: expected one expression, got ${tree.error_message}` }
    return { fault: `sql, ${placeOf(sql, Number(tree.position))}: ${tree.error_message}` }
  }
  const statements = tree.statements ?? []
  const [{ node } = { node: null }] = statements
  if (statements.length !== 1 || !node || !isOneExpression(node))
    return { fault: 'sql: expected one expression, got more of a statement' }
  return { nodes: nodesOf(node.select_list) }
}

interface StatementNode {
  type: string
  select_list: unknown[]
  from_table?: { type?: string; table_name?: string }
  [part: string]: unknown
}

/** The statement around the expression is as it was written here. */
function isOneExpression(node: StatementNode): boolean {
  const isEmpty = (part: unknown) =>
    part === null || part === undefined || (Array.isArray(part) && part.length === 0)
  return (
    node.type === 'SELECT_NODE' &&
    node.select_list.length === 1 &&
    node.from_table?.type === 'BASE_TABLE' &&
    node.from_table.table_name === 'input' &&
    ['where_clause', 'group_expressions', 'having', 'qualify', 'sample', 'modifiers'].every((part) =>
      isEmpty(node[part]),
    )
  )
}

/** All nodes of a tree with a class, in order. */
function nodesOf(value: unknown): Node[] {
  if (value === null || typeof value !== 'object') return []
  const inner = Object.values(value).flatMap(nodesOf)
  return 'class' in value ? [value as Node, ...inner] : inner
}

function foreignParts(nodes: readonly Node[], sql: string): string[] {
  return nodes
    .filter((node) => Object.hasOwn(FOREIGN, node.class ?? ''))
    .map(
      (node) =>
        `sql, ${placeOf(sql, node.query_location!)}: expected an expression over one row, got ${FOREIGN[node.class!]}`,
    )
}

/** Functions that are no function of the row: aggregates, and those that give another answer another time. */
async function inconstant(engine: Sql, nodes: readonly Node[], sql: string): Promise<string[]> {
  const calls = nodes.filter((node) => node.function_name !== undefined && node.class !== 'WINDOW')
  if (calls.length === 0) return []
  const names = [...new Set(calls.map((node) => node.function_name!.toLowerCase()))]
  const refused = new Set<unknown>()
  const list = names.map(sqlText).join(', ')
  for await (const rows of engine.query(`
    SELECT function_name AS name FROM duckdb_functions() WHERE function_name IN (${list})
    GROUP BY function_name HAVING count(*) FILTER (stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')) > 0
      OR count(*) FILTER (function_type IN ('scalar', 'macro')) = 0`))
    for (const row of rows) refused.add(row.name)
  return calls
    .filter((node) => refused.has(node.function_name!.toLowerCase()))
    .map(
      (node) =>
        `sql, ${placeOf(sql, node.query_location!)}: expected functions of one row that always give the same, got ${node.function_name}`,
    )
}

/** Names and types: the engine looks at a table that has the columns and no rows. */
async function bindingFaults(engine: Sql, sql: string, columns: Columns): Promise<string[]> {
  const list = Object.entries(columns).map(
    ([name, { type }]) => `CAST(NULL AS ${SQL_TYPES[type]}) AS "${name}"`,
  )
  await engine.table('input', `SELECT ${list.join(', ')} LIMIT 0`)
  try {
    const type = await one(engine, `SELECT column_type AS value FROM (DESCRIBE ${PREFIX}${sql}${SUFFIX})`)
    return type === 'BOOLEAN'
      ? []
      : [`sql: expected true or false, got an expression of type ${String(type)}`]
  } catch (error) {
    return [`sql${said(toPairloomError(error).message, sql)}`]
  }
}

/** The engine's own words, and the place that its caret shows. */
function said(message: string, sql: string): string {
  const [first = '', ...rest] = message.replace(/^.*?got: /s, '').split('\n')
  const at = rest.findIndex((line) => /^LINE \d+: /.test(line))
  const caret = rest[at + 1]?.indexOf('^') ?? -1
  const shown = at < 0 ? '' : rest[at]!
  const start = shown.indexOf(': ') + 2
  const near = caret < start ? '' : shown.slice(caret).split(/[\s()]/, 1)[0]!
  const found = near === '' ? -1 : sql.indexOf(near)
  const place = found < 0 ? '' : `, ${placeOf(sql, PREFIX.length + Buffer.byteLength(sql.slice(0, found)))}`
  return `${place}: ${first.replace(/^[A-Za-z]+ Error: /, '')}`
}

/** `character 9 ("scor > 1")`, from an offset in the statement, bytes. */
function placeOf(sql: string, offset: number): string {
  const start = Buffer.from(sql)
    .subarray(0, Math.max(0, offset - PREFIX.length))
    .toString().length
  if (start >= sql.length) return 'at its end'
  return `character ${start + 1} (${JSON.stringify(sql.slice(start, start + 20))})`
}

async function one(engine: Sql, statement: string): Promise<unknown> {
  for await (const [row] of engine.query(statement)) return row?.value
  return undefined
}
