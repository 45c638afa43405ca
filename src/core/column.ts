/**
 * Types a column can have, and the JavaScript value of a row for each:
 * utf8 string, binary Uint8Array, bool boolean, int32/int64/float64 number (int64: a safe integer), list<utf8> string[],
 * texts Text[].
 */
export type ColumnType = 'utf8' | 'binary' | 'bool' | 'int32' | 'int64' | 'float64' | 'list<utf8>' | 'texts'

/** Types of one value that a chart can show. */
export type ScalarType = Exclude<ColumnType, 'binary' | 'list<utf8>' | 'texts'>

export function isScalar(type: ColumnType): type is ScalarType {
  return type !== 'binary' && type !== 'list<utf8>' && type !== 'texts'
}

export interface Column {
  type: ColumnType
  /** Rows may hold null. Default false: a null is a defect of the stage. */
  nullable?: boolean
  /** Values hardly ever repeat: a dictionary of them would only cost. */
  distinct?: boolean
  /** Two fetches of the same thing may differ in it (time, latency, address, attempt): it never enters a shard. */
  volatile?: boolean
  /** What the value means, with its unit. */
  doc: string
}

/** A table's columns in their order. */
export type Columns = Readonly<Record<string, Column>>

export type Row = Record<string, unknown>

/** `imageSize`, `shortSide` -> `image_size_short_side`. Column names are snake_case. */
export function columnName(...words: string[]): string {
  return words
    .join('_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}
