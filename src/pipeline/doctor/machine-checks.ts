import { availableMemory, report } from 'node:process'
import { plural } from '../../core/plural.ts'
import { loadSharp } from '../../media/codec.ts'
import { loadLibwebp } from '../../media/libwebp.ts'
import { loadTurboJpeg } from '../../media/turbojpeg.ts'
import { loadLibdeflate } from '../../store/libdeflate.ts'
import { checked, mib, type Check } from './check.ts'

/** Files, pipes and sockets that a worker holds beside those of its fetch: parts, shards, SQL, libraries. */
const OTHER_FILES = 128

/** What a run would ask of this machine. */
export interface Demand {
  workers: number
  memoryMiB: number
  /** Requests at once of a worker process; 0 where nothing is fetched. */
  concurrency: number
}

/** Node, native codecs, the open-file limit and memory, against what the run asks. */
export async function machineChecks(demand: Demand): Promise<Check[]> {
  return [checked('node', process.version), await codecs(), openFiles(demand), memory(demand)]
}

async function codecs(): Promise<Check> {
  const { versions } = await loadSharp()
  const found = {
    libturbojpeg: (await loadTurboJpeg()) !== null,
    libwebp: (await loadLibwebp()) !== null,
    libdeflate: (await loadLibdeflate()) !== null,
  }
  const packages = { libturbojpeg: 'libturbojpeg0', libwebp: 'libwebp7', libdeflate: 'libdeflate0' }
  const names = Object.keys(found) as (keyof typeof found)[]
  const missing = names.filter((name) => !found[name])
  return checked(
    'codecs',
    [`sharp ${versions.sharp}`, ...names.map((name) => `${name} ${found[name] ? 'found' : 'missing'}`)].join(
      ', ',
    ),
    missing.length > 0 && [
      'warn',
      `install ${missing.map((name) => packages[name]).join(' ')} (Debian's names; koffi, an optional npm package, opens them): pictures and archives then cost less`,
    ],
  )
}

/** The limit holds for each process: Node raises the soft one to the hard one as it starts. */
function openFiles({ concurrency }: Demand): Check {
  const limit = openFileLimit()
  if (limit === null)
    return { name: 'open files', status: 'skip', seen: 'no limit is known here', advice: null }
  const needed = concurrency + OTHER_FILES
  return checked(
    'open files',
    `limit ${limit} a process, a worker needs about ${needed}`,
    limit < needed && [
      'fail',
      `raise it (ulimit -n ${2 * needed}, LimitNOFILE of a service), or set a smaller concurrency`,
    ],
    limit < 2 * needed && ['warn', `there is little room: ulimit -n ${2 * needed} before the run`],
  )
}

/** Null where there is none. */
export function openFileLimit(): number | null {
  // Else the report looks up the names of all connections. The types of Node do not know it yet.
  const quiet = report as typeof report & { excludeNetwork: boolean }
  quiet.excludeNetwork = true
  const { userLimits } = quiet.getReport() as unknown as {
    userLimits?: { open_files?: { soft: number | 'unlimited' } }
  }
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : null
}

function memory({ workers, memoryMiB }: Demand): Check {
  const wanted = workers * memoryMiB * 2 ** 20
  const free = availableMemory()
  const most = Math.max(1, Math.floor(free / (memoryMiB * 2 ** 20)))
  return checked(
    'memory',
    `${mib(free)} free, ${plural(workers, 'worker')} may hold ${mib(wanted)} (memoryMiB ${memoryMiB})`,
    free < memoryMiB * 2 ** 20 && ['fail', 'there is less than one worker may hold: set a smaller memoryMiB'],
    free < wanted && ['warn', `--workers ${most} fit, or set a smaller memoryMiB`],
  )
}
