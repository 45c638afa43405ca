import { describeSql } from './sql-conformance.ts'

describeSql('DuckDB', { engine: 'duckdb' }, null)
