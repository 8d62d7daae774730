import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runHeadless } from './headless.ts'
import { createDispatcher } from './ipc/dispatcher.ts'
import { createMemoryLog } from './lib/log.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-headless-'))
  await writeFile(join(folder, 'index.html'), '<title>Causeway</title>')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function start({ window = true, browser = '' } = {}) {
  const lines: string[] = []
  const { log } = createMemoryLog()
  const close = vi.fn(async () => {})
  let quit = () => {}
  let openWindow = async () => ({ address: null as string | null })
  const ended = runHeadless({
    startCore: async (given) => {
      quit = given.quit
      openWindow = given.openWindow
      return { dispatcher: createDispatcher({}, {}, log), close }
    },
    window: window ? { folder, port: 0, open: browser !== '' } : null,
    env: { BROWSER: browser, PATH: process.env.PATH },
    platform: process.platform,
    print: (line) => lines.push(line),
    log,
  })
  const address = () => /http:\S+/.exec(lines.join('\n'))?.[0] ?? ''
  return { ended, lines, address, close, quit: () => quit(), openWindow: () => openWindow() }
}

test('serves the window at the printed address until the core is told to quit, then closes all', async () => {
  const { ended, address, close, quit } = start()
  await vi.waitFor(() => expect(address()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/))
  expect(await (await fetch(address())).text()).toContain('Causeway')
  expect(close).not.toHaveBeenCalled()
  quit()
  expect(await ended).toBe(0)
  expect(close).toHaveBeenCalledTimes(1)
  await expect(fetch(address())).rejects.toThrow()
})

test('an address works once, and the next one is printed when it was used', async () => {
  const { ended, lines, address, quit } = start()
  await vi.waitFor(() => expect(address()).not.toBe(''))
  const { origin, hash } = new URL(address())
  const open = (token: string) =>
    fetch(`${origin}/session`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
  const token = hash.slice('#token='.length)
  expect((await open(token)).status).toBe(204)
  expect((await open(token)).status).toBe(403)
  const next = /#token=(\S+)/.exec(lines[1] ?? '')?.[1] ?? ''
  expect(lines[1]).toContain('For another window: ')
  expect((await open(next)).status).toBe(204)
  expect(lines).toHaveLength(3)
  quit()
  await ended
})

test('opens the printed address in the browser', async () => {
  const opened = join(folder, 'opened.txt')
  const browser = join(folder, 'my browser')
  await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > '${opened}'\n`, { mode: 0o755 })
  const { ended, lines, address, quit } = start({ browser })
  await vi.waitFor(async () => expect(await readFile(opened, 'utf8')).toBe(address()), { timeout: 20_000 })
  expect(lines).toHaveLength(1)
  quit()
  await ended
})

test('another window has an address of its own, and opens in the browser', async () => {
  const opened = join(folder, 'opened.txt')
  const browser = join(folder, 'browser')
  await writeFile(browser, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${opened}'\n`, { mode: 0o755 })
  const { ended, address, quit, openWindow } = start({ browser })
  await vi.waitFor(async () => expect(await readFile(opened, 'utf8')).toBe(`${address()}\n`), { timeout: 20_000 })
  const another = (await openWindow()).address
  expect(another).toMatch(/#token=[\w-]{43}$/)
  expect(another).not.toBe(address())
  await vi.waitFor(async () => expect(await readFile(opened, 'utf8')).toBe(`${address()}\n${another}\n`))
  quit()
  await ended
})

test('without a window there is none to open', async () => {
  const { ended, lines, quit, openWindow } = start({ window: false })
  await vi.waitFor(() => expect(lines).toEqual(['Causeway runs.']))
  await expect(openWindow()).rejects.toMatchObject({ code: 'app.no-window' })
  quit()
  await ended
})

test('says so when no browser can be started', async () => {
  const { ended, lines, quit } = start({ browser: join(folder, 'nothing-here') })
  await vi.waitFor(() => expect(lines[1]).toContain('No browser could be started'))
  quit()
  await ended
})

test('without a window nothing listens, and a signal ends it', async () => {
  const { ended, lines } = start({ window: false })
  await vi.waitFor(() => expect(lines).toEqual(['Causeway runs.']))
  process.emit('SIGHUP')
  expect(await ended).toBe(0)
})

test('a core that does not start is the caller’s to report, and no listener for signals stays', async () => {
  const before = process.listenerCount('SIGTERM')
  const { log } = createMemoryLog()
  const startCore = () => Promise.reject(new Error('in use'))
  const window = { folder, port: 0, open: false }
  const run = runHeadless({ startCore, window, env: {}, platform: 'linux', print: () => {}, log })
  await expect(run).rejects.toThrow('in use')
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
