import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { defineConfig } from '@playwright/test'
import type { Target } from './e2e/app.ts'

const electron = join(import.meta.dirname, 'node_modules/electron')
const name = join(electron, 'path.txt')
const isInstalled = existsSync(name) && existsSync(join(electron, 'dist', readFileSync(name, 'utf8').trim()))
const wanted = process.env.CAUSEWAY_ELECTRON

// Real Electron where its binary is installed; the stand-in otherwise, or with CAUSEWAY_ELECTRON=host.
if (wanted === 'real' && !isInstalled)
  throw new Error('CAUSEWAY_ELECTRON=real, but Electron’s binary is not installed. Run: npx install-electron')
const runtime = isInstalled && wanted !== 'host' ? 'electron' : 'electron-host'
if (runtime === 'electron-host')
  process.env.ELECTRON_OVERRIDE_DIST_PATH = join(import.meta.dirname, 'e2e/electron-host')

// Electron 45 embeds Node 24: the stand-in, and what the app starts, run on the pinned one whatever node is installed.
process.env.PATH = [join(import.meta.dirname, 'node_modules/.bin'), process.env.PATH].join(delimiter)

export default defineConfig<{ target: Target }>({
  testDir: 'e2e/specs',
  outputDir: 'out/e2e',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: 'out/e2e.json' }]],
  metadata: { runtime },
  projects: [
    { name: 'desktop', use: { target: 'desktop' }, testIgnore: /web\.spec/ },
    { name: 'web', use: { target: 'web' }, testIgnore: /(?:shell|contract-of-electron)\.spec/ },
  ],
})
