import { defineConfig } from 'vitest/config'

// `unit` is the quick part (`npm run check`); `integration` starts real processes: a keyring, an SSO, servers, browsers.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,electron,renderer,build,bench/conformance}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.integration.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{electron,e2e,build,bench/bridge}/**/*.integration.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
})
