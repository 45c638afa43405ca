import { basename, dirname, resolve } from 'node:path'
import { PairloomError } from '../../core/error.ts'
import { fileStore } from '../../store/file.ts'
import { openRunFolder } from '../run-folder.ts'
import { gatherReport } from './gather.ts'
import { renderReport } from './page.ts'

export interface ReportOptions {
  /** Path of the file; default `report.html` in the run folder. */
  out?: string
  /** Samples of each reason, four times as many of the kept pairs. Default 10. */
  samples?: number
  /** Shows what was dropped as unsafe or opted out, too. Default false. */
  showUnsafe?: boolean
}

/**
 * Writes the report of the newest plan of a run folder, done or not, and returns its path.
 *
 * @throws PairloomError `PL_RUN_MISSING` where there is no run folder
 */
export async function writeReport(run: string, options: ReportOptions = {}): Promise<string> {
  const folder = openRunFolder(run)
  const plan = (await folder.readRunFile())?.plans.at(-1)
  if (!plan) {
    throw new PairloomError(
      'PL_RUN_MISSING',
      `Expected a run folder at ${resolve(run)}, got none: give one with --run`,
      {
        data: { run: resolve(run) },
      },
    )
  }
  const out = resolve(options.out ?? folder.store.locate('report.html'))
  const data = await gatherReport(resolve(run), folder, plan, {
    samples: options.samples ?? 10,
    showUnsafe: options.showUnsafe ?? false,
  })
  await fileStore(dirname(out)).replace(basename(out), renderReport(data))
  return out
}
