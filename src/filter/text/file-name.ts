import { z } from 'zod'
import { defineFilter } from '../../core/filter.ts'
import { captionOf } from '../../core/row.ts'

/** A longer text is no name. */
const MAX_LENGTH = 300

const options = z.strictObject({})

/**
 * Drops captions that are a name of a file or thing rather than words about a picture.
 *
 * `kind` says what the whole caption looks like, the first that fits:
 * url (an address, a bare domain, an e-mail address) · size (1024x768) · hex (a UUID, a hash) · camera (IMG_2041, Screenshot 2021-03-04,
 * image 3) · path · file (anything that ends in a file extension) · code (a SKU, an article number) · name
 * (logo-final2, hero_banner: one run with joints that no language has) · none.
 */
export const fileName = defineFilter({
  name: 'filter/file-name',
  version: 2,
  summary: 'Drop captions that are file names, paths, addresses, camera names or article numbers',
  options,
  reads: ['texts', 'caption'],
  measures: {
    kind: {
      type: 'utf8',
      doc: 'kind of name the caption is: url, size, hex, camera, path, file, code, name or none',
    },
  },
  measuredBy: [],
  measure: (row) => ({ kind: nameKind(captionOf(row)) }),
  rules: () => [{ reason: 'file-name', measure: 'kind', equals: 'none' }],
})

const URL_TEXT = /^(?:[a-z][a-z0-9+.-]*:\/\/|www\.|data:image\/)\S+$/i
const DOMAIN =
  /^(?:[a-z0-9-]+\.)*[a-z0-9-]{3,}\.(?:com|org|net|info|biz|edu|gov|app|dev|shop|store|online|site|website|xyz|club|blog|photos?|photography|studio|agency|cloud|[a-z]{2}|co\.[a-z]{2})(?:\/\S*)?$/i
const EMAIL = /^(?:mailto:)?[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)*\.\p{L}{2,}$/u
const SIZE = /^\d{2,5}\s?[x×*]\s?\d{2,5}(?:\s?px)?$/i
const UUID = /^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i
const HEX = /^(?:0x)?(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}$/i
const EXTENSION =
  /\S\.(?:jpe?g|jfif|png|gif|webp|avif|bmp|svgz?|tiff?|hei[cf]|ico|psd|eps|raw|cr2|nef|arw|dng|pdf|docx?|pptx?|mp4|mov|webm|html?|php|aspx?)(?:[?#]\S*)?$/i
const PATH = /^(?:file:|[a-z]:\\|\\\\|~\/|\.{0,2}\/[^\s/]+\/)|^\S+\\\S+\\\S+$/i
// The words that cameras, phones and programs begin their numbered names with.
const CAMERA =
  /^(?:file:)?_?(?:img|dsc|dsc[nf]?|cimg|kimg|sam|gopr|gp|dji|pxl|mvi|mov|vid|mg|imag|pict|picture|pic|image|images|photo|foto|bild|imagen|immagine|afbeelding|obraz|scan|fb_img|p|untitled|unnamed|unbenannt|sans titre|screen ?shot|screenshot|bildschirmfoto|capture d.écran|whatsapp image|received|snapchat|фото|изображение|снимок|图片|照片|画像|写真|사진)[-_ .#(]*\d[-_ .:\d()ax]*(?:(?:at|um|à) [\d.: ]+|[ap]m|wa\d+|edited|copy|hdr|burst\d*)*\)?$/i
const NUMBERED =
  /^(?:sku|item|art(?:icle|ikel)?|ref|mpn|model|part|product|isbn|ean|upc|gtin|asin|nr|no|id|code)[-_ .:#№]+[\w-]*\d[\w-]*$/i
const ONE_RUN = /^[\p{L}\p{M}\p{N}._~%+@()[\]-]+$/u

function nameKind(caption: string): string {
  const text = caption.length > MAX_LENGTH ? caption.slice(0, MAX_LENGTH + 1).trim() : caption.trim()
  if (text.length === 0 || text.length > MAX_LENGTH) return 'none'
  const isOneRun = !/\s/.test(text)
  if (isOneRun) {
    if (URL_TEXT.test(text) || ((DOMAIN.test(text) || EMAIL.test(text)) && !EXTENSION.test(text)))
      return 'url'
    if (UUID.test(text) || HEX.test(text)) return 'hex'
  }
  if (SIZE.test(text)) return 'size'
  if (CAMERA.test(text)) return 'camera'
  if (PATH.test(text)) return 'path'
  // A sentence that ends with an address is still a sentence.
  const quotesUrl = !isOneRun && text.includes('://')
  if (!quotesUrl && text.lastIndexOf('.') > 0 && EXTENSION.test(text))
    return isOneRun && /[\\/]/.test(text) ? 'path' : 'file'
  if (NUMBERED.test(text) && !/^(?:no|art|part|item|model|product)\W*\d{1,4}$/i.test(text)) return 'code'
  return isOneRun && ONE_RUN.test(text) ? runKind(text) : 'none'
}

/** One run without spaces, slashes or an extension: an article number, a name made of parts, or a word. */
function runKind(text: string): 'code' | 'name' | 'none' {
  if (/[\p{L}\d]_+[\p{L}\d]/u.test(text) || /%[0-9a-f]{2}/i.test(text)) return 'name'
  const digits = text.match(/\d/g)?.length ?? 0
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  if (digits === 0 || letters === 0) return 'none'
  const isShouted = text === text.toUpperCase() && /[A-Z]/.test(text)
  if (digits >= 3 && (digits >= letters || isShouted) && text.length >= 5) return 'code'
  const parts = text.split(/[-.+~]+/).filter((part) => part !== '')
  const mixed = parts.filter((part) => /\p{L}\d|\d\p{L}{2}/u.test(part))
  if (parts.length >= 2 && mixed.length > 0 && text === text.toLowerCase()) return 'name'
  return parts.length >= 4 ? 'name' : 'none'
}
