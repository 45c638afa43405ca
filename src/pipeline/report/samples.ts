import type { Row } from '../../core/column.ts'
import type { Takedowns } from '../../core/takedown.ts'
import type { BytesRef } from '../../core/stage.ts'
import type { Sample, StageData } from './data.ts'
import type { Judged } from './judged.ts'
import { CAPTION, languageSql } from './shapes.ts'
import { literal, quoted, type StageTable, type Tables } from './tables.ts'
import type { Thumbnails } from './thumbnail.ts'

const MAX_CAPTION = 200
const MAX_URL = 160
const MAX_VALUE = 120

/** Rows to show, chosen by hash: the same ones for the same rows, and spread over all of them. */
export interface Samples {
  kept(table: StageTable, count: number): Promise<Sample[]>
  dropped(table: StageTable, rule: string, reason: string, count: number): Promise<Sample[]>
}

/**
 * Opens the choice of samples of a run.
 *
 * A row whose uid, picture address or bytes were withheld anywhere in the run (unsafe, opted out) is never chosen,
 * wherever else it turns up; and no picture is drawn that a safety filter has not judged. showUnsafe lifts both. What
 * was taken down is never shown.
 */
export function openSamples(
  tables: Tables,
  stages: readonly StageData[],
  thumbnails: Thumbnails,
  judged: Judged,
  takedowns: Takedowns,
  showUnsafe: boolean,
): Samples {
  const withheld = showUnsafe ? [] : withheldRows(tables, stages)

  async function choose(table: StageTable, from: string, verdict: boolean, count: number): Promise<Sample[]> {
    if (!Object.hasOwn(table.columns, 'uid')) return []
    const columns = sampleColumns(table, verdict)
    // Twice as many: some may turn out to be withheld.
    const rows = await tables.rows(`SELECT ${columns} FROM ${from} ORDER BY md5(uid), uid LIMIT ${2 * count}`)
    const keepers = await keepersOf(table, verdict ? rows : [])
    const hidden = await hiddenKeys([...rows, ...keepers.values()])
    const isJudged = showUnsafe || judged(table.stage, verdict ? 'rejects' : 'kept')
    const draw = (row: Row) =>
      isJudged && hasBytes(row) ? thumbnails.make(row as unknown as BytesRef) : Promise.resolve(null)
    const samples: Sample[] = []
    const shown = rows.filter((r) => !isHidden(r, hidden) && !takedowns.covers(r))
    for (const row of shown.slice(0, count)) {
      const keeper = keepers.get(row.value as string)
      samples.push({
        ...sampleOf(row),
        isJudged,
        picture: await draw(row),
        keeper:
          keeper && !isHidden(keeper, hidden) && !takedowns.covers(keeper)
            ? {
                uid: keeper.uid as string,
                caption: cut(keeper.caption, MAX_CAPTION).text,
                picture: await draw(keeper),
              }
            : null,
      })
    }
    return samples
  }

  function sampleOf(row: Row): Omit<Sample, 'keeper' | 'picture' | 'isJudged'> {
    const { text: caption, isCut } = cut(row.caption, MAX_CAPTION)
    const short = (value: unknown, most: number) =>
      value === null || value === undefined ? null : cut(value, most).text
    return {
      uid: row.uid as string,
      caption,
      isCut,
      language: short(row.language, 20),
      url: short(row.url, MAX_URL),
      width: (row.width as number | null) ?? null,
      height: (row.height as number | null) ?? null,
      value: short(row.value, MAX_VALUE),
      limit: short(row.limit, MAX_VALUE),
      hasBytes: hasBytes(row),
    }
  }

  /** The rows that verdicts name as kept instead, by uid. */
  async function keepersOf(table: StageTable, rows: readonly Row[]): Promise<Map<string, Row>> {
    const uids = [...new Set(rows.map((r) => r.value))].filter(
      (v): v is string => typeof v === 'string' && /^[0-9a-f]{32}$/.test(v),
    )
    if (!table.kept || uids.length === 0) return new Map()
    const found = await tables.rows(
      `SELECT ${sampleColumns(table, false)} FROM ${table.kept} WHERE uid IN (${uids.map(literal).join(', ')})`,
    )
    return new Map(found.map((row) => [row.uid as string, row]))
  }

  async function hiddenKeys(rows: readonly Row[]): Promise<Set<string>> {
    const hidden = new Set<string>()
    for (const { from, keys } of withheld) {
      for (const key of keys) {
        const values = [...new Set(rows.map((r) => r[key]))].filter((v): v is string => typeof v === 'string')
        if (values.length === 0) continue
        const found = await tables.rows(
          `SELECT DISTINCT ${quoted(key)} AS key FROM ${from} AND ${quoted(key)} IN (${values.map(literal).join(', ')})`,
        )
        for (const row of found) hidden.add(`${key} ${row.key as string}`)
      }
    }
    return hidden
  }
  return {
    kept: (table, count) => (table.kept ? choose(table, table.kept, false, count) : Promise.resolve([])),
    dropped: (table, rule, reason, count) =>
      table.rejects
        ? choose(
            table,
            `(SELECT * FROM ${table.rejects} WHERE rule = ${literal(rule)} AND reason = ${literal(reason)})`,
            true,
            count,
          )
        : Promise.resolve([]),
  }
}

const KEYS = ['uid', 'image_id', 'sha256']

function isHidden(row: Row, hidden: ReadonlySet<string>): boolean {
  return KEYS.some((key) => typeof row[key] === 'string' && hidden.has(`${key} ${row[key]}`))
}

/** For each stage that withheld rows: SQL of those rows, open for one more condition, and the keys it has. */
function withheldRows(tables: Tables, stages: readonly StageData[]): { from: string; keys: string[] }[] {
  return stages.flatMap((stage) => {
    const table = tables.of(stage.id)
    const reasons = stage.reasons.filter((r) => r.withheld)
    if (!table?.rejects || reasons.length === 0) return []
    const any = reasons
      .map((r) => `(rule = ${literal(r.rule)} AND reason = ${literal(r.reason)})`)
      .join(' OR ')
    return [
      {
        from: `${table.rejects} WHERE (${any})`,
        keys: KEYS.filter((key) => Object.hasOwn(table.columns, key)),
      },
    ]
  })
}

/** What a sample is made from, cut in the engine: a text may be megabytes long. */
function sampleColumns({ columns }: StageTable, verdict: boolean): string {
  const has = (name: string) => Object.hasOwn(columns, name)
  const captioned = has('texts') && has('caption')
  const text = (name: string, most: number) => `substr(${name}, 1, ${most + 1})`
  return [
    ...KEYS.filter(has).map(quoted),
    ...['bytes_dataset', 'bytes_part', 'bytes_offset', 'bytes_length'].filter(has),
    // Whole, as its host decides whether it may be shown.
    ...['url', 'merged_uids'].filter(has),
    ...(captioned
      ? [`${text(`${CAPTION}.text`, MAX_CAPTION)} AS caption`, `${languageSql(columns)} AS language`]
      : []),
    ...(has('original_width')
      ? ['original_width AS width', 'original_height AS height']
      : has('width')
        ? ['width', 'height']
        : []),
    ...(verdict ? [`${text('value', MAX_VALUE)} AS value`, `${text('"limit"', MAX_VALUE)} AS "limit"`] : []),
  ].join(', ')
}

function hasBytes(row: Row): boolean {
  return typeof row.bytes_dataset === 'string' && typeof row.bytes_length === 'number'
}

/** At most so many characters, none halved. */
function cut(value: unknown, most: number): { text: string; isCut: boolean } {
  const text = typeof value === 'string' ? value : ''
  const characters = Array.from(text.slice(0, 2 * most + 2))
  const isCut = characters.length > most
  return { text: isCut ? characters.slice(0, most).join('') : text, isCut }
}
