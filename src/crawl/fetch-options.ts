import { z } from 'zod'
import { runtime } from '../core/options.ts'
import { IMAGE_OPTIONS } from '../media/image-options.ts'
import { LIST_OPTIONS } from './block-lists.ts'
import { consentOption } from './consent.ts'
import { DEFAULT_DEADLINES } from './http.ts'
import { verifyHashOption } from './verify-hash.ts'
import { ratesOption } from './rates.ts'

const ms = (value: number, doc: string) =>
  runtime(z.int().min(1).max(3_600_000).default(value)).describe(`${doc}, ms`)

export const fetchOptions = z.strictObject({
  ...IMAGE_OPTIONS,
  maxBytes: z
    .int()
    .min(1)
    .max(2 ** 30)
    .default(20 * 2 ** 20)
    .describe('largest body, bytes'),
  maxRedirects: z.int().min(0).max(20).default(5).describe('redirects followed at most'),
  consent: consentOption,
  ...LIST_OPTIONS,
  verifyHash: verifyHashOption,
  perHost: runtime(z.int().min(1).max(64).default(2)).describe('requests at once to one host'),
  rates: runtime(ratesOption).describe(
    'what certain hosts may be asked instead, `{ example.org: { atOnce: 4, perSecond: 10 } }`; `*.example.org`: each host below it; a Crawl-delay line widens the pause, and never narrows it',
  ),
  concurrency: runtime(z.int().min(1).max(4096).default(64)).describe(
    'requests at once to all hosts of a partition',
  ),
  decoders: runtime(z.int().min(1).max(64).default(2)).describe('pictures decoded at once'),
  window: runtime(z.int().min(1).max(1_000_000).default(10_000)).describe(
    'rows taken in before the first of them is done: what a slow host may keep waiting without holding others',
  ),
  partitionMs: runtime(z.int().min(1).max(86_400_000).default(900_000)).describe(
    'time of a partition, ms: after it, the rows of a tail of hosts too few to keep `concurrency` busy are left to its continuation, which has twice the time',
  ),
  dnsMs: ms(DEFAULT_DEADLINES.dnsMs, 'deadline of a name lookup'),
  connectMs: ms(DEFAULT_DEADLINES.connectMs, 'deadline of connecting, without TLS'),
  tlsMs: ms(DEFAULT_DEADLINES.tlsMs, 'deadline of the TLS handshake'),
  firstByteMs: ms(DEFAULT_DEADLINES.firstByteMs, 'deadline from request to the head of the response'),
  stallMs: ms(DEFAULT_DEADLINES.stallMs, 'time over which a body may not be slower than `minBytesPerSecond`'),
  minBytesPerSecond: runtime(z.int().min(1).default(DEFAULT_DEADLINES.minBytesPerSecond)).describe(
    'slowest body, bytes/s',
  ),
  totalMs: ms(
    DEFAULT_DEADLINES.totalMs,
    'deadline of the requests of one try, redirects included, waits for their hosts not',
  ),
  retries: runtime(z.int().min(0).max(20).default(2)).describe(
    'further tries where one may help: 429, 5xx, lost connections, deadlines',
  ),
  backoffMs: ms(
    1000,
    'wait before the first further try; doubled for each one after, with a jitter of half to one and a half',
  ),
  maxWaitMs: ms(
    60_000,
    'longest wait between two tries; a host whose Retry-After asks for more is asked no more',
  ),
  giveUpAfter: runtime(z.int().min(1).max(1_000_000).default(10)).describe(
    'requests to one host that fail in a row (429, 5xx, lost connections, deadlines) after which it is asked no more, but for one request after each pause: of `maxWaitMs`, then twice as long',
  ),
  maxCrawlDelayMs: runtime(z.int().min(0).max(3_600_000).default(10_000)).describe(
    'longest pause between two requests that a Crawl-delay line can ask for, ms',
  ),
})

export type FetchOptions = z.infer<typeof fetchOptions>
