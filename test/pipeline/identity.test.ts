import { expect, it } from 'vitest'
import { pipelineBench } from './harness.ts'

const bench = pipelineBench()

it.each([
  { what: 'codec', use: 'identity/changed', expected: '"codec 2"', got: '"codec 1"' },
  { what: 'list of a filter', use: 'identity/changed-list', expected: '["list 2"]', got: '["list 1"]' },
])(
  'a worker that lacks the $what a run was planned with refuses its tasks',
  async ({ use, expected, got }) => {
    const { error } = await bench.run({
      name: 'identity',
      plugins: ['./fixtures/memory.ts', './fixtures/identity.ts'],
      stages: { rows: { use: 'memory/rows' }, changed: { use } },
    })
    expect(error).toMatchObject({
      code: 'PL_WORKER_OTHER',
      data: { stage: 'changed', expected, got },
    })
    expect(error!.message).toContain('install the same on all machines')
  },
)
