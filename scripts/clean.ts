import { rm } from 'node:fs/promises'

// A source that is gone must not be published from an earlier build.
await rm(new URL('../dist', import.meta.url), { recursive: true, force: true })
