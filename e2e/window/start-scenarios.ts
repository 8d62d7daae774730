import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from '@playwright/test'
import { build } from 'vite'
import { createWebFiles } from '../../electron/lib/web-files.ts'
import type { Scenario } from '../../renderer/scenarios/scenarios.ts'

const root = join(import.meta.dirname, '../..')
const patienceMs = 60_000

/** Builds the scenarios into a temp folder, serves them under the product's own content policy, and starts a browser. */
export async function startScenarios() {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-scenarios-'))
  await build({
    configFile: join(root, 'renderer/vite.config.ts'),
    mode: 'scenarios',
    logLevel: 'error',
    build: { outDir: folder },
  })
  const read = createWebFiles({ folder, connect: "'none'" })
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await read((request.url ?? '/').split('?')[0] ?? '/')
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    timeout: patienceMs,
  })

  /** Opens a scenario and collects what a page says when the content policy or the code is violated. */
  async function open(context: BrowserContext, { name, press }: Pick<Scenario, 'name' | 'press'>, theme = 'light') {
    const page = await context.newPage()
    page.setDefaultTimeout(patienceMs)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    await page.goto(`${origin}/scenarios/scenarios.html?scenario=${name}&theme=${theme}`)
    await page.locator(`html[data-mantine-color-scheme=${theme}] main`).waitFor()
    if (press) {
      const named = { name: press }
      await page.getByRole('button', named).or(page.getByRole('tab', named)).first().click()
    }
    // Drawers and dialogs come in; what is measured before that is half transparent. A spinner never comes to rest.
    await page.waitForFunction(() =>
      document
        .getAnimations()
        .every(
          ({ playState, effect }) => playState !== 'running' || effect?.getComputedTiming().iterations === Infinity,
        ),
    )
    return { page, complaints }
  }

  return {
    browser,
    open,
    async close() {
      await browser.close()
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type Scenarios = Awaited<ReturnType<typeof startScenarios>>
