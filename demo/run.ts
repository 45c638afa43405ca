import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { main } from '../src/cli/main.ts'
import { formatJudgement, judge } from './judge.ts'
import { openDemoWeb } from './open.ts'
import { runOutcomes } from './outcomes.ts'

const SEED = 1

/** Serves the demo web, runs pipelines/demo.yaml against it, and holds the result against the truth. */
async function demo(args: readonly string[]): Promise<void> {
  process.stderr.write('rendering the demo web: five designers, 24 languages, twelve sites\n')
  const web = await openDemoWeb({ seed: SEED, cacheDir: '.cache/demo-web' })
  try {
    const hosts = JSON.stringify(web.hosts)
    const words = ['run', 'pipelines/demo.yaml', '--set', `network.hosts=${hosts}`, ...args]
    await main(
      ['node', 'pairloom', ...words],
      ['npm', 'run', 'demo', ...(args.length > 0 ? ['--', ...args] : [])],
    )
    // A part of the pipeline says nothing of the whole.
    if (process.exitCode !== 0 || args.some((word) => /^--(dry-run|to)\b/.test(word))) return
    const run = runFolderOf(args)
    const truth = join(run, 'truth.json')
    await writeFile(truth, JSON.stringify(web.truth))
    process.stdout.write(`truth   ${truth}\n\n${formatJudgement(judge(web.truth, await runOutcomes(run)))}\n`)
  } finally {
    await web.close()
  }
}

function runFolderOf(args: readonly string[]): string {
  const at = args.findIndex((word) => word.startsWith('--run'))
  if (at < 0) return 'runs/demo'
  return args[at]!.includes('=') ? args[at]!.slice('--run='.length) : args[at + 1]!
}

await demo(process.argv.slice(2))
