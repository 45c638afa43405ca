/**
 * What becomes of a link.
 *
 * `unseen`: a polite crawl never meets it. `reasons`: any of them is right, the first is the one to expect
 * (a text of one word may also fall to a rule about words that runs earlier).
 */
export interface Expected {
  verdict: 'kept' | 'dropped' | 'failed' | 'unseen'
  reasons: readonly string[]
}

export interface Trouble {
  /** Where it sits: in the alt text, in the picture and its answer, or in the page's address. */
  on: 'text' | 'picture' | 'page'
  /** How many of 1,000 pictures have it; at least one has. */
  perMille: number
  expected: Expected
  summary: string
}

const kept: Expected = { verdict: 'kept', reasons: [] }
const dropped = (...reasons: string[]): Expected => ({ verdict: 'dropped', reasons })
const failed = (...reasons: string[]): Expected => ({ verdict: 'failed', reasons })

const text = (perMille: number, expected: Expected, summary: string) =>
  ({ on: 'text', perMille, expected, summary }) satisfies Trouble
const picture = (perMille: number, expected: Expected, summary: string) =>
  ({ on: 'picture', perMille, expected, summary }) satisfies Trouble

/** Every trouble the demo web plants, and how a run should end for it. */
export const TROUBLES = {
  'file-name': text(20, dropped('file-name', 'too-few-words'), 'alt is a file name'),
  boilerplate: text(
    15,
    dropped('boilerplate', 'too-few-words'),
    'alt says "logo", "photo", "image not available"',
  ),
  'date-only': text(5, dropped('boilerplate', 'too-few-words'), 'alt is a date and nothing else'),
  'one-character': text(5, dropped('too-short', 'too-few-words', 'boilerplate'), 'alt is one character'),
  'empty-alt': text(10, { verdict: 'unseen', reasons: [] }, 'alt is empty or blank: no pair at all'),
  'html-left-over': text(
    5,
    dropped('markup', 'boilerplate', 'too-short', 'too-few-words'),
    'alt is what a template left: tags, {{ title }}, [object Object]',
  ),
  'wrong-language': text(60, dropped('wrong-language'), 'alt is in a language that is not wanted'),

  'dead-link': picture(8, failed('http-404'), '404'),
  'gone-for-good': picture(4, failed('http-410'), '410'),
  'server-error': picture(2, failed('http-500'), '500, always'),
  'rate-limited': picture(1, failed('http-429'), '429 with Retry-After: 1, always'),
  'redirect-loop': picture(2, failed('redirect-loop', 'too-many-redirects'), 'a to b to a'),
  'stalled-body': picture(1, failed('timeout-body'), 'half a picture, then nothing until the client closes'),
  'endless-body': picture(1, dropped('too-many-bytes'), 'bytes until the client closes, no Content-Length'),
  'length-too-long': picture(
    2,
    failed('bad-length'),
    'Content-Length above the body, then the connection closes',
  ),
  'length-too-short': picture(2, failed('image-truncated'), 'Content-Length below the body'),
  'truncated-jpeg': picture(
    5,
    failed('image-truncated'),
    'a JPEG that ends in the middle, with a matching length',
  ),
  'html-as-jpeg': picture(5, failed('not-an-image'), 'an HTML page that says image/jpeg'),
  'pixel-bomb': picture(1, dropped('too-many-pixels'), 'a PNG of 30,000 x 30,000 px in 110 kB'),
  svg: picture(3, dropped('svg-refused'), 'an SVG'),
  'refused-connection': picture(2, failed('connect-refused'), 'a host where nobody listens'),
  'robots-path': picture(5, dropped('robots'), 'a path that robots.txt disallows'),
  'robots-host': picture(3, dropped('robots'), 'a host that robots.txt closes to everybody'),
  'robots-agent': picture(3, dropped('robots'), 'a host that robots.txt closes to this crawler by name'),
  'too-small': picture(15, dropped('too-small'), 'a side below 64 px'),
  'too-elongated': picture(10, dropped('too-elongated'), 'one side over 3 times the other'),
  'exact-duplicate': picture(30, dropped('duplicate'), 'the same bytes at another address'),

  'near-duplicate': picture(
    30,
    kept,
    'the same picture at another size or format: no stage looks for it yet',
  ),
  'robots-allow': picture(3, kept, 'a path allowed inside a disallowed folder'),
  moved: picture(5, kept, 'a redirect to the picture'),
  'slow-host': picture(30, kept, 'a host that answers 150 ms late'),
  'cmyk-jpeg': picture(3, kept, 'a JPEG in CMYK'),
  'png-16-bit': picture(3, kept, 'an RGBA PNG with 16 bits a channel'),
  'exif-orientation': picture(5, kept, 'a JPEG with EXIF orientation 6'),
  'animated-gif': picture(3, kept, 'a GIF of three frames: the first counts'),
  avif: picture(3, kept, 'an AVIF'),

  'robots-page': {
    on: 'page',
    perMille: 3,
    expected: { verdict: 'unseen', reasons: ['robots'] },
    summary: 'links on a page that robots.txt disallows',
  },
} as const satisfies Record<string, Trouble>

export type TroubleName = keyof typeof TROUBLES
export const TROUBLE_NAMES = Object.keys(TROUBLES) as TroubleName[]

/** A text without trouble on a picture without trouble. */
export const KEPT: Expected = kept
