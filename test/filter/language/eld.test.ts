import { eld } from 'eld/large'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/index.ts'
import { loadEld } from '../../../src/filter/language/eld.ts'

const SAMPLES = [
  'The quick brown fox jumps over the lazy dog',
  'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich',
  'Voix ambiguë d’un cœur qui, au zéphyr, préfère les jattes de kiwis',
  'Съешь же ещё этих мягких французских булок, да выпей чаю',
  'いろはにほへと ちりぬるを わかよたれそ つねならむ',
  'İstanbul’da yağız şoföre çabucak güvendi',
  'דג סקרן שט בים מאוכזב ולפתע מצא לו חברה',
  'ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण',
  'เป็นมนุษย์สุดประเสริฐเลิศคุณค่า',
  "rock 'n' roll don't stop the dogs' bones `code`",
  'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihungsurkundenausstellung heute',
  'k’olwuj ruk’ ch’ab’',
  '',
  '12345 !?',
  '𝒜 mathematical letter',
]

describe('eld over typed arrays', () => {
  it('answers as eld itself does', async () => {
    const ours = await loadEld()
    const random = seededRandom('eld')
    const words = SAMPLES.flatMap((sample) => sample.split(' '))
    const made = Array.from({ length: 3000 }, () =>
      Array.from({ length: 1 + random.below(40) }, () => random.pick(words)).join(
        random.pick([' ', ', ', "'", ' ’', '-']),
      ),
    )
    const texts = [...SAMPLES, ...made]
    expect(texts.map((text) => ours.detect(text.toLowerCase()))).toEqual(
      texts.map((text) => eld.detect(text).language || null),
    )
  })

  it('knows the 60 languages of its data', async () => {
    const { languages } = await loadEld()
    expect(languages).toHaveLength(60)
    expect(new Set(languages)).toEqual(new Set(Object.values(eld.info().Languages)))
  })
})
