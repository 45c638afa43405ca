/**
 * Hash of a tag or attribute name, without regard to ASCII case: names are compared by it, so that none is cut out of
 * the document. Two names of equal hash and length would be one; those that HTML and its libraries use are apart.
 */
export function nameHash(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = addToHash(hash, name.charCodeAt(i))
  return hash
}

/** The hash with one more character. */
export function addToHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + (code >= 65 && code <= 90 ? code + 32 : code)) | 0
}

/** Tags that mean something here; 0 is any other. */
export const TAG = {
  a: 1,
  area: 2,
  base: 3,
  figcaption: 4,
  figure: 5,
  h1: 6,
  h2: 6,
  h3: 6,
  h4: 6,
  h5: 6,
  h6: 6,
  html: 7,
  // The tree builder makes an img of it.
  image: 8,
  img: 8,
  link: 9,
  meta: 10,
  picture: 11,
  source: 12,
  svg: 13,
  math: 13,
  plaintext: 14,
  // HTML stands in these, and in title, within svg.
  foreignobject: 15,
  desc: 15,
  // The content of these is text up to their end tag (HTML, 13.2.6.2 and 13.2.6.4).
  script: 16,
  style: 17,
  title: 18,
  textarea: 19,
  xmp: 20,
  iframe: 21,
  noembed: 22,
  noframes: 23,
  // These stand within words.
  abbr: 32,
  b: 32,
  bdi: 32,
  bdo: 32,
  big: 32,
  cite: 32,
  code: 32,
  del: 32,
  em: 32,
  font: 32,
  i: 32,
  ins: 32,
  kbd: 32,
  mark: 32,
  q: 32,
  s: 32,
  samp: 32,
  small: 32,
  span: 32,
  strike: 32,
  strong: 32,
  sub: 32,
  sup: 32,
  time: 32,
  tt: 32,
  u: 32,
  var: 32,
  wbr: 32,
} as const

export type Tag = (typeof TAG)[keyof typeof TAG] | 0

/** Tags whose content is text up to their end tag, by their number less RAW_TEXT. */
export const RAW_TEXT = 16
export const RAW_TEXT_NAMES = ['script', 'style', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes']
export const INLINE = 32

const SLOTS = 4096
const tags = new Uint8Array(SLOTS)
const hashes = new Int32Array(SLOTS)
for (const [name, tag] of Object.entries(TAG)) {
  let slot = slotOf(nameHash(name))
  while (tags[slot] !== 0) slot = (slot + 1) % SLOTS
  tags[slot] = tag
  hashes[slot] = nameHash(name)
}

/** Start tags that close open svg and math elements (HTML, 13.2.6.5). */
export const BREAKOUTS = new Set(
  'b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var'
    .split(' ')
    .map(nameHash),
)

/** End tags that do so. */
export const BREAKOUT_ENDS = new Set(['br', 'p'].map(nameHash))

/** The tag of a name's hash. */
export function tagOf(hash: number): Tag {
  for (let slot = slotOf(hash); tags[slot] !== 0; slot = (slot + 1) % SLOTS) {
    if (hashes[slot] === hash) return tags[slot] as Tag
  }
  return 0
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 12)) & (SLOTS - 1)
}
