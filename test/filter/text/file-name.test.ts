import { describe, expect, it } from 'vitest'
import { collect } from '../../../src/core/index.ts'
import { fileName } from '../../../src/filter/index.ts'
import { captionRow } from '../rows.ts'

const NAMES: Record<string, string[]> = {
  url: [
    'https://example.com/a.png',
    'www.example.com',
    'example.com',
    'example.co.uk',
    'my-gallery.photography',
    'shop.example.store/cats',
    'info@example.com',
    'data:image/gif;base64,R0lGOD',
  ],
  size: ['1024x768', '300 × 250', '64x64px'],
  hex: ['d41d8cd98f00b204e9800998ecf8427e', '0x00c0ffee', '123e4567-e89b-12d3-a456-426614174000'],
  camera: [
    'IMG_2041',
    'DSC 0001',
    'P1010234',
    '_MG_1234',
    'IMG-20200101-WA0001',
    'WhatsApp Image 2021-03-04 at 10.11.12',
    'Screenshot 2021-03-04 at 10.11.12 AM',
    'Bildschirmfoto 2021-03-04 um 10.11.12',
    'image 3',
    'Photo (12)',
    '写真 2',
  ],
  path: ['/images/2020/header', 'C:\\pictures\\cat', 'uploads/2020/cat.jpg', '../img/cat'],
  file: ['DSC0001.JPG', 'logo-final2.png', 'my holiday photo.jpg', 'кот.jpeg', 'a.webp?w=200'],
  code: ['A12-B34X', 'B07XJ8C8F7', 'AB-1234-XY', 'SKU: 12345', 'ISBN 9783161484100', '8718863016794-XL'],
  name: [
    'logo-final2',
    'hello_world',
    '100_1234',
    'my%20cat',
    'mount-everest-89590_1280',
    'Glee-cast-changes-season-4',
  ],
}

const WORDS = [
  'cat',
  'a red sports car',
  'COVID-19',
  'state-of-the-art',
  'T-shirt',
  'iPhone-12',
  'Boeing-747',
  'R2-D2',
  'Spider-Man 3',
  'and/or',
  'his/her/their',
  'Dr.No',
  'cat.store in town',
  'write to info@example.com',
  'No. 5',
  'part 2',
  'Version 2.0',
  'image of a dog',
  'photo by J. Smith, 2019',
  '16 x 20 inches print of a cat',
  'read more at https://example.com/story.html',
  'facade',
  'มุมมองของแมว',
  '日本語の看板',
  'Мой-кот',
]

describe('filter/file-name', () => {
  const cases = Object.entries(NAMES).flatMap(([kind, captions]) =>
    captions.map((caption) => ({ kind, caption })),
  )

  it.each(cases)('$caption is a $kind', async ({ kind, caption }) => {
    const { rejects } = await collect(fileName, [captionRow(` ${caption} `)])
    expect(rejects.map(({ reason, value, file_name_kind }) => ({ reason, value, file_name_kind }))).toEqual([
      { reason: 'file-name', value: kind, file_name_kind: kind },
    ])
  })

  it.each(WORDS)('%s is no name', async (caption) => {
    const { kept } = await collect(fileName, [captionRow(caption)])
    expect(kept.map((row) => row.file_name_kind)).toEqual(['none'])
  })
})
