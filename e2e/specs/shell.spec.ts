import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ElectronApplication, Page } from '@playwright/test'
import { createClients } from '../../electron/clients/clients.ts'
import { createMemoryLog } from '../../electron/lib/log.ts'
import { createPaths } from '../../electron/lib/paths.ts'
import { ClientId, ServerId } from '../../shared/ids.ts'
import type { Carrier } from '../../shared/ipc.ts'
import { clickTray, expect, launchDesktop, launchHeadless, desktop as test } from '../app.ts'

// The real main and preload bundles: what they let the page do, and what tray and window do together.

declare global {
  var causeway: Carrier | undefined
}
const isVisible = async (app: ElectronApplication, page: Page) =>
  (await app.browserWindow(page)).evaluate((w) => w.isVisible())
const menuOf = (app: ElectronApplication) =>
  app.evaluate(() => (globalThis.causewaySeen.menu?.items ?? []).map(({ id, label }) => ({ id, label })))
const ready = (page: Page) => expect(page.locator('#root > *').first()).toBeAttached()

test('the window is the product’s own page, under its own origin, drawn without a breach of its policy', async ({
  electronApp,
  page,
}) => {
  const breaches: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') breaches.push(message.text())
  })
  await page.reload()
  await ready(page)
  await expect(page).toHaveTitle(/Causeway/)
  const url = await electronApp.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((w) => w.webContents.getURL()),
  )
  expect(url).toEqual([expect.stringMatching(/^app:\/\/ui\//)])
  expect(breaches).toEqual([])
})

test('the content policy holds: no inline script, no eval, no connection, no frame', async ({ page }) => {
  await ready(page)
  const outcome = await page.evaluate(async () => {
    const script = document.createElement('script')
    try {
      script.text = 'globalThis.inlineRan = true'
      document.body.append(script)
    } catch {
      // Trusted Types refuse the text itself.
    }
    // In a task of its own: what a debugger evaluates may evaluate.
    const evaluated = await new Promise((resolve) =>
      setTimeout(() => {
        try {
          // biome-ignore lint/security/noGlobalEval: that it fails is what is tested.
          globalThis.eval('1')
          resolve('ran')
        } catch {
          resolve('refused')
        }
      }),
    )
    const reach = (url: string) =>
      fetch(url).then(
        () => 'reached',
        () => 'refused',
      )
    const fetched = await Promise.all(['https://example.com/', 'http://127.0.0.1:9/', location.href].map(reach))
    return { inline: 'inlineRan' in globalThis, evaluated, fetched }
  })
  expect(outcome).toEqual({ inline: false, evaluated: 'refused', fetched: ['refused', 'refused', 'refused'] })
})

test('the page has `call` and `on` and nothing else of the app', async ({ page }) => {
  await ready(page)
  const surface = await page.evaluate(() => ({
    members: Object.keys(globalThis.causeway ?? {}).sort(),
    frozen: Object.isFrozen(globalThis.causeway),
    leaks: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter((name) => name in globalThis),
  }))
  expect(surface).toEqual({ members: ['call', 'on'], frozen: true, leaks: [] })
})

test('a call of the contract is answered; anything else is refused', async ({ page }) => {
  await ready(page)
  const call = (channel: string, input?: unknown) =>
    page.evaluate(
      ([channel, input]) => globalThis.causeway?.call(channel as string, input).catch((error: Error) => error.message),
      [channel, input],
    )
  expect(await call('app.snapshot')).toMatchObject({ ok: true, value: { product: 'Causeway', mode: 'desktop' } })
  expect(await call('health.recheck', { server: 7 })).toMatchObject({ ok: false, problem: { code: 'ipc.bad-request' } })
  for (const channel of ['app.nothing', '__proto__', 'electron-store-get-data', 'app.changed'])
    expect(await call(channel)).toContain('Unknown channel')
})

test('only the top frame of the window is answered by the main process', async ({ electronApp, page }) => {
  await ready(page)
  // Another page, made by the test, with the very preload of the product.
  const made = electronApp.waitForEvent('window')
  const preload = join(import.meta.dirname, '../../dist/preload/preload.cjs')
  await electronApp.evaluate(({ BrowserWindow }, preload) => {
    const additionalArguments = ['--causeway-calls=app.snapshot', '--causeway-events=app.changed']
    void new BrowserWindow({ webPreferences: { preload, additionalArguments } }).loadURL('app://ui/')
  }, preload)
  const other = await made
  await other.waitForFunction(() => globalThis.causeway !== undefined)
  const answer = await other.evaluate(() => globalThis.causeway?.call('app.snapshot', undefined))
  expect(answer).toMatchObject({ ok: false, problem: { code: 'ipc.forbidden' } })
})

test('the page cannot leave, open a window or embed one; an https link goes to the browser', async ({
  electronApp,
  page,
}) => {
  await ready(page)
  const opened = () => electronApp.evaluate(() => globalThis.causewaySeen.opened)
  await page.evaluate(() => location.assign('https://example.com/away'))
  await page.evaluate(() => {
    for (const url of ['https://example.com/help', 'http://example.com/', 'file:///etc/passwd', 'javascript:1'])
      window.open(url)
  })
  await expect.poll(opened).toEqual(['https://example.com/help'])
  const urls = await electronApp.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((w) => w.webContents.getURL()),
  )
  expect(urls).toEqual([expect.stringMatching(/^app:\/\/ui\//)])
  await ready(page)
})

test('closing hides to the tray and says so once; the tray shows the window again', async ({ electronApp, page }) => {
  await ready(page)
  await expect.poll(() => isVisible(electronApp, page)).toBe(true)
  const close = async () => (await electronApp.browserWindow(page)).evaluate((w) => w.close())
  await close()
  expect(await isVisible(electronApp, page)).toBe(false)
  const notifications = () => electronApp.evaluate(() => globalThis.causewaySeen.notifications)
  await expect
    .poll(notifications)
    .toEqual([{ title: 'Causeway is still running', body: expect.stringContaining('tray') }])
  await clickTray(electronApp, 'open')
  expect(await isVisible(electronApp, page)).toBe(true)
  await close()
  await clickTray(electronApp, 'open-activity')
  expect(await isVisible(electronApp, page)).toBe(true)
  await expect.poll(() => page.evaluate(() => location.hash)).toBe('#/activity')
  expect(await notifications()).toHaveLength(1)
})

test('the tray says what the window says', async ({ electronApp, page }) => {
  await ready(page)
  const snapshot = () =>
    page.evaluate(async () => {
      const answer = await globalThis.causeway?.call('health.snapshot', undefined)
      return answer?.ok ? (answer.value as { sentence: string }).sentence : ''
    })
  await expect
    .poll(async () => (await menuOf(electronApp)).find(({ id }) => id === 'state')?.label)
    .toBe(`Causeway: ${await snapshot()}`)
  const ids = (await menuOf(electronApp)).map(({ id }) => id).filter(Boolean)
  expect(ids).toEqual(
    expect.arrayContaining(['state', 'account', 'servers', 'apps', 'recent', 'check', 'open', 'quit']),
  )
})

test('a second start shows the first one’s window, at the screen its deep link names, and ends', async ({
  electronApp,
  page,
  machine,
}) => {
  await ready(page)
  await (await electronApp.browserWindow(page)).evaluate((w) => w.close())
  const electron = createRequire(import.meta.url)('electron') as unknown as string
  const root = join(import.meta.dirname, '../..')
  const second = spawn(electron, [root, 'causeway://servers'], { env: machine.env, stdio: 'ignore' })
  const [code] = await once(second, 'exit')
  expect(code).toBe(0)
  await expect.poll(() => isVisible(electronApp, page)).toBe(true)
  await expect.poll(() => page.evaluate(() => location.hash)).toBe('#/servers')
})

test('a first start by a deep link opens that screen', async ({ machine }) => {
  const app = await launchDesktop(machine.env, ['causeway://activity'])
  const page = await app.firstWindow()
  await ready(page)
  expect(await page.evaluate(() => location.hash)).toBe('#/activity')
  await app.close()
})

test('started with --hidden it stays in the tray until it is asked for', async ({ machine }) => {
  const app = await launchDesktop(machine.env, ['--hidden'])
  await expect.poll(async () => (await menuOf(app)).length).toBeGreaterThan(0)
  expect(app.windows()).toHaveLength(0)
  await clickTray(app, 'open')
  await ready(await app.firstWindow())
  await app.close()
})

test('a page that crashed is made anew when it is asked for', async ({ electronApp, page }) => {
  await ready(page)
  const before = await electronApp.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.id)
  await electronApp.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 })
  })
  await expect.poll(() => electronApp.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(0)
  const made = electronApp.waitForEvent('window')
  await clickTray(electronApp, 'open')
  await ready(await made)
  const after = await electronApp.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.id)
  expect(after).not.toBe(before)
})

test('where the headless app runs already, the desktop app says so and ends', async ({ machine }) => {
  const agent = await launchHeadless(machine.env)
  const electron = createRequire(import.meta.url)('electron') as unknown as string
  const second = spawn(electron, [join(import.meta.dirname, '../..')], {
    env: machine.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  second.stderr.on('data', (part) => {
    said += part
  })
  expect(await once(second, 'close')).toEqual([1, null])
  expect(said).toContain('The app is already running')
  await agent.stop()
})

/** A person whose Cursor was set up before. */
async function setUpCursor(env: Record<string, string>) {
  const file = join(env.HOME ?? '', '.cursor', 'mcp.json')
  const before = '{ "mcpServers": { "mine": { "command": "x" } } }'
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, before)
  const { log } = createMemoryLog()
  const clients = createClients({
    home: env.HOME ?? '',
    ...{ env, platform: 'linux', version: '1.0.0', log, now: () => new Date() },
    folder: createPaths({ env, platform: 'linux' }).clients,
    servers: () => [{ id: ServerId.parse('github'), name: 'GitHub', description: '' }],
    serversChanged: () => () => {},
    entryFor: () => ({ command: '/opt/bridge', args: [], env: {} }),
    processes: async () => [],
  })
  await clients.apply({ client: ClientId.parse('cursor') })
  await clients.close()
  expect(await readFile(file, 'utf8')).toContain('/opt/bridge')
  return { before, read: () => readFile(file, 'utf8') }
}

/** What an uninstaller starts; its exit code. */
async function giveFilesBack(env: Record<string, string>) {
  const electron = createRequire(import.meta.url)('electron') as unknown as string
  const app = spawn(electron, [join(import.meta.dirname, '../..'), '--give-files-back'], { env, stdio: 'ignore' })
  return (await once(app, 'close'))[0] as number | null
}

test('an uninstaller’s --give-files-back gives every client’s file back, without a window, and ends', async ({
  machine,
}) => {
  const cursor = await setUpCursor(machine.env)
  expect(await giveFilesBack(machine.env)).toBe(0)
  expect(await cursor.read()).toBe(cursor.before)
})

test('where the app still runs, it gives the files back itself and ends', async ({ machine }) => {
  const cursor = await setUpCursor(machine.env)
  const agent = await launchHeadless(machine.env)
  const ended = once(agent.child, 'exit')
  expect(await giveFilesBack(machine.env)).toBe(0)
  expect(await cursor.read()).toBe(cursor.before)
  expect((await ended)[0]).toBe(0)
})

test('Quit in the tray ends the core and then the process', async ({ machine }) => {
  const app = await launchDesktop(machine.env)
  await ready(await app.firstWindow())
  const child = app.process()
  const ended = once(child, 'exit')
  await clickTray(app, 'quit').catch(() => {}) // the answer may be cut off by the end itself
  expect((await ended)[0]).toBe(0)
})
