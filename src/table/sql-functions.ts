/** A function that both engines have under one name because we define it. */
export interface SqlFunction {
  name: string
  /** Statement that makes it; null where the engine has it. */
  duckdb: string
  /** Spark takes such a function among the columns of a SELECT, not in ORDER BY itself. */
  spark: string | null
}

const TEXTS = 'ARRAY<STRUCT<kind: STRING, text: STRING, language: STRING, score: DOUBLE, page: STRING>>'
// A field that is NULL comes before one that is empty, and no text can look like two.
const text = (field: string) => `CASE WHEN ${field} IS NULL THEN '' ELSE concat(chr(2), ${field}) END`
const key = ['x.kind', 'x.text', 'x.language', 'x.page'].map(text).join(', chr(1), ')

/** What the subset that the engines share has no words for. */
export const SQL_FUNCTIONS: readonly SqlFunction[] = [
  {
    // The text of a row's caption; empty where it has none.
    name: 'caption_text',
    duckdb: `CREATE MACRO caption_text(texts, caption) AS coalesce(list_extract(texts, caption + 1).text, '')`,
    spark: `CREATE TEMPORARY FUNCTION caption_text(texts ${TEXTS}, caption INT) RETURNS STRING
      RETURN coalesce(get(texts, caption).text, '')`,
  },
  {
    // A text to sort a `texts` column by: within lists, the engines sort NULL at different ends.
    name: 'texts_key',
    duckdb: `CREATE MACRO texts_key(texts) AS array_to_string(list_transform(texts, lambda x: concat(${key})), chr(3))`,
    spark: `CREATE TEMPORARY FUNCTION texts_key(texts ${TEXTS}) RETURNS STRING
      RETURN array_join(transform(texts, x -> concat(${key})), chr(3))`,
  },
  // One row for each item of a list; none where it is empty or NULL.
  { name: 'explode', duckdb: 'CREATE MACRO explode(items) AS unnest(items)', spark: null },
  { name: 'size', duckdb: 'CREATE MACRO size(items) AS len(items)', spark: null },
  {
    name: 'regexp_like',
    duckdb: 'CREATE MACRO regexp_like(words, pattern) AS regexp_matches(words, pattern)',
    spark: null,
  },
]
