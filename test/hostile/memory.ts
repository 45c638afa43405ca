import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Loaded by --import into workers, which keep in a file how much memory they have held at most, KiB. They are killed
// when they are no longer needed, so it is written all the time.
const { PAIRLOOM_TEST_MEMORY: folder } = process.env
if (folder !== undefined && /worker\.[jt]s$/.test(process.argv[1] ?? '')) {
  const write = () =>
    writeFileSync(join(folder, `${process.pid}.rss`), String(process.resourceUsage().maxRSS))
  setInterval(write, 200).unref()
}
