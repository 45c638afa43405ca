import { createRequire } from 'node:module'

/** Version of this package, from its package.json (two folders up, in `src` and in `dist` alike). */
export const PACKAGE_VERSION = (createRequire(import.meta.url)('../../package.json') as { version: string })
  .version
