import { z } from 'zod'
import { CAPTION_KINDS, TEXT_KINDS, type TextKind } from './text-kinds.ts'

/** Options of the sources that read pages, but for the kinds of texts that each keeps unless told otherwise. */
export function pageOptions(texts: readonly TextKind[]) {
  const kinds = z.array(z.enum(TEXT_KINDS)).min(1)
  return {
    texts: kinds.default([...texts]).describe('kinds of texts to keep'),
    captions: kinds
      .default([...CAPTION_KINDS])
      .describe('kinds that the caption is taken from, best first; a picture with none of them is left out'),
    targetWidth: z
      .int()
      .min(0)
      .max(100_000)
      .default(1024)
      .describe('of a srcset, the narrowest candidate of at least this width is taken, px; 0: src as it is'),
    maxPageBytes: z
      .int()
      .min(1024)
      .max(256 * 2 ** 20)
      .default(8 * 2 ** 20)
      .describe('largest page, bytes'),
  }
}
