import { Command } from 'commander'
import { explain } from '../pipeline/explain.ts'
import { table } from './format.ts'
import { findRun } from './options.ts'

/** `pairloom explain UID`: what every stage did with a row, each rule with the value it saw and its limit. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('show what became of a row, rule by rule')
    .argument('<uid>', 'uid or image_id of the row, or the URL of the image')
    .argument('[pipeline]', 'pipeline file whose run is meant')
    .option(
      '--run <dir>',
      "run folder; default the file's run:, else runs/<name>, else the only one in runs/",
    )
    .option('--json', 'as JSON')
    .action(async (uid: string, file: string | undefined, flags: { run?: string; json?: boolean }) => {
      const { folder } = await findRun(file, flags)
      const found = await explain(folder, uid)
      if (flags.json) {
        process.stdout.write(`${JSON.stringify(found)}\n`)
        return
      }
      for (const row of found) {
        const { uid: id, url, caption } = row
        // What was taken down is told without its address and text.
        const told = url === '' ? '' : `  ${url}\n  ${JSON.stringify(caption)}\n`
        process.stdout.write(`${id}\n${told}`)
        const lines = row.steps.map((s) => ['', s.stage, s.verdict, s.rule, s.value ?? '', s.limit ?? ''])
        process.stdout.write(`${lines.length > 0 ? `${table(lines)}\n` : ''}  => ${row.fate}\n\n`)
      }
    })
}
