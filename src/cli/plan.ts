import { Command } from 'commander'
import type { Plan } from '../pipeline/plan.ts'
import { openRunFolder } from '../pipeline/run-folder.ts'
import { plural } from '../core/plural.ts'
import { wantedStages } from '../pipeline/wanted-stages.ts'
import { table } from './format.ts'
import { costFromFlags, costOptions, printCost, type CostFlags } from './cost.ts'
import { expectBeside } from './idle-options.ts'
import { planFromFlags, planOptions, positive, type PlanFlags } from './options.ts'

/** `pairloom plan PIPELINE`: checks the file and shows what would run. Writes nothing. */
export function planCommand(): Command {
  const command = planOptions(
    new Command('plan').description('check a pipeline and show its stages, fingerprints and what is done'),
  ).option('--cost', 'estimate what is left to do: requests, bytes, processors, hosts, time and money')
  return costOptions(command)
    .option('--to <stage>', 'as run --to: this stage and those that it needs')
    .option('--workers <n>', 'worker processes of the estimate; default the number of cores', positive)
    .option('--json', 'the whole plan, or the estimate, as JSON')
    .action(async (file: string, flags: PlanFlags & CostFlags & { cost?: boolean; json?: boolean }) => {
      const isEstimate = flags.cost === true || flags.maxCost !== undefined
      if (!isEstimate)
        expectBeside({ '--prices': flags.prices, '--workers': flags.workers }, '--cost or --max-cost')
      const plan = await planFromFlags(file, flags)
      if (!isEstimate) return printPlan(plan, flags)
      const estimate = await costFromFlags(plan, flags)
      if (flags.json) process.stdout.write(`${JSON.stringify(estimate)}\n`)
      else printCost(estimate)
    })
}

/** The stages of a plan, up to `to` where it is given. */
export async function printPlan(plan: Plan, { json, to }: { json?: boolean; to?: string }): Promise<void> {
  const stages = wantedStages(plan, to)
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...plan, stages })}\n`)
    return
  }
  const folder = openRunFolder(plan.run)
  const rows = [['stage', 'does', 'reads', 'fingerprint', 'done']]
  for (const stage of stages) {
    const does = stage.use === 'filters' ? stage.filters.map((f) => f.name).join(' ') : stage.use
    const done = (await folder.readCommits(stage.dataset)).size
    rows.push([
      stage.id,
      does,
      stage.from ?? '-',
      stage.fingerprint.slice(0, 12),
      done > 0 ? plural(done, 'partition') : '-',
    ])
  }
  process.stdout.write(
    `${plan.name}  seed ${plan.seed}  snapshot ${plan.snapshot}\nrun ${plan.run}\nout ${plan.out}\n\n${table(rows)}\n`,
  )
}
