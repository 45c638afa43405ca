import { seededRandom } from '../src/core/random.ts'
import { hash128 } from '../src/core/hash.ts'
import type { Random } from '../src/core/random.ts'
import { DESIGNERS, loadEmojis } from './art.ts'
import type { Designer, Emoji } from './art.ts'
import { TROUBLE_HOSTS, domainOf } from './hosts.ts'
import type { Domain, Host } from './hosts.ts'
import { extension, makeRecipe, reencode } from './recipe.ts'
import type { Format, Recipe } from './recipe.ts'
import { TROUBLES } from './troubles.ts'
import type { TroubleName } from './troubles.ts'

/** One picture address of the demo web. */
export interface Picture {
  url: string
  /** The site that shows it first: where its designer lives. */
  domain: string
  emoji: Emoji
  designer: Designer
  /** What the file is made from. Troubles that cut or stall a body spoil this file; null where there is no file. */
  recipe: Recipe | null
  /** Trouble of the picture itself, its answer or its page. */
  trouble: TroubleName | null
  /** Trouble of its only alt text: such a picture is never worth a request. */
  textTrouble: TroubleName | null
  /** Where a redirect leads. */
  target?: string
  sameBytesAs?: string
  nearDuplicateOf?: string
}

const FORMATS: Partial<Record<TroubleName, Format>> = {
  'cmyk-jpeg': 'jpeg-cmyk',
  'png-16-bit': 'png-16-bit',
  'exif-orientation': 'jpeg-orientation-6',
  'animated-gif': 'gif',
  avif: 'avif',
  svg: 'svg',
  'stalled-body': 'jpeg',
  'endless-body': 'jpeg',
  'length-too-long': 'jpeg',
  'length-too-short': 'jpeg',
  'truncated-jpeg': 'jpeg',
  'html-as-jpeg': 'jpeg',
}
const WITHOUT_FILE = new Set<TroubleName>([
  'dead-link',
  'gone-for-good',
  'server-error',
  'rate-limited',
  'redirect-loop',
  'html-as-jpeg',
  'pixel-bomb',
  'refused-connection',
])
const LEAST_GOOD = 15

/**
 * Picks emoji, designer, size, format, address and trouble of every picture.
 *
 * Each emoji comes from all five designers in turn, so a model can be judged on a designer it never saw.
 * @throws RangeError when the troubles leave fewer than 15 good pictures, or the emojis run out (4,945 pictures)
 */
export function planPictures(
  seed: number,
  pictures: number,
  troubles: readonly TroubleName[],
  domains: readonly Domain[],
  hosts: readonly Host[],
): Picture[] {
  const random = seededRandom(seed, 'pictures')
  const subjects = random
    .shuffle(loadEmojis())
    .flatMap((emoji) => DESIGNERS.map((designer) => ({ emoji, designer })))
  const planted = troubles.flatMap((name) => plantings(name, pictures))
  const goodCount = pictures - planted.length
  if (goodCount < LEAST_GOOD) {
    const least = planted.length + LEAST_GOOD
    throw new RangeError(
      `Expected at least ${least} pictures for these troubles, got ${pictures}; ask for fewer troubles`,
    )
  }
  if (pictures > subjects.length) {
    throw new RangeError(`Expected at most ${subjects.length} pictures, got ${pictures}`)
  }

  const roles = random.shuffle([...planted, ...Array.from({ length: goodCount }, () => null)])
  const place = { seed, domains, hosts }
  const made = roles.map((role, i): Picture => {
    const { emoji, designer } = subjects[i] as (typeof subjects)[number]
    return makePicture(place, i, emoji, designer, role)
  })
  const originals = random.shuffle(
    made.filter(({ trouble, textTrouble }) => trouble === null && textTrouble === null),
  )
  return made.map((picture, i) =>
    isCopy(picture.trouble) ? copyOf(place, i, picture.trouble, originals) : picture,
  )
}

// Half of the text troubles have a picture of their own; the others are a second text of a good picture (pages.ts).
function plantings(name: TroubleName, pictures: number): TroubleName[] {
  const count = countOf(name, pictures)
  const length = TROUBLES[name].on === 'text' ? Math.ceil(count / 2) : count
  return Array.from({ length }, () => name)
}

/** How many plantings of a trouble a web of so many pictures has. */
export function countOf(name: TroubleName, pictures: number): number {
  return Math.max(1, Math.round((TROUBLES[name].perMille * pictures) / 1000))
}

interface Place {
  seed: number
  domains: readonly Domain[]
  hosts: readonly Host[]
}

function makePicture(
  place: Place,
  index: number,
  emoji: Emoji,
  designer: Designer,
  role: TroubleName | null,
  given?: Recipe,
): Picture {
  const random = seededRandom(place.seed, `picture ${index}`)
  const isText = role !== null && TROUBLES[role].on === 'text'
  const trouble = isText ? null : role
  const shape = trouble === 'too-small' ? 'small' : trouble === 'too-elongated' ? 'long' : 'usual'
  const format = trouble === null ? undefined : FORMATS[trouble]
  const recipe = given ?? makeRecipe(emoji, designer, random, { shape, ...(format && { format }) })
  const host = pickHost(place, trouble, designer, random)
  const id = hash128(`${place.seed} ${index}`).slice(0, 10)
  return {
    url: `http://${host}${pathOf(trouble, emoji, recipe, id, random)}`,
    domain: domainOf(host),
    emoji,
    designer,
    recipe: trouble !== null && WITHOUT_FILE.has(trouble) ? null : recipe,
    trouble,
    textTrouble: isText ? role : null,
    ...(trouble === 'moved' && { target: `http://${host}/moved/${id}.${extension(recipe.format)}` }),
    ...(trouble === 'redirect-loop' && { target: `http://${host}/round/${id}` }),
  }
}

function isCopy(trouble: TroubleName | null): boolean {
  return trouble === 'exact-duplicate' || trouble === 'near-duplicate'
}

function copyOf(
  place: Place,
  index: number,
  trouble: TroubleName | null,
  originals: readonly Picture[],
): Picture {
  const random = seededRandom(place.seed, `copy ${index}`)
  const { url, emoji, designer, recipe } = random.pick(originals)
  if (recipe === null) throw new Error(`Expected a good picture at ${url}, got one without a file`)
  return trouble === 'exact-duplicate'
    ? { ...makePicture(place, index, emoji, designer, trouble, recipe), sameBytesAs: url }
    : {
        ...makePicture(place, index, emoji, designer, trouble, reencode(recipe, random)),
        nearDuplicateOf: url,
      }
}

function pickHost(
  { domains, hosts }: Place,
  trouble: TroubleName | null,
  designer: Designer,
  random: Random,
): string {
  const own: Partial<Record<TroubleName, readonly string[]>> = TROUBLE_HOSTS
  const special = hosts.filter(({ name }) => trouble !== null && own[trouble]?.includes(name))
  const owners = new Map(domains.map((each) => [each.name, each.designer]))
  if (special.length > 0) {
    // A picture that is served lives with its designer: one held out by domain stays held out.
    return (special.find(({ domain }) => owners.get(domain) === designer) ?? random.pick(special)).name
  }
  const domain = random.pick(domains.filter((each) => each.designer === designer))
  // A host without robots.txt forbids nothing; a seventh of the pictures live beside the pages.
  const labels = domain.pictureHosts.filter((label) => !trouble?.startsWith('robots-') || label !== 'img2')
  return `${random.next() < 1 / 7 ? 'www' : random.pick(labels)}.${domain.name}`
}

function pathOf(
  trouble: TroubleName | null,
  emoji: Emoji,
  { format, width, height }: Recipe,
  id: string,
  random: Random,
) {
  const ending = extension(format)
  if (trouble === 'robots-path') return random.pick([`/private/${id}.${ending}`, `/img/${id}.draft.jpg`])
  if (trouble === 'robots-allow') return `/private/press/${id}.${ending}`
  const month = String(1 + random.below(12)).padStart(2, '0')
  return random.pick([
    `/${2012 + random.below(14)}/${month}/${emoji.slug}-${id}.${ending}`,
    `/img/${id}.${ending}?w=${width}&h=${height}`,
    `/emoji/${emoji.hexcode.toLowerCase()}/${id}.${ending}`,
    `/files/${id}`,
  ])
}
