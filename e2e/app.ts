import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { _electron, type Browser, test as base, chromium, type ElectronApplication, type Page } from '@playwright/test'

/** The window in Electron (or its stand-in), or the same window in a browser over loopback. */
export type Target = 'desktop' | 'web'
/** What `record.cjs` keeps in the main process. */
export type Seen = {
  menu: Electron.Menu | null
  toolTip: string
  notifications: { title: string; body: string }[]
  opened: string[]
}
declare global {
  var causewaySeen: Seen
}
type Machine = { folder: string; state: string; env: Record<string, string>; opened: () => string[] }

const root = join(import.meta.dirname, '..')
export const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/lib/chromium/chromium'

/** A home and a data folder of the test's own; `BROWSER` writes down what it was asked to open. */
function createMachine(): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-e2e-'))
  const [home, state, list] = [join(folder, 'home'), join(folder, 'state'), join(folder, 'opened.txt')]
  mkdirSync(home)
  writeFileSync(list, '')
  writeFileSync(join(folder, 'browser.sh'), `#!/bin/sh\nprintf '%s\\n' "$1" >> '${list}'\n`, { mode: 0o755 })
  const keep = ['PATH', 'LANG', 'DISPLAY', 'XAUTHORITY', 'CHROMIUM_PATH', 'ELECTRON_OVERRIDE_DIST_PATH']
  const kept = keep.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))
  return {
    folder,
    state,
    env: { ...Object.fromEntries(kept), HOME: home, CAUSEWAY_HOME: state, BROWSER: join(folder, 'browser.sh') },
    opened: () => readFileSync(list, 'utf8').split('\n').filter(Boolean),
  }
}

export const launchDesktop = (env: Record<string, string>, args: string[] = []) =>
  _electron.launch({ args: ['-r', join(root, 'e2e/record.cjs'), root, ...args], env, cwd: root })

type Headless = { address: string; child: ChildProcess; stop: () => Promise<void> }

/** The headless app: the same core, with its window on loopback. */
export async function launchHeadless(env: Record<string, string>): Promise<Headless> {
  const cli = join(root, 'dist/cli/causeway.js')
  // By PATH: the configuration puts the pinned Node first, whatever Playwright itself runs on.
  const child = spawn('node', [cli, 'agent', '--ui', '--no-open'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/.exec(line)
      if (found) resolve(found[0])
    })
    child.once('exit', (code) => reject(new Error(`causeway agent ended with ${code}`)))
  })
  return { address, child, stop: () => end(child) }
}
async function end(child: ChildProcess) {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

type Shared = { target: Target; machine: Machine }
const shared = base.extend<Shared>({
  target: ['desktop', { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  machine: async ({}, use) => {
    const machine = createMachine()
    await use(machine)
    rmSync(machine.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  },
})

/** For specs that need the main process as well as the page. */
export const desktop = shared.extend<{ electronApp: ElectronApplication; page: Page }>({
  electronApp: async ({ machine }, use) => {
    const app = await launchDesktop(machine.env)
    await use(app)
    await app.close()
  },
  page: async ({ electronApp }, use) => use(await electronApp.firstWindow()),
})

/** For specs of the window over loopback: the address is still unused. */
export const web = shared.extend<{ agent: Headless; chrome: Browser }>({
  agent: async ({ machine }, use) => {
    const agent = await launchHeadless(machine.env)
    await use(agent)
    await agent.stop()
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  chrome: async ({}, use) => withBrowser(use),
})

/** For specs that use only the page, and run in both. */
export const test = shared.extend<{ page: Page }>({
  page: async ({ target, machine }, use) => {
    if (target === 'desktop') {
      const app = await launchDesktop(machine.env)
      await use(await app.firstWindow())
      await app.close()
      return
    }
    const headless = await launchHeadless(machine.env)
    await withBrowser(async (browser) => {
      const page = await browser.newPage()
      await page.goto(headless.address)
      await use(page)
    })
    await headless.stop()
  },
})

async function withBrowser(use: (browser: Browser) => Promise<void>) {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  await use(browser)
  await browser.close()
}

export { expect } from '@playwright/test'

/** Clicks in the tray, by the item's id. */
export const clickTray = (app: ElectronApplication, id: string) =>
  app.evaluate((_electron, id) => {
    const item = globalThis.causewaySeen.menu?.getMenuItemById(id)
    if (!item) throw new Error(`The tray has no item ${id}`)
    item.click()
  }, id)
