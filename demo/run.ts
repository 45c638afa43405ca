import { writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { main } from '../src/cli/main.ts'
import { formatJudgement, judge } from './judge.ts'
import { openDemoWeb } from './open.ts'
import { runOutcomes } from './outcomes.ts'

const RUN = 'runs/demo'
const SEED = 1

/** Serves the demo web, runs pipelines/demo.yaml against it, and holds the result against the truth. */
async function demo(args: readonly string[]): Promise<void> {
  process.stderr.write('rendering the demo web: five designers, 24 languages, twelve sites\n')
  const web = await openDemoWeb({ seed: SEED, cacheDir: '.cache/demo-web' })
  try {
    const hosts = JSON.stringify(web.hosts)
    await main(['node', 'pairloom', 'run', 'pipelines/demo.yaml', '--set', `network.hosts=${hosts}`, ...args])
    if (process.exitCode !== undefined && process.exitCode !== 0) return
    await mkdir(RUN, { recursive: true })
    const truth = join(RUN, 'truth.json')
    await writeFile(truth, JSON.stringify(web.truth))
    process.stdout.write(`truth   ${truth}\n\n${formatJudgement(judge(web.truth, await runOutcomes(RUN)))}\n`)
  } finally {
    await web.close()
  }
}

await demo(process.argv.slice(2))
