import { expect, it } from 'vitest'
import { pipelineBench } from './harness.ts'

const bench = pipelineBench()

it('a worker that lacks the codec a run was planned with refuses its tasks', async () => {
  const { error } = await bench.run({
    name: 'identity',
    plugins: ['./fixtures/memory.ts', './fixtures/identity.ts'],
    stages: { rows: { use: 'memory/rows' }, changed: { use: 'identity/changed' } },
  })
  expect(error).toMatchObject({
    code: 'PL_WORKER_OTHER',
    data: { stage: 'changed', expected: '"codec 2"', got: '"codec 1"' },
  })
  expect(error!.message).toContain('install the same on all machines')
})
