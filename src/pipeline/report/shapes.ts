import type { Columns } from '../../core/column.ts'
import type { Chart, FetchData, HeatMap } from './data.ts'
import { barsOf, histogramOf, type Measure } from './distribution.ts'
import { quoted, type StageTable, type Tables } from './tables.ts'

const SIDES = [
  0,
  8,
  16,
  32,
  48,
  64,
  96,
  128,
  192,
  256,
  384,
  512,
  768,
  1024,
  1536,
  2048,
  3072,
  4096,
  8192,
  2 ** 31,
]
const MAX_SITES = 15

/** Charts of the rows that a stage kept, of whatever its columns tell. */
export async function shapeCharts(table: StageTable, tables: Tables): Promise<Chart[]> {
  if (!table.kept) return []
  const charts: (Chart | null)[] = []
  if (has(table.columns, 'original_width', 'original_height')) charts.push(await sizeMap(table.kept, tables))
  for (const { needs, sql, ...measure } of SHAPES) {
    if (!has(table.columns, ...needs)) continue
    const full: Measure = { ...measure, column: 'value', here: 'FALSE', limits: [], isAllowed: () => null }
    const rows = `(SELECT NULL AS rule, NULL AS reason, ${sql(table.columns)} AS value FROM ${table.kept})`
    charts.push(await (measure.type === 'utf8' ? barsOf : histogramOf)(full, rows, tables))
  }
  return charts.filter((chart) => chart !== null)
}

/** The picked caption of a row, in SQL. */
export const CAPTION = 'texts[caption + 1]'

interface Shape extends Pick<Measure, 'title' | 'doc' | 'type'> {
  needs: string[]
  sql(columns: Columns): string
}

const SHAPES: Shape[] = [
  {
    title: 'short side',
    doc: 'shorter side of the original picture, px',
    type: 'int32',
    needs: ['original_width', 'original_height'],
    sql: () => 'least(original_width, original_height)',
  },
  {
    title: 'aspect ratio',
    doc: 'width / height of the original picture',
    type: 'float64',
    needs: ['original_width', 'original_height'],
    sql: () => 'original_width / greatest(original_height, 1)',
  },
  {
    title: 'stored bytes',
    doc: 'size of the stored picture, bytes',
    type: 'int64',
    needs: ['bytes_length'],
    sql: () => 'bytes_length',
  },
  {
    title: 'format',
    doc: 'format of the original picture',
    type: 'utf8',
    needs: ['original_format'],
    sql: () => 'original_format',
  },
  {
    title: 'caption length',
    doc: 'characters in the caption',
    type: 'int32',
    needs: ['texts', 'caption'],
    sql: () => `length(${CAPTION}.text)`,
  },
  {
    title: 'texts a picture',
    doc: 'texts that the pages give one picture',
    type: 'int32',
    needs: ['texts'],
    sql: () => 'len(texts)',
  },
  {
    title: 'language',
    doc: 'language of the caption',
    type: 'utf8',
    needs: ['texts', 'caption'],
    sql: languageSql,
  },
  {
    title: 'site',
    doc: 'registrable domain of the picture',
    type: 'utf8',
    needs: ['site'],
    sql: () => 'site',
  },
]

/** The caption's language: what its text says, else what a language filter has measured. */
export function languageSql(columns: Columns): string {
  const measured = Object.keys(columns).filter(
    (c) => /^language_(?!.*score)/.test(c) && columns[c]!.type === 'utf8',
  )
  return `coalesce(${[`${CAPTION}.language`, ...measured.map(quoted)].join(', ')})`
}

async function sizeMap(kept: string, tables: Tables): Promise<HeatMap | null> {
  const bin = (column: string) =>
    SIDES.slice(1, -1)
      .map((edge) => `(${column} >= ${edge})::INT`)
      .join(' + ')
  const rows = await tables.rows(
    `SELECT x, y, count(*) AS rows FROM (SELECT ${bin('original_width')} AS x, ${bin('original_height')} AS y FROM ${kept}) GROUP BY ALL ORDER BY ALL`,
  )
  if (rows.length === 0) return null
  return {
    kind: 'heat',
    title: 'picture sizes',
    doc: 'width and height of the original picture, px',
    xLabel: 'width',
    yLabel: 'height',
    edges: SIDES,
    cells: rows as unknown as HeatMap['cells'],
  }
}

/** Requests by site of a stage that brings bytes. */
export async function fetchData(
  table: StageTable,
  tables: Tables,
): Promise<Omit<FetchData, 'causes' | 'findings'> | null> {
  if (!has(table.columns, 'site', 'bytes_length')) return null
  const parts = [
    ...(table.kept ? [`SELECT site, 'kept' AS status, bytes_length FROM ${table.kept}`] : []),
    ...(table.rejects ? [`SELECT site, status, bytes_length FROM ${table.rejects}`] : []),
  ]
  if (parts.length === 0) return null
  const grouped = `(SELECT site, count(*) AS requests, count(*) FILTER (WHERE status = 'kept') AS kept, count(*) FILTER (WHERE status = 'dropped') AS dropped, coalesce(sum(bytes_length), 0)::BIGINT AS bytes FROM (${parts.join(' UNION ALL ')}) GROUP BY site)`
  const [all] = await tables.rows(
    `SELECT count(*) AS sites, coalesce(sum(requests), 0)::BIGINT AS requests, coalesce(sum(kept), 0)::BIGINT AS kept, coalesce(sum(bytes), 0)::BIGINT AS bytes FROM ${grouped}`,
  )
  const top = await tables.rows(`SELECT * FROM ${grouped} ORDER BY requests DESC, site LIMIT ${MAX_SITES}`)
  const { sites, requests, kept, bytes } = all as Record<'sites' | 'requests' | 'kept' | 'bytes', number>
  return { stage: table.stage, requests, kept, bytes, sites, top: top as unknown as FetchData['top'] }
}

function has(columns: Columns, ...names: string[]): boolean {
  return names.every((name) => Object.hasOwn(columns, name))
}
