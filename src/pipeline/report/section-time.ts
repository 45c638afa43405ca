import type { Lane, ReportData, TimeData } from './data.ts'
import { html, type Html } from './html.ts'
import { bytes, count, plural, seconds, significant } from './number.ts'

const MARKS = 5

/** When what ran, and how fast. */
export function timeSection({ time }: ReportData): Html | null {
  if (time.lanes.length === 0) return null
  const most = Math.max(...time.lanes.flatMap((l) => l.running), 1)
  const average = time.taskSeconds / Math.max(time.busySeconds, 1e-9)
  return html`<section id="time">
    <h2>Time</h2>
    <p class="lead">
      ${plural(
        time.lanes.reduce((sum, l) => sum + l.tasks, 0),
        'task',
      )}
      in ${seconds(time.busySeconds)}, ${significant(average)} at a time on average
    </p>
    <div class="lanes">
      ${time.lanes.map((lane) => laneRow(lane, most, time))}
      <div class="lane is-axis">
        <span></span>
        <div class="marks">${marks(time)}</div>
      </div>
    </div>
    ${
      time.pauses.length > 0 &&
      html`<p class="note">
        Dashed: nothing ran for
        ${time.pauses
          .map((p) => seconds(p.seconds))
          .slice(0, 8)
          .join(', ')}.
      </p>`
    }
    ${speedTable(time)}
  </section>`
}

function laneRow(lane: Lane, most: number, time: TimeData): Html {
  const slices = lane.running.length
  const y = (running: number) => Number((1 - (running === 0 ? 0 : Math.max(0.06, running / most))).toFixed(3))
  const path = lane.running.map((running, i) => `V${y(running)}H${i + 1}`).join('')
  return html`<div class="lane">
    <span class="lane-name">${lane.stages.join(' + ')} <small>${plural(lane.tasks, 'task')}</small></span>
    <svg
      viewBox="0 0 ${slices} 1"
      preserveAspectRatio="none"
      role="img"
      aria-label="tasks of ${lane.stages.join(', ')} running over time"
    >
      <path d="M0,1${path}V1Z" class="kept" />
      ${time.pauses.map((p) => pauseLine((p.at / Math.max(time.axisSeconds, 1e-9)) * slices))}
    </svg>
  </div>`
}

function pauseLine(x: number): Html {
  const at = Number(x.toFixed(2))
  return html`<line x1="${at}" x2="${at}" y1="0" y2="1" class="pause" />`
}

function marks({ axisSeconds }: TimeData): Html[] {
  return Array.from(
    { length: MARKS },
    (_, i) => html`<span>${seconds((axisSeconds * i) / (MARKS - 1))}</span>`,
  )
}

function speedTable(time: TimeData): Html {
  const rate = (n: number, over: number) => (over > 0 ? significant(n / over) : '–')
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th>stage</th>
            <th>tasks</th>
            <th>time</th>
            <th>rows in</th>
            <th>rows/s</th>
            <th>written</th>
            <th>MiB/s</th>
          </tr>
        </thead>
        <tbody>
          ${time.stages.map(
            (s) =>
              html`<tr>
                <th>${s.stage}</th>
                <td>${count(s.tasks)}</td>
                <td>${seconds(s.busySeconds)}</td>
                <td>${count(s.rows)}</td>
                <td>${rate(s.rows, s.busySeconds)}</td>
                <td>${s.bytes > 0 ? bytes(s.bytes) : '–'}</td>
                <td>${s.bytes > 0 ? rate(s.bytes / 2 ** 20, s.busySeconds) : '–'}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">
      Time is that in which at least one task ran the stage. Stages that run in one task share its time.
    </p>`
}
