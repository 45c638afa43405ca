import type { Row } from '../../src/core/index.ts'

/** A row whose caption is a text. */
export function captionRow(text: string, uid = 'a'): Row {
  const other = { kind: 'title', text: 'not the caption', language: null, score: null, page: null }
  return { uid, texts: [other, { ...other, kind: 'alt', text }], caption: 1 }
}

/** Captions that have crashed text code before: none may throw, whatever the verdict. */
export const HOSTILE_ROWS: Row[] = [
  captionRow(''),
  captionRow(' \n\t\u3000 '),
  captionRow('\ud800'),
  captionRow('a cat \udc00 on \ud83d'),
  captionRow('\0\u202e\ufeff'),
  captionRow('x'.repeat(2 ** 20)),
  captionRow('a cat '.repeat(2 ** 18)),
  captionRow('แมวสีดำ'.repeat(2 ** 17)),
  captionRow('<'.repeat(2 ** 20)),
  captionRow('&'.repeat(2 ** 20)),
  captionRow('-1'.repeat(2 ** 19)),
  captionRow('_'.repeat(2 ** 20)),
  captionRow('1'.repeat(2 ** 20)),
  { uid: 'a', texts: [], caption: 0 },
  {
    uid: 'a',
    texts: [{ kind: 'alt', text: 'one two three', language: null, score: null, page: null }],
    caption: 7,
  },
  { uid: 'a', texts: null, caption: null },
]
