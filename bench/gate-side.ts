import { once } from 'node:events'
import { linkedGate, type Grants } from '../src/pipeline/gate-link.ts'

const HOSTS = 40

/** The worker's side: requests, each over as soon as its turn comes. */
async function work(requests: number, atOnce: number, intervalMs: number): Promise<void> {
  const { gate, hear } = linkedGate((calls) => void process.send!(calls))
  process.on('message', (grants: Grants) => hear(grants))
  process.send!([])
  await once(process, 'message')
  const before = process.cpuUsage()
  const { signal } = new AbortController()
  let left = requests
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const keys = [
        { name: `host host-${left % HOSTS}.example.org`, atOnce: 2, intervalMs },
        { name: `address 192.0.2.${left % HOSTS}`, atOnce: 16 },
        { name: 'task images 17', atOnce: 64 },
        { name: 'requests', atOnce: 1024 },
      ]
      const turn = await gate.enter(keys, signal)
      turn.sent()
      await new Promise(setImmediate)
      turn.leave(20)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  const { user, system } = process.cpuUsage(before)
  // The last words of the gate go before.
  await new Promise(setImmediate)
  process.send!(user + system)
}

const [requests, atOnce, intervalMs] = process.argv.slice(2).map(Number)
await work(requests!, atOnce!, intervalMs!)
