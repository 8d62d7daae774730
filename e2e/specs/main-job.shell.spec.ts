import { join } from 'node:path'
import { test as base, chromium, type ElectronApplication, expect } from '@playwright/test'
import { chromiumPath, clickTray, launchDesktop } from '../app.ts'
import { connectAs, type Machine, signInAs, startMachine } from '../journey.ts'

// The main job in the desktop app, by the tray alone: the window is never opened.
const test = base.extend<{ machine: Machine; app: ElectronApplication }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  machine: async ({}, use) => {
    const machine = await startMachine()
    await use(machine)
    await machine.close()
  },
  app: async ({ machine }, use) => {
    const app = await launchDesktop(machine.env, ['--hidden'])
    await use(app)
    await app.close()
  },
})

const labels = (app: ElectronApplication) =>
  app.evaluate(() => {
    const flat = (items: Electron.MenuItem[]): Record<string, string> =>
      Object.assign({}, ...items.map((item) => ({ [item.id]: item.label, ...flat(item.submenu?.items ?? []) })))
    return flat(globalThis.causewaySeen.menu?.items ?? [])
  })

test('a person signs in from the tray, calls a tool from Cursor, and the tray says so', async ({ machine, app }) => {
  await expect.poll(async () => (await labels(app))['sign-in']).toContain('Sign in to')
  await clickTray(app, 'sign-in')
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  await signInAs(browser, await machine.loginUrl(), 'ana')
  await browser.close()
  await expect.poll(async () => (await labels(app)).account).toMatch(/^Signed in as ana/)
  await expect.poll(async () => (await labels(app))['server:github']).toBe('GitHub: Ready')

  expect(await machine.causeway('apps', 'apply', 'cursor', '--json')).toMatchObject({ code: 0 })
  await expect.poll(async () => (await labels(app))['app:cursor']).toMatch(/^Cursor/)
  const file = join(machine.home, '.cursor/mcp.json')
  const client = await connectAs({ file, server: 'github', home: machine.home })
  await client.callTool({ name: 'search_issues', arguments: { query: 'login' } })
  await client.close()
  const recent = async () => Object.entries(await labels(app)).find(([id]) => id.startsWith('call:'))?.[1]
  await expect.poll(recent).toMatch(/Cursor → GitHub .*: OK$/)

  await clickTray(app, 'sign-out')
  await expect.poll(async () => (await labels(app))['sign-in']).toContain('Sign in to')
  expect(app.windows()).toHaveLength(0)
})
