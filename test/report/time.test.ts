import { describe, expect, it } from 'vitest'
import { emptyTally } from '../../src/index.ts'
import type { StageCommits } from '../../src/pipeline/report/flow.ts'
import { timeData } from '../../src/pipeline/report/time.ts'
import type { Commit } from '../../src/pipeline/run-folder.ts'

const NOON = Date.parse('2030-01-01T12:00:00Z')

/** A stage whose tasks ran so: attempt, first and last second after noon. */
function stage(
  id: string,
  from: string | null,
  tasks: [attempt: string, start: number, end: number][],
): StageCommits {
  const commits = tasks.map(([attempt, start, end], partition): [number, Commit] => [
    partition,
    {
      kind: 'done',
      partition,
      attempt,
      files: {},
      tally: { ...emptyTally(), rowsIn: 100, kept: 100 },
      refs: [],
      seconds: end - start,
      finishedAt: new Date(NOON + end * 1000).toISOString(),
    },
  ])
  return {
    stage: { id, from } as StageCommits['stage'],
    commits: new Map(commits),
    partitions: tasks.length,
    closed: true,
  }
}

describe('timeData', () => {
  it('adds up tasks once, by lane, and the time in which any ran', () => {
    const time = timeData([
      stage('rows', null, [
        ['a', 0, 10],
        ['b', 5, 20],
      ]),
      stage('texts', 'rows', [
        ['a', 0, 12],
        ['b', 5, 20],
      ]),
      stage('pack', 'texts', [
        ['c', 20, 25],
        ['c', 20, 30],
      ]),
    ])
    expect(time).toMatchObject({ busySeconds: 30, taskSeconds: 37, axisSeconds: 30, pauses: [] })
    expect(time.lanes.map(({ stages, tasks }) => ({ stages, tasks }))).toEqual([
      { stages: ['rows', 'texts'], tasks: 2 },
      { stages: ['pack'], tasks: 1 },
    ])
    expect(time.stages.map((s) => [s.stage, s.tasks, s.rows, s.busySeconds, s.taskSeconds])).toEqual([
      ['rows', 2, 200, 20, 25],
      ['texts', 2, 200, 20, 27],
      ['pack', 1, 200, 10, 10],
    ])
  })

  it('leaves out partitions that failed for good: their commits have no time', () => {
    const rows = stage('rows', null, [['a', 0, 10]])
    const failed = { ...rows.commits.get(0)!, kind: 'failed' as const, attempt: '', seconds: 0, partition: 1 }
    rows.commits.set(1, { ...failed, finishedAt: '2031-01-01T00:00:00Z' })
    expect(timeData([rows])).toMatchObject({ busySeconds: 10, pauses: [], stages: [{ tasks: 1 }] })
  })

  it('draws as many running tasks as there were', () => {
    const [lane] = timeData([
      stage('rows', null, [
        ['a', 0, 25],
        ['b', 10, 20],
      ]),
      stage('texts', 'rows', [['a', 0, 30]]),
    ]).lanes
    const slice = 30 / lane!.running.length
    expect(lane!.running.reduce((sum, n) => sum + n * slice, 0)).toBeCloseTo(40, 6)
    expect([lane!.running[0], lane!.running[60], lane!.running.at(-1)]).toEqual(
      [1, 2, 1].map((n) => expect.closeTo(n, 6)),
    )
  })

  it('cuts out the night in which nothing ran', () => {
    const time = timeData([
      stage('rows', null, [
        ['a', 0, 60],
        ['b', 36_000, 36_060],
      ]),
    ])
    expect(time).toMatchObject({ busySeconds: 120, axisSeconds: 120, pauses: [{ at: 60, seconds: 35_940 }] })
    expect(time.lanes[0]!.running).toEqual(new Array(120).fill(expect.closeTo(1, 6)))
  })

  it('is empty where nothing ran', () => {
    expect(timeData([stage('rows', null, [])])).toMatchObject({
      startedAt: null,
      lanes: [],
      stages: [],
      axisSeconds: 0,
    })
  })
})
