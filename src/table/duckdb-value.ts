import {
  DuckDBTypeId,
  JSDuckDBValueConverter,
  type DuckDBDecimalValue,
  type DuckDBTimestampTZValue,
  type DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBValueConverter,
  type JS,
} from '@duckdb/node-api'

/**
 * A value of DuckDB in JavaScript, of any depth: exact, or an error that says how to ask for it.
 *
 * Decimals alone are rounded, to the nearest number, as SQL itself does on the way to a double.
 */
export function exactValue(
  value: DuckDBValue,
  type: DuckDBType,
  converter: DuckDBValueConverter<JS>,
): JS | null {
  if (value === null) return null
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return wholeNumber(value as bigint)
    case DuckDBTypeId.DECIMAL:
      return decimal(value as DuckDBDecimalValue)
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return date((value as DuckDBTimestampValue | DuckDBTimestampTZValue).micros)
    default:
      return JSDuckDBValueConverter(value, type, converter)
  }
}

function wholeNumber(value: bigint): number {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new RangeError(`a whole number beyond 2^53 - 1, ${value}: cast it to string`)
}

function decimal(value: DuckDBDecimalValue): number {
  return value.scale === 0 ? wholeNumber(value.value) : Number(value.toString())
}

function date(micros: bigint): Date {
  const found = new Date(Number(micros / 1000n))
  if (micros % 1000n === 0n && !Number.isNaN(found.getTime())) return found
  throw new RangeError(`a timestamp that is no whole millisecond of a Date, ${micros} us: cast it to string`)
}
