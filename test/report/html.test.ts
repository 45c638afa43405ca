import { describe, expect, it } from 'vitest'
import { html, raw } from '../../src/pipeline/report/html.ts'

describe('html', () => {
  it.each([
    { value: '<b>&"\'', out: '&lt;b&gt;&amp;&quot;&#39;' },
    { value: 'a\0b\x1b\x7f\x9bc', out: 'a\ufffdb\ufffd\ufffd\ufffdc' },
    { value: 'lines\n\tstay', out: 'lines\n\tstay' },
    { value: 'x\u202ey\u2066z', out: 'x[U+202E]y[U+2066]z' },
    { value: 'marks \u200f stay', out: 'marks \u200f stay' },
    { value: '\ud83d!', out: '\ufffd!' },
    { value: 0, out: '0' },
    { value: null, out: '' },
    { value: undefined, out: '' },
    { value: false, out: '' },
    { value: ['<', raw('<br>'), ['>']], out: '&lt;<br>&gt;' },
  ] as const)('puts values in as text: case %#', ({ value, out }) => {
    expect(html`<p>${value}</p>`.html).toBe(`<p>${out}</p>`)
  })

  it('keeps HTML within HTML', () => {
    const items = ['a', '<'].map((item) => html`<i>${item}</i>`)
    expect(html`<p>${items}</p>`.html).toBe('<p><i>a</i><i>&lt;</i></p>')
  })

  it('leaves out the indentation of a template, and nothing of its values', () => {
    const parts = Object.assign(['<p>\n    ', '\n  </p>'], { raw: [] })
    expect(html(parts, 'a\n    b').html).toBe('<p>\na\n    b\n</p>')
  })
})
