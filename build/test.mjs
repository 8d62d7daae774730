// `npm test`: sets up what the tests need, then runs all of them. Ends with one line of totals.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { binScript, ensureDependencies, findNode, main, root, run, StepError, step } from './setup.mjs'

const needed = ['chromium', 'gnome-keyring', 'dbus', 'libsecret-1-0']
const compiler = ['gcc', 'libc6-dev']
// To build the Windows bridge and run it: 160 MB to fetch. Its tests say that they did not run where these are not.
const forWindows = process.arch === 'x64' ? ['gcc-mingw-w64-x86-64-win32', 'wine64'] : []
const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')

const isInstalled = (name) =>
  spawnSync('dpkg', ['-s', name], { encoding: 'utf8' }).stdout?.includes('install ok installed')
const toInstall = (names) => `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`
const install = (names) =>
  step(`Installing ${names.join(', ')}`, () =>
    run('sh', ['-c', toInstall(names)], {
      quiet: true,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      remedy: `Run it by hand: ${toInstall(names)}`,
    }),
  )

/** Chromium, a keyring, D-Bus and a C compiler: through apt where we may, else by the one command to run. */
async function ensurePackages() {
  if (process.platform !== 'linux') return
  const hasCompiler = spawnSync('cc', ['--version']).status === 0
  const missing = [...needed, ...(hasCompiler ? [] : compiler)].filter((name) => !isInstalled(name))
  if (missing.length > 0 && !mayInstall)
    throw new StepError(`The tests need ${missing.join(', ')}. Run:\n  sudo sh -c '${toInstall(missing)}'`)
  if (missing.length > 0) await install(missing)
  const wanted = forWindows.filter((name) => !isInstalled(name))
  if (wanted.length === 0 || !mayInstall) return
  await install(wanted).catch((error) => process.stdout.write(`  ${error.message}\n  The tests go on without them.\n`))
}

/** Counts of a vitest or Playwright JSON report. */
function readCounts(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  if (report.stats)
    return {
      passed: report.stats.expected,
      failed: report.stats.unexpected + report.stats.flaky,
      skipped: report.stats.skipped,
    }
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numFailedTestSuites,
    skipped: report.numPendingTests,
  }
}

await main(async () => {
  await ensureDependencies()
  await ensurePackages()
  const node = findNode()
  // What this machine sets for its own Node programs must not reach the product under test.
  const { NODE_OPTIONS: _options, ...inherited } = process.env
  // Browsers and test runners keep things in a home; this one is the run's own.
  const home = mkdtempSync(join(tmpdir(), 'causeway-test-home-'))
  const env = {
    ...inherited,
    PATH: [join(node, '..'), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    CI: '1',
    HOME: home,
  }
  rmSync(join(root, 'out'), { recursive: true, force: true })
  mkdirSync(join(root, 'out'), { recursive: true })

  const stages = [
    ['Format, lint, types, unused code, unit tests', ['build/check.ts'], {}],
    ['Build', ['build/build.ts'], {}],
    [
      'Integration tests',
      [
        binScript('vitest'),
        'run',
        '--project',
        'integration',
        '--reporter=default',
        '--reporter=json',
        '--outputFile.json=out/integration.json',
      ],
      {},
    ],
    [
      'End-to-end tests',
      [binScript('@playwright/test', 'playwright'), 'test'],
      { PLAYWRIGHT_JSON_OUTPUT_NAME: 'out/e2e.json' },
    ],
  ]
  const broken = []
  for (const [title, args, extra] of stages) {
    try {
      await step(title, () => run(node, args, { env: { ...env, ...extra } }))
    } catch (error) {
      if (!(error instanceof StepError)) throw error
      process.stderr.write(`✗ ${title}\n`)
      broken.push(title)
      if (title === 'Build') break
    }
  }
  const counts = ['unit', 'integration', 'e2e'].map((name) => readCounts(join(root, `out/${name}.json`)))
  const sum = (key) => counts.reduce((total, each) => total + each[key], 0)
  if (broken.length > 0) process.stderr.write(`\nFailed: ${broken.join('; ')}\n`)
  const failed = Math.max(sum('failed'), broken.length)
  process.stdout.write(
    `\n${sum('passed')} passed, ${failed} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}\n`,
  )
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  return broken.length === 0 ? 0 : 1
})
