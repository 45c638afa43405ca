/** A function that both engines have under one name because we define it. */
export interface SqlFunction {
  name: string
  /** Statement that makes it; null where the engine has it. */
  duckdb: string
  spark: string | null
}

/** What the subset that the engines share has no words for. */
export const SQL_FUNCTIONS: readonly SqlFunction[] = [
  {
    // The text of a row's caption; empty where it has none.
    name: 'caption_text',
    duckdb: `CREATE MACRO caption_text(texts, caption) AS coalesce(list_extract(texts, caption + 1).text, '')`,
    spark: `CREATE TEMPORARY FUNCTION caption_text(
        texts ARRAY<STRUCT<kind: STRING, text: STRING, language: STRING, score: DOUBLE, page: STRING>>, caption INT
      ) RETURNS STRING RETURN coalesce(get(texts, caption).text, '')`,
  },
  // One row for each item of a list; none where it is empty or NULL.
  { name: 'explode', duckdb: 'CREATE MACRO explode(items) AS unnest(items)', spark: null },
]
