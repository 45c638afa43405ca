import { findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'
import { PairloomError } from '../../core/error.ts'

/**
 * URL of a file inside an installed package, also of one that the package does not export.
 *
 * @throws PairloomError `PL_STAGE` where the package is not installed
 */
export function packageFile(name: string, path: string): URL {
  const manifest = findPackageJSON(name, import.meta.url)
  if (manifest === undefined)
    throw new PairloomError('PL_STAGE', `Expected the package ${name}: npm install ${name}`)
  return new URL(path, pathToFileURL(manifest))
}
