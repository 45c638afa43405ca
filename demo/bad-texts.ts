import type { Random } from '../src/core/random.ts'
import type { TroubleName } from './troubles.ts'

const FILE_NAMES = [
  'IMG_####.JPG',
  'img_####.jpg',
  'DSC0####.jpg',
  'DSC_####',
  'P10####.JPG',
  'IMG-2024####-WA00##.jpeg',
  'logo-final#.png',
  'header_bg_v#.webp',
  'Screenshot 2024-05-## at 10.22.##.png',
  'product-####x####.gif',
  '2019####_14####.jpg',
  'image#.png',
  '####.jpg',
  'banner-####.avif',
  'a3f9c0d#.jpeg',
  'Untitled-#.psd',
]
const BOILERPLATES = [
  'image not available',
  'logo',
  'photo',
  'image',
  'picture',
  'placeholder',
  'Loading...',
  'no image',
  'click to enlarge',
  'thumbnail',
  'banner',
  'icon',
  'untitled',
  'Image: coming soon',
  'photo # of ##',
  'image ##',
  'Bild',
  'Foto',
  'imagen',
  'фото',
  '画像',
  '图片',
]
const DATES = ['2023-0#-1#', '1#/0#/2021', '1#.0#.2022', '201#/1#/0#', 'May #, 2020', '0#-1#-2019 14:3#']
const CHARACTERS = ['x', '.', '-', '*', 'A', '#', '1', '…', '図', '–']
const BLANKS = ['', '', ' ', '  ', '\u00a0']
const LEFT_OVERS = [
  '<br>',
  '<br />',
  '&nbsp;&nbsp;',
  '<span class="caption"></span>',
  '{{ image.title }}',
  '{{title}}',
  '[object Object]',
  'undefined',
  'null',
  '<?php echo $alt; ?>',
  '%alt%',
  '</a>',
  '${alt}',
  '<img src="',
]

/** The alt text of a text trouble; every `#` of a pattern is a digit. */
export function badText(trouble: TroubleName, random: Random): string {
  switch (trouble) {
    case 'file-name':
      return fill(random.pick(FILE_NAMES), random)
    case 'boilerplate':
      return fill(random.pick(BOILERPLATES), random)
    case 'date-only':
      return fill(random.pick(DATES), random)
    case 'one-character':
      return random.pick(CHARACTERS)
    case 'empty-alt':
      return random.pick(BLANKS)
    case 'html-left-over':
      return random.pick(LEFT_OVERS)
    default:
      throw new Error(`Expected a trouble with a text of its own, got ${trouble}`)
  }
}

function fill(pattern: string, random: Random): string {
  return pattern.replaceAll('#', () => String(1 + random.below(9)))
}
