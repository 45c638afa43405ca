export { fetchImages } from './fetch-images.ts'
export { list } from './list.ts'
export { mergeLinks } from './merge-links.ts'
export { site } from './site.ts'
