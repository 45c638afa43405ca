import { expect, it } from 'vitest'
import type { Plan, PlannedStage } from '../../src/pipeline/plan.ts'
import { Schedule, type Work } from '../../src/pipeline/schedule.ts'

const stage = (id: string, from: string | null, kind: PlannedStage['kind'], continues = false) =>
  ({ id, from, kind, continues }) as PlannedStage

const STAGES = [
  stage('rows', null, 'source'),
  stage('clean', 'rows', 'row'),
  stage('slow', 'clean', 'row', true),
  stage('after', 'slow', 'row'),
  stage('order', 'after', 'global'),
]

function open(partitions: number): Schedule {
  const parts = Array.from({ length: partitions }, () => ({}))
  const schedule = new Schedule({ allowFailed: false } as Plan, STAGES, new Map([['rows', parts]]))
  schedule.begin()
  return schedule
}

const commits = ({ stages, partition }: Work, rest: boolean) =>
  stages.map((id) => {
    const files = rest && id === 'slow' ? { rest: { path: '', bytes: 0, sha256: '', rows: 1 } } : {}
    return { stage: id, commit: { kind: 'done' as const, partition, files } }
  })

const told = ({ kind, stages, partition }: Work) => `${kind} ${stages.join('+')} ${partition}`

it('takes continuations when all first partitions are begun, one of a chain at a time', () => {
  const schedule = open(2)
  const first = schedule.next()!
  expect(told(first)).toBe('rows rows+clean 0')
  schedule.finish(first, commits(first, false))
  const slow = schedule.next()!
  expect(told(slow)).toBe('rows slow+after 0')
  schedule.finish(slow, commits(slow, true))
  expect(schedule.progress('after')).toEqual({ done: 1, partitions: 3 })

  const second = schedule.next()!
  expect(told(second)).toBe('rows rows+clean 1')
  // The other worker takes the continuation meanwhile: nothing else could be begun.
  const continued = schedule.next()!
  expect(continued).toMatchObject({ stages: ['slow', 'after'], partition: 2, partitions: 2 })
  expect(schedule.next()).toBeNull()
  schedule.finish(continued, commits(continued, true))
  schedule.finish(second, commits(second, false))
  const last = schedule.next()!
  expect(told(last)).toBe('rows slow+after 1')
  const end = schedule.next()!
  expect(told(end)).toBe('rows slow+after 4')
  schedule.finish(end, commits(end, false))
  expect(schedule.next()).toBeNull()
  schedule.finish(last, commits(last, false))
  // The global stage sees all links, and how many partitions there were without them.
  expect(schedule.next()).toMatchObject({ kind: 'global', partitions: 2, continuations: 2 })
})

it('goes on in the middle of a link: the stages after its last commit, and what it left over', () => {
  const schedule = open(1)
  const first = schedule.next()!
  schedule.finish(first, commits(first, false))
  const slow = schedule.next()!
  schedule.again(slow, commits({ ...slow, stages: ['slow'] }, true))
  const after = schedule.next()!
  expect(told(after)).toBe('rows after 0')
  expect(told(schedule.next()!)).toBe('rows slow+after 1')
  schedule.finish(after, commits(after, false))
  expect(schedule.next()).toBeNull()
})

it('goes on below a global stage that made more partitions than a call takes arguments', () => {
  const schedule = new Schedule(
    { allowFailed: false } as Plan,
    [stage('rows', null, 'source'), stage('order', 'rows', 'global'), stage('below', 'order', 'row')],
    new Map([['rows', [{}]]]),
  )
  schedule.begin()
  const rows = schedule.next()!
  schedule.finish(rows, commits(rows, false))
  schedule.finish(schedule.next()!, [], 200_000)
  expect(schedule.next()).toMatchObject({ stages: ['below'], partition: 0, partitions: 200_000 })
  expect(schedule.progress('below')).toEqual({ done: 0, partitions: 200_000 })
})
