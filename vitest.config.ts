import { defineConfig } from 'vitest/config'

// `unit` is the quick part (`npm run check`); `integration` starts real processes: a keyring, an SSO, servers, browsers.
// No test measures time: this only ends one that hangs, on the slowest and busiest machine there is.
const patienceMs = 120_000

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,electron,renderer,build,bench/conformance}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.integration.test.ts'],
          testTimeout: patienceMs,
          hookTimeout: patienceMs,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{electron,e2e,build,bench/{bridge,conformance}}/**/*.integration.test.ts'],
          testTimeout: patienceMs,
          hookTimeout: patienceMs,
        },
      },
    ],
  },
})
