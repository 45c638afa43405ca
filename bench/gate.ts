import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { openTurns, type TurnCall } from '../src/core/turns.ts'
import { turnsOf } from '../src/pipeline/gate-link.ts'

/**
 * What a turn at a gate in another process costs both of them, CPU us a request that waits for its host, its address, its
 * task and the run: with as many at once as a task sends, one at a time (each in messages of its own: the worst), and
 * where a host has an interval, so that it is told of each request being sent.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { requests: { type: 'string', default: '50000' }, json: { type: 'boolean' } },
  })
  const requests = Number(values.requests)
  const many = await measure(requests, 64, 0)
  const single = await measure(requests, 1, 0)
  const spaced = await measure(requests, 64, 0.001)
  process.stdout.write(
    `${JSON.stringify({ bench: 'gate', unit: 'CPU us per request', requests, many, single, spaced })}\n`,
  )
}

interface Cost {
  coordinator: number
  worker: number
}

async function measure(requests: number, atOnce: number, intervalMs: number): Promise<Cost> {
  const side = new URL('./gate-side.ts', import.meta.url)
  const child = fork(side, [requests, atOnce, intervalMs].map(String))
  const turns = turnsOf(openTurns(), (grants) => child.send(grants))
  await once(child, 'message')
  const before = process.cpuUsage()
  child.send([])
  const worker = await new Promise<number>((resolve) => {
    child.on('message', (message: TurnCall[] | number) => {
      if (typeof message === 'number') resolve(message)
      else turns.hear(message)
    })
  })
  const { user, system } = process.cpuUsage(before)
  child.disconnect()
  const perRequest = (us: number) => Math.round((us / requests) * 10) / 10
  return { coordinator: perRequest(user + system), worker: perRequest(worker) }
}
