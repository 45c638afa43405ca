import type { Network } from '../../core/stage.ts'
import { openHttp } from '../../crawl/http.ts'
import { toPairloomError } from '../../core/error.ts'
import type { CostEstimate } from '../cost/estimate.ts'
import { checked, mib, type Check } from './check.ts'

const PROBE_BYTES = 64 * 2 ** 20
const PROBE_MS = 60_000
/** Certificates and Retry-After dates are judged by the clock. */
const MAX_SKEW_SECONDS = 60

/** Reads from a URL that the user names, once: how fast the line is, and whether the clock is right. */
export async function probeChecks(
  network: Network,
  url: string | null,
  estimate: CostEstimate | null,
): Promise<Check[]> {
  if (url === null) {
    const seen = 'not measured: give --probe with the URL of a large file of your own'
    return [
      { name: 'bandwidth', status: 'skip', seen, advice: null },
      { name: 'clock', status: 'skip', seen: 'not compared: give --probe', advice: null },
    ]
  }
  const http = openHttp(network, { deadlines: { totalMs: PROBE_MS } })
  try {
    const began = performance.now()
    const { status, headers, body, firstByteMs } = await http.get(url, {
      maxBytes: PROBE_BYTES,
      oversize: 'cut',
    })
    const seconds = (performance.now() - began) / 1000
    const rate = body.length / seconds
    const needed = estimate && estimate.wall.seconds > 0 ? estimate.total.bytesIn / estimate.wall.seconds : 0
    const seen = `${mib(body.length)} in ${seconds.toFixed(2)} s, ${mib(rate)}/s, first byte after ${firstByteMs.toFixed(0)} ms, status ${status}`
    const bandwidth = checked(
      'bandwidth',
      needed > 0 ? `${seen}; the estimate needs ${mib(needed)}/s` : seen,
      status >= 400 && ['warn', 'the server refused: give another URL'],
      body.length < 2 ** 20 && ['warn', 'too little came to tell: give the URL of a larger file'],
      rate < needed && ['warn', 'the line will be full: expect timeouts, and set fewer --workers'],
    )
    return [bandwidth, clockCheck(headers.date)]
  } catch (error) {
    const failure = toPairloomError(error)
    return [
      checked('bandwidth', failure.message, [
        'fail',
        'check the URL, the network, and network.allow for an address of your own',
      ]),
      { name: 'clock', status: 'skip', seen: 'not compared', advice: null },
    ]
  } finally {
    await http.close()
  }
}

function clockCheck(date: string | undefined): Check {
  const then = Date.parse(date ?? '')
  if (Number.isNaN(then))
    return { name: 'clock', status: 'skip', seen: 'the server told no time', advice: null }
  const skew = Math.round((Date.now() - then) / 1000)
  const seen =
    Math.abs(skew) <= 1
      ? 'as the server has it'
      : `${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the server`
  return checked(
    'clock',
    seen,
    Math.abs(skew) > MAX_SKEW_SECONDS && ['warn', 'set the clock (NTP): certificates are judged by it'],
  )
}
