import { isDigit, isWordPart } from './character-kind.ts'
import type { Group, Pii } from './find-pii.ts'

/** Digits of a phone number with its country: E.164 has 15 at most. */
const MAX_DIGITS = 15
/** A word that announces a number is looked for in this many characters before it. */
const CUE_LENGTH = 20
const CUE =
  /(?:^|[^\p{L}\p{M}])(?:tel(?:e(?:ph|f)on[eo]?|éfono)?|tél(?:éphone)?|ph(?:one)?|mob(?:ile|il)?|cell|handy|fax|call|whatsapp|hotline|тел(?:ефон)?|моб|电话|電話|手机|전화|โทร|फोन|هاتف)[\s.:：#№-]*$/iu
/** What stands alone between two groups of digits; two signs only around a bracket. */
const JOINTS = ' \u00a0.-/\u2010\u2011\u2012\u2013()'

/**
 * A phone number that begins with a group of digits, or null.
 *
 * With `+` or 00 and the country: 8 to 15 digits (E.164). National: North America's 3-3-4; what begins with the trunk
 * prefix 0, or with an area code in brackets, 9 to 11 digits in two groups or more; mobile numbers of China in 3-4-4. After
 * a word such as `Tel.`: any 6 to 15 digits. Digits without any of these are no phone number: they are article numbers.
 *
 * free: where the last thing found ends.
 */
export function findPhone(text: string, groups: readonly Group[], first: number, free: number): Pii | null {
  const { start } = groups[first]!
  const opens = text[start - 1] === '('
  const isPlus = text[start - 1] === '+' || text.slice(start - 2, start) === '+('
  const begin = start - (isPlus && opens ? 2 : isPlus || opens ? 1 : 0)
  if (begin < free || isWordPart(text, begin - 1)) return null
  const isAfterWord = followsWord(text, begin)
  // Most numbers are none of these, and the rest is costly.
  if (!isPlus && !opens && !isAfterWord && text[start] !== '0' && !isThree(groups, first)) return null

  const lengths: number[] = []
  let digits = 0
  let last = first
  for (let i = first; i < groups.length; i++) {
    const { start: from, end: to } = groups[i]!
    if (i > first && !isJoint(text, groups[i - 1]!.end, from)) break
    digits += to - from
    if (digits > MAX_DIGITS) return null
    lengths.push(to - from)
    last = i
  }
  const end = groups[last]!.end
  if (isWordPart(text, end)) return null
  if (!isPlus && !opens && continues(text, groups, first, last)) return null
  const written = text.slice(start, end)
  const isPhone =
    (isPlus && digits >= 8 && !written.startsWith('0')) ||
    (/^00[1-9]/.test(written) && digits >= 10 && lengths.length > 1) ||
    isNational(written, lengths, digits, opens) ||
    (isAfterWord && digits >= 6 && CUE.test(text.slice(Math.max(0, begin - CUE_LENGTH), begin)))
  return isPhone ? { kind: 'phone', start: begin, end } : null
}

/** Whether groups go on with what stands before them: `0532 0130` of `0044 0532 0130` is no number of its own. */
function continues(text: string, groups: readonly Group[], first: number, last: number): boolean {
  if (first === 0) return false
  const before = text.slice(groups[first - 1]!.end, groups[first]!.start)
  if (!isJoint(text, groups[first - 1]!.end, groups[first]!.start)) return false
  return first === last || before === text.slice(groups[first]!.end, groups[first + 1]!.start)
}

/** Whether a letter stands before a place, with at most a few signs and spaces between. */
function followsWord(text: string, place: number): boolean {
  let i = place - 1
  while (i >= 0 && place - i < 5 && !isWordPart(text, i)) i--
  return isWordPart(text, i) && !isDigit(text, i)
}

/** Whether a group, or the one after a 1, has three digits. */
function isThree(groups: readonly Group[], first: number): boolean {
  const length = (i: number) => (groups[i] ? groups[i].end - groups[i].start : 0)
  return length(first) === 3 || (length(first) === 1 && length(first + 1) === 3)
}

function isJoint(text: string, start: number, end: number): boolean {
  if (end - start > 2 || !JOINTS.includes(text[start]!)) return false
  return end - start === 1 || (/[()]/.test(text.slice(start, end)) && JOINTS.includes(text[start + 1]!))
}

function isNational(written: string, lengths: readonly number[], digits: number, opens: boolean): boolean {
  if (lengths.length < 2) return false
  const shape = lengths.join('-')
  // The middle digits of both parts of a number of North America are no 0 or 1 at their front.
  if (shape === '3-3-4' || shape === '1-3-3-4')
    if (/^(?:1[-. ]\(?)?[2-9]\d\d(?:[-.]|\) ?-?)[2-9]\d\d[-. ]\d{4}$/.test(written)) return true
  if (shape === '3-4-4' && /^1[3-9]\d[- ]/.test(written)) return true
  if (digits < 9 || digits > 11 || isDate(written)) return false
  return /^0[1-9]/.test(written) || (opens && /^\d{2,5}\)/.test(written))
}

function isDate(written: string): boolean {
  return /^(?:[0-3]\d[-./ ][01]\d[-./ ](?:19|20)\d\d|[01]\d[-./ ][0-3]\d[-./ ](?:19|20)\d\d)(?!\d)/.test(
    written,
  )
}
