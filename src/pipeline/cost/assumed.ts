/** What is taken for granted where neither this run nor the source says it: value, unit, and where it comes from. */
export const ASSUMED = {
  fetchKept: [0.7, 'of pictures come', 'a list of some years: CC3M, img2dataset issue 391'],
  filterKept: [0.8, 'of rows pass a filter', 'no source: it depends on texts and limits'],
  globalKept: [0.95, 'of rows stay after merging or removing duplicates', 'no source'],
  pictureBytes: [
    150_000,
    'bytes a picture from the web',
    '2 Gbit/s at 1,300 a second: LAION-400M by img2dataset, rounded',
  ],
  storedBytesPerPixel: [0.35, 'bytes a stored pixel', '23,000 bytes at 256 x 256, JPEG quality 95'],
  rowBytes: [250, 'bytes a row of metadata', 'demo: 150 to 350'],
  requests: [1.1, 'requests a picture, robots.txt and retries included', 'no source'],
  requestSeconds: [0.5, 's a request takes', 'no source: a distant host with a picture of 150 kB'],
  pagesPerSite: [200, 'pages a site', 'no source'],
  pageBytes: [18_000, 'bytes a page of HTML', 'median of 2024: HTTP Archive, Web Almanac'],
  picturesPerPage: [10, 'pictures with words a page', 'no source'],
  rowsPerWatMib: [
    1500,
    'pictures with words a MiB of packed WAT',
    '88 G after dedup from 5 M files of 20 MB: cc2dataset',
  ],
  rowsPerWarcMib: [
    150,
    'pictures with words a MiB of packed WARC',
    'a tenth of WAT: what a page weighs more',
  ],
  watMib: [20, 'MiB a packed WAT file', 'cc2dataset README'],
  warcMib: [1000, 'MiB a packed WARC file', 'Common Crawl: about a GB'],
  sourceMs: [0.03, 'ms CPU a row that is read', 'bench wat'],
  fetchMs: [5.9, 'ms CPU a picture fetched, decoded, resized, encoded', 'bench fetch over HTTP, 256 px'],
  filterMs: [0.02, 'ms CPU a row and filter', 'bench filter: 94 us for five'],
  globalMs: [0.03, 'ms CPU a row that is sorted', 'bench filter'],
  sinkMs: [0.4, 'ms CPU a row written into shards', 'demo'],
} as const satisfies Record<string, readonly [value: number, unit: string, source: string]>

export type Assumption = keyof typeof ASSUMED

/** Hands out assumptions and remembers which were used. */
export interface Assumptions {
  take(name: Assumption): number
  used(): { name: Assumption; value: number; unit: string; source: string }[]
}

export function openAssumptions(): Assumptions {
  const taken = new Set<Assumption>()
  return {
    take(name) {
      taken.add(name)
      return ASSUMED[name][0]
    },
    used() {
      const names = (Object.keys(ASSUMED) as Assumption[]).filter((name) => taken.has(name))
      return names.map((name) => ({
        name,
        value: ASSUMED[name][0],
        unit: ASSUMED[name][1],
        source: ASSUMED[name][2],
      }))
    },
  }
}
