import { describe, expect, it } from 'vitest'
import { collect, type Row } from '../../../src/core/index.ts'
import { language } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

const CAPTIONS: Record<string, string> = {
  ar: 'قطة سوداء تجلس على الطاولة',
  bn: 'টেবিলের উপর একটি কালো বিড়াল',
  cs: 'černá kočka sedí na starém stole',
  da: 'en sort kat sidder på det gamle bord',
  de: 'eine schwarze Katze sitzt auf dem alten Tisch',
  el: 'μια μαύρη γάτα κάθεται στο τραπέζι',
  en: 'a black cat sitting on the old table',
  es: 'un gato negro sentado sobre la mesa vieja',
  et: 'väike must kass istub köögis vana laua peal',
  fa: 'یک گربه سیاه روی میز نشسته است',
  fi: 'musta kissa istuu vanhan pöydän päällä',
  fr: 'un chat noir assis sur la vieille table',
  he: 'חתול שחור יושב על השולחן הישן',
  hi: 'एक काली बिल्ली पुरानी मेज पर बैठी है',
  hu: 'egy fekete macska ül a régi asztalon',
  id: 'seekor kucing hitam sedang duduk di atas meja tua itu',
  it: 'un gatto nero seduto sul vecchio tavolo',
  ja: '古いテーブルの上に座っている黒い猫',
  ko: '낡은 탁자 위에 앉아 있는 검은 고양이',
  lt: 'juoda katė sėdi ant seno stalo',
  nl: 'een zwarte kat zit op de oude tafel',
  pl: 'czarny kot siedzi na starym stole',
  pt: 'um gato preto sentado na mesa velha da cozinha',
  ru: 'чёрная кошка сидит на старом столе',
  sv: 'en svart katt som sitter på det gamla bordet i köket',
  th: 'แมวดำนั่งอยู่บนโต๊ะเก่า',
  tr: 'eski masanın üzerinde oturan siyah bir kedi',
  uk: 'чорний кіт сидить на старому столі',
  vi: 'một con mèo đen ngồi trên bàn cũ',
  zh: '一只黑猫坐在旧桌子上',
}

const SENTENCE = 'this is a photo of a black cat that is sitting on the old table in our kitchen'
// A name: the two detectors think of different languages.
const DISAGREED = 'Tito'

async function label(caption: string): Promise<Row | undefined> {
  const { kept, rejects } = await collect(language, [captionRow(caption)], { keep: ['en'] })
  return kept[0] ?? rejects[0]
}

describe('filter/language', () => {
  it.each(Object.entries(CAPTIONS))('knows %s', async (code, caption) => {
    expect(await label(caption)).toMatchObject({ language_label: code })
    const { counters } = await collect(language, [captionRow(caption)], { keep: [code] })
    expect(counters).toEqual({ kept: 1 })
  })

  it('drops other languages, with the language seen and those wanted', async () => {
    const rows = [captionRow(CAPTIONS.en!), captionRow(CAPTIONS.de!), captionRow(CAPTIONS.fr!)]
    const { counters, rejects } = await collect(language, rows, { keep: ['en', 'de'] })
    expect(counters).toEqual({ kept: 2, 'dropped.wrong-language': 1 })
    expect(rejects[0]).toMatchObject({ reason: 'wrong-language', value: 'fr', limit: 'one of en, de' })
  })

  it.each([
    'A BLACK CAT SITTING ON THE OLD TABLE',
    'a black cat\nsitting on\r\nthe old table',
    ' a  black\tcat sitting on the old table!',
  ])('is not misled by case and white space: %j', async (caption) => {
    const plain = await label(CAPTIONS.en!)
    expect(await label(caption)).toMatchObject({
      language_label: 'en',
      language_confidence: plain?.language_confidence,
    })
  })

  it.each(['', '123', '😀', '\ud800', '– … !'])('calls %j undetermined', async (caption) => {
    expect(await label(caption)).toMatchObject({
      language_label: 'und',
      language_confidence: 0,
      reason: 'wrong-language',
    })
  })

  it.each([
    { caption: '图书馆', code: 'zh' },
    { caption: '自由の女神', code: 'ja' },
    { caption: 'カメラ', code: 'ja' },
  ])('tells Chinese from Japanese by kana: $caption is $code', async ({ caption, code }) => {
    expect(await label(caption)).toMatchObject({ language_label: code })
  })

  it('is sure of sentences and unsure of names, and drops what it is unsure of where told to', async () => {
    const rows = [captionRow(SENTENCE), captionRow(DISAGREED)]
    const { language_label: code } = (await label(DISAGREED))!
    const keep = ['en', code as string]
    expect((await collect(language, rows, { keep })).counters).toEqual({ kept: 2 })
    const { kept, rejects } = await collect(language, rows, { keep, minConfidence: 0.9 })
    expect(kept).toMatchObject([{ language_label: 'en', language_agreed: true }])
    expect(rejects).toMatchObject([{ reason: 'unsure-language', limit: '>= 0.9', language_agreed: false }])
  })

  it('asks both detectors where told to', async () => {
    const row = captionRow(DISAGREED)
    const { language_label: code, language_agreed } = (await label(DISAGREED))!
    expect(language_agreed).toBe(false)
    const keep = [code as string]
    expect((await collect(language, [row], { keep })).counters).toEqual({ kept: 1 })
    expect((await collect(language, [row], { keep, agree: true })).counters).toEqual({
      'dropped.unsure-language': 1,
    })
  })

  it('takes nb for Norwegian', async () => {
    const row = captionRow('en svart katt sitter på det gamle bordet i stua')
    expect((await collect(language, [row], { keep: ['nb'] })).kept).toMatchObject([{ language_label: 'no' }])
  })

  it('names codes that can never be detected', () => {
    expect(language.check?.({ keep: ['en', 'english', 'xx', 'ceb'] })).toEqual([
      'keep has "english", expected a code that can be detected: en, de, zh …',
      'keep has "xx", expected a code that can be detected: en, de, zh …',
    ])
  })

  it('enters the hashes of its models into the fingerprint', async () => {
    expect(await language.identity?.({})).toEqual({
      fasttext: '8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83',
      eld: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })
})
