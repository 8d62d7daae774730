import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, test as base, type ElectronApplication, expect, type Page } from '@playwright/test'

// What the product takes for granted about Electron, asked of whatever runs: real Electron or the stand-in. A difference
// between the two shows here and not in a person's hands.

type Probe = { log: string[]; senders: { url: string; origin: string; parent: unknown; isOwn: boolean }[] }
type InPage = {
  invoke: (channel: string, value?: unknown) => Promise<unknown>
  on: (channel: string, listener: (...args: unknown[]) => void) => () => void
  facts: { argument: string | null; sandboxed: boolean; modules: string[] }
  nested: { list: unknown[]; text: string }
  mapLength: () => number
  throws: () => void
}
declare global {
  var probe: InPage & Probe
  var ran: boolean | undefined
}

const folder = join(import.meta.dirname, '../electron-host/probe')

const test = base.extend<{ probe: ElectronApplication; page: Page; log: () => Promise<string[]> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  probe: async ({}, use) => {
    const data = mkdtempSync(join(tmpdir(), 'causeway-probe-'))
    const app = await _electron.launch({ args: [folder, `--user-data-dir=${data}`] })
    await use(app)
    await app.close()
    rmSync(data, { recursive: true, force: true, maxRetries: 10 })
  },
  page: async ({ probe }, use) => {
    const page = await probe.firstWindow()
    await page.waitForFunction(() => globalThis.ran === true && globalThis.probe !== undefined)
    await use(page)
  },
  log: async ({ probe }, use) => {
    await use(() => probe.evaluate(() => globalThis.probe.log))
  },
})

test('the app knows its name, version and folder; argv has the app and its arguments', async ({ probe }) => {
  const facts = await probe.evaluate(({ app }) => [app.getName(), app.getVersion(), app.isPackaged, app.getAppPath()])
  expect(facts).toEqual(['electron-probe', '1.2.3', false, folder])
  expect(await probe.evaluate(() => process.versions.electron)).toMatch(/^45\./)
  expect(await probe.evaluate(() => process.argv.length)).toBeGreaterThan(1)
})

test('what structured clone carries crosses both ways', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const sent = {
      date: new Date(5),
      map: new Map([[1, new Set(['a'])]]),
      none: undefined,
      nan: Number.NaN,
      zero: -0,
      big: 10n ** 20n,
      bytes: new Uint8Array([1, 2, 255]),
      list: [1, [2, null]],
      text: 'ä\u0000',
      error: new RangeError('r'),
      $: 'own',
    }
    const got = (await globalThis.probe.invoke('echo', sent)) as typeof sent
    return {
      date: got.date instanceof Date && got.date.getTime(),
      set: [...(got.map.get(1) ?? [])],
      none: 'none' in got && got.none === undefined,
      nan: Number.isNaN(got.nan),
      zero: Object.is(got.zero, -0),
      big: String(got.big),
      bytes: [...got.bytes],
      rest: [got.list, got.text, got.error.message, got.$],
    }
  })
  expect(result).toEqual({
    date: 5,
    set: ['a'],
    none: true,
    nan: true,
    zero: true,
    big: '100000000000000000000',
    bytes: [1, 2, 255],
    rest: [[1, [2, null]], 'ä\u0000', 'r', 'own'],
  })
})

test('errors of the main process arrive as text, and functions do not cross', async ({ page }) => {
  const message = (channel: string) =>
    page.evaluate(
      (channel) =>
        globalThis.probe.invoke(channel).then(
          () => 'answered',
          (error) => (error as Error).message,
        ),
      channel,
    )
  expect(await message('fail')).toBe("Error invoking remote method 'fail': TypeError: on purpose")
  expect(await message('nobody')).toBe(
    "Error invoking remote method 'nobody': Error: No handler registered for 'nobody'",
  )
  expect(await message('function')).toContain('An object could not be cloned.')
})

test('the sender is the top frame with its own origin', async ({ page, probe }) => {
  await page.evaluate(() => globalThis.probe.invoke('echo', 1))
  const senders = await probe.evaluate(() => globalThis.probe.senders)
  expect(senders).toEqual([{ url: 'probe://host/', origin: 'probe://host', parent: null, isOwn: true }])
})

test('what the preload exposes is frozen, and throws as itself', async ({ page }) => {
  const result = await page.evaluate(() => {
    const tries = [
      () => {
        globalThis.probe.nested.text = 'b'
      },
      () => {
        ;(globalThis as { probe: unknown }).probe = 1
      },
    ]
    for (const attempt of tries) {
      try {
        attempt()
      } catch {
        // strict code throws; either way nothing may change
      }
    }
    let thrown = ''
    try {
      globalThis.probe.throws()
    } catch (error) {
      thrown = (error as Error).message
    }
    const { probe } = globalThis
    return { text: probe.nested.text, frozen: [probe, probe.nested, probe.nested.list].map(Object.isFrozen), thrown }
  })
  expect(result).toEqual({ text: 'a', frozen: [true, true, true], thrown: 'from the preload' })
})

test('the preload is sandboxed: a few modules, its arguments, and built-ins the page cannot touch', async ({
  page,
}) => {
  expect(await page.evaluate(() => globalThis.probe.facts)).toEqual({
    argument: '--probe=a,b',
    sandboxed: true,
    modules: ['electron', 'timers'],
  })
  const length = await page.evaluate(() => {
    Array.prototype.map = () => []
    return globalThis.probe.mapLength()
  })
  expect(length).toBe(3)
  expect(
    await page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', '__hostSend'].filter((name) => name in globalThis),
    ),
  ).toEqual([])
})

test('events reach listeners in the page until they are taken off', async ({ page, probe }) => {
  await page.evaluate(() => {
    const seen: unknown[] = []
    const off = globalThis.probe.on('news', (value) => {
      seen.push(value)
      if (value === 2) off()
    })
    Object.assign(globalThis, { seen })
  })
  const send = (value: number) =>
    probe.evaluate(
      ({ BrowserWindow }, value) => BrowserWindow.getAllWindows()[0]?.webContents.send('news', value),
      value,
    )
  for (const value of [1, 2, 3]) await send(value)
  await page.evaluate(() => globalThis.probe.invoke('echo', 0)) // in order behind the events
  expect(await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen)).toEqual([1, 2])
})

test('a scheme of our own is answered by the app, under its own name, with its own policy', async ({ page, log }) => {
  expect((await log()).slice(0, 3)).toEqual(['web-contents-created', 'request host/', 'request host/page.js'])
  const outcome = await page.evaluate(async () => {
    const status = (await fetch('/nothing')).status
    const foreign = await fetch('https://example.com/').then(
      () => 'reached',
      () => 'blocked',
    )
    return { status, foreign }
  })
  expect(outcome).toEqual({ status: 404, foreign: 'blocked' })
})

test('a page cannot leave where will-navigate is prevented, nor open another window', async ({ page, probe, log }) => {
  await page.evaluate(() => location.assign('https://example.com/away'))
  await expect.poll(log).toContain('will-navigate https://example.com/away')
  await page.evaluate(() => void open('https://example.com/popup'))
  await page.click('#out')
  await expect.poll(log).toContain('open https://example.com/x')
  expect(await log()).toContain('open https://example.com/popup')
  const url = await probe.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((w) => w.webContents.getURL()),
  )
  expect(url).toEqual(['probe://host/'])
  expect(probe.windows()).toHaveLength(1)
})

test('a window is shown when ready, and hides, minimizes and closes as asked', async ({ page, probe }) => {
  const window = await probe.browserWindow(page)
  await expect.poll(() => window.evaluate((w) => w.isVisible())).toBe(true)
  expect(
    await window.evaluate((w) => {
      w.hide()
      return w.isVisible()
    }),
  ).toBe(false)
  const kept = await window.evaluate((w) => {
    w.once('close', (event: { preventDefault: () => void }) => event.preventDefault())
    w.close()
    return w.isDestroyed()
  })
  expect(kept).toBe(false)
  await window.evaluate((w) => w.close())
  await expect.poll(() => probe.evaluate(() => globalThis.probe.log)).toContain('window-all-closed')
})

test('quitting asks before-quit, closes windows, then will-quit; a prevented before-quit stays', async ({
  page,
  probe,
  log,
}) => {
  await page.title()
  await probe.evaluate(({ app }) => {
    app.once('before-quit', (event) => event.preventDefault())
    app.quit()
  })
  expect(await log()).not.toContain('will-quit')
  const order = probe.evaluate(
    ({ app }) =>
      new Promise<string[]>((resolve) => {
        app.once('will-quit', (event) => {
          event.preventDefault()
          resolve([...globalThis.probe.log])
        })
        app.quit()
      }),
  )
  expect((await order).filter((line) => /quit|closed/.test(line)).slice(-2)).toEqual(['before-quit', 'will-quit'])
})

test('menu items are found by id and clicked; a tray keeps its menu', async ({ probe }) => {
  const clicked = await probe.evaluate(({ Menu, Tray, nativeImage }) => {
    const done: string[] = []
    const menu = Menu.buildFromTemplate([
      { id: 'a', label: 'A', submenu: [{ id: 'b', label: 'B', click: () => void done.push('b') }] },
    ])
    const tray = new Tray(nativeImage.createEmpty())
    tray.setContextMenu(menu)
    menu.getMenuItemById('b')?.click()
    tray.destroy()
    return [done, tray.isDestroyed(), menu.getMenuItemById('c')]
  })
  expect(clicked).toEqual([['b'], true, null])
})
