import type { Picture, Sample } from './data.ts'
import { html, type Html } from './html.ts'
import { count, significant } from './number.ts'

/** A sample as a small picture with its words. */
export function sampleFigure(sample: Sample): Html {
  const { keeper, value } = sample
  return html`<figure class="tile${keeper ? ' is-pair' : ''}">
    <div class="pictures">
      ${picture(sample.picture, sample)}${keeper && html`<i title="the same as" aria-hidden="true">=</i>${picture(keeper.picture, sample)}`}
    </div>
    <figcaption>
      ${captionLine(sample)}
      <span class="meta"
        >${value !== null && !isId(value) && html`<b class="value">${shortValue(value)}</b>`}${sample.language && html`<span>${sample.language}</span>`}${sample.width !== null && html`<span>${count(sample.width)}×${count(sample.height ?? 0)}</span>`}${keeper && html`<span>dropped = kept</span>`}</span
      >
    </figcaption>
  </figure>`
}

/** A sample without a picture: its words or its address, and the value that decided. */
export function sampleLine(sample: Sample, show: 'caption' | 'url'): Html {
  const { value, keeper } = sample
  const isLong = show === 'url' || (value?.length ?? 0) > 24
  return html`<li${(keeper !== null || isLong) && html` class="is-stacked"`}>
    ${show === 'caption' ? captionLine(sample) : html`<p class="url"><bdi>${sample.url ?? sample.uid}</bdi></p>`}
    ${keeper ? html`<p class="beside">into <bdi>${keeper.caption}</bdi></p>` : value !== null && value !== '' && !isId(value) && html`<span class="${isLong ? 'beside' : 'value'}"><bdi>${shortValue(value)}</bdi></span>`}
  </li>`
}

function captionLine({ caption, isCut, language }: Sample): Html {
  if (caption.trim() === '') return html`<p class="caption is-empty">(empty)</p>`
  const lang = language !== null && /^[a-z]{2,3}$/.test(language) && html` lang="${language}"`
  return html`<p class="caption" dir="auto" ${lang}>${caption}${isCut && '…'}</p>`
}

function picture(shown: Picture | null, { hasBytes, isJudged }: Sample): Html {
  if (shown) {
    return html`<img
      src="${shown.uri}"
      width="${shown.width}"
      height="${shown.height}"
      alt=""
      loading="lazy"
      decoding="async"
    />`
  }
  const why = !hasBytes ? 'no picture' : isJudged ? 'not drawn' : 'not judged yet'
  return html`<span class="no-picture">${why}</span>`
}

/** A duplicate's value is the name of its keeper, which stands beside it. */
function isId(value: string): boolean {
  return /^[0-9a-f]{32,}$/.test(value)
}

/** Numbers with the digits that count, other values as they are. */
function shortValue(value: string): string {
  return /^-?\d+\.\d{3,}$/.test(value) ? significant(Number(value)) : value
}
