import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWebFiles } from '../../electron/lib/web-files.ts'
import { type Scenario, scenarios } from '../../renderer/scenarios/scenarios.ts'

const root = join(import.meta.dirname, '../..')
// Set to a folder to keep a picture of every scenario there, to be looked at.
const pictures = process.env.CAUSEWAY_SCENARIO_PICTURES
const patience = { timeout: 60_000 }
const sizes = { smallest: { width: 800, height: 560 }, usual: { width: 1280, height: 800 } }

let folder: string
let server: Server
let browser: Browser
let origin: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-scenarios-'))
  await build({
    configFile: join(root, 'renderer/vite.config.ts'),
    mode: 'scenarios',
    logLevel: 'error',
    build: { outDir: folder },
  })
  const read = createWebFiles({ folder, connect: "'none'" })
  server = createServer(async (request, response) => {
    const { status, headers, body } = await read((request.url ?? '/').split('?')[0] ?? '/')
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    ...patience,
  })
}, 180_000)

afterAll(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Opens a scenario and collects what a page says when the content policy or the code is violated. */
async function open(context: BrowserContext, { name, press }: Scenario, theme: string) {
  const page = await context.newPage()
  page.setDefaultTimeout(patience.timeout)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(`${origin}/scenarios/scenarios.html?scenario=${name}&theme=${theme}`)
  await page.locator(`html[data-mantine-color-scheme=${theme}] main`).waitFor()
  if (press) await page.getByRole('button', { name: press }).first().click()
  // Drawers and dialogs come in; what is measured before that is half transparent.
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'))
  return { page, complaints }
}

/** Nothing is wider than the window: nothing is cut off at the right. */
const overflow = (page: Page) =>
  page.evaluate(() => {
    const all = [document.documentElement, ...document.querySelectorAll('main, main *')]
    return all
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map(({ className }) => String(className))
  })

describe.each(['light', 'dark'])('in the %s theme', (theme) => {
  let context: BrowserContext
  beforeAll(async () => {
    // Motion is off, as some people have it: nothing then turns for ever, and pages come to rest.
    context = await browser.newContext({ reducedMotion: 'reduce', viewport: sizes.usual })
  }, 60_000)
  afterAll(() => context?.close())

  test.each(scenarios)(
    '$name keeps the content policy, is accessible and fits the smallest window',
    async (scenario) => {
      const { page, complaints } = await open(context, scenario, theme)
      try {
        if (pictures) await page.screenshot({ path: join(pictures, `${scenario.name}-${theme}.png`) })
        const axe = new AxeBuilder({ page })
        // Only colours differ between the themes.
        if (theme === 'dark') axe.withRules(['color-contrast'])
        const { violations } = await axe.analyze()
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`),
        ).toEqual([])
        expect(await page.locator('style').count()).toBe(0)
        await page.setViewportSize(sizes.smallest)
        expect(await overflow(page)).toEqual([])
        if (pictures) await page.screenshot({ path: join(pictures, `${scenario.name}-${theme}-small.png`) })
        expect(complaints).toEqual([])
      } finally {
        await page.close()
      }
    },
    120_000,
  )
})
