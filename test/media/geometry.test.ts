import { describe, expect, it } from 'vitest'
import { resizeGeometry, type ResizeMode } from '../../src/media/geometry.ts'

const whole = { crop: null, pad: null }

describe('resizeGeometry', () => {
  it.each<[ResizeMode, number, number, boolean, object]>([
    ['none', 300, 200, false, { width: 300, height: 200, ...whole }],

    ['shortest', 300, 200, false, { width: 150, height: 100, ...whole }],
    ['shortest', 200, 301, false, { width: 100, height: 151, ...whole }], // 150.5 px is rounded up
    ['shortest', 60, 50, false, { width: 120, height: 100, ...whole }],
    ['shortest', 60, 50, true, { width: 60, height: 50, ...whole }],
    ['shortest', 500, 100, true, { width: 500, height: 100, ...whole }], // the limit is inclusive
    ['shortest', 500, 50, true, { width: 500, height: 50, ...whole }], // small by its shortest side

    ['longest', 300, 200, false, { width: 100, height: 67, ...whole }],
    ['longest', 10_000, 3, false, { width: 100, height: 1, ...whole }], // never 0 px
    ['longest', 50, 40, true, { width: 50, height: 40, ...whole }],

    [
      'center-crop',
      300,
      200,
      false,
      { width: 150, height: 100, crop: { left: 25, top: 0, width: 100, height: 100 }, pad: null },
    ],
    [
      'center-crop',
      200,
      305,
      false,
      { width: 100, height: 153, crop: { left: 0, top: 26, width: 100, height: 100 }, pad: null },
    ],
    ['center-crop', 200, 200, false, { width: 100, height: 100, ...whole }],
    [
      'center-crop',
      60,
      50,
      true,
      { width: 60, height: 50, crop: null, pad: { left: 20, top: 25, right: 20, bottom: 25 } },
    ],
    [
      'center-crop',
      500,
      51,
      true,
      {
        width: 500,
        height: 51,
        crop: { left: 200, top: 0, width: 100, height: 51 },
        pad: { left: 0, top: 24, right: 0, bottom: 25 },
      },
    ],

    [
      'border',
      300,
      200,
      false,
      { width: 100, height: 67, crop: null, pad: { left: 0, top: 16, right: 0, bottom: 17 } },
    ],
    [
      'border',
      60,
      50,
      false,
      { width: 100, height: 83, crop: null, pad: { left: 0, top: 8, right: 0, bottom: 9 } },
    ],
    [
      'border',
      60,
      51,
      true,
      { width: 60, height: 51, crop: null, pad: { left: 20, top: 24, right: 20, bottom: 25 } },
    ],
    ['border', 100, 100, true, { width: 100, height: 100, ...whole }],
  ])('%s of %i x %i px to 100, only if bigger: %s', (mode, width, height, onlyIfBigger, expected) => {
    expect(resizeGeometry(width, height, { mode, size: 100, onlyIfBigger })).toEqual(expected)
  })
})
