import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two shared cores: a test that hangs must end, one that is slow must not fail.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Tests start processes of their own.
    fileParallelism: true,
    maxWorkers: 2,
  },
})
