import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, test as base, chromium, expect, type Page } from '@playwright/test'
import { chromiumPath } from '../app.ts'
import { connectAs, type Machine, signIn, signInAs, startMachine } from '../journey.ts'

// The whole way of a message on a machine of its own: a real keyring, a real SSO, a real browser, the real command line,
// and the official SDK's client started by the command that stands in Cursor's file.
type Fixtures = { machine: Machine; browser: Browser }
const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  machine: async ({}, use) => {
    const machine = await startMachine()
    await use(machine)
    await machine.close()
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads fixture names from this pattern.
  browser: async ({}, use) => {
    const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
    await use(browser)
    await browser.close()
  },
})

/** `CAUSEWAY_PICTURES=docs` makes the README's picture anew. */
const pictures = process.env.CAUSEWAY_PICTURES ?? 'out'
const cursorFile = (machine: Machine) => join(machine.home, '.cursor/mcp.json')

async function openWindow(browser: Browser, address: string) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 } })
  const page = await context.newPage()
  await page.goto(address)
  return page
}
const unauthorized = {
  kind: 'answer',
  status: 401,
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
} as const
const skipWelcome = (page: Page) => page.getByRole('button', { name: 'Skip for now' }).click()
const go = (page: Page, name: string) =>
  page
    .getByRole('navigation')
    .getByRole('link', { name })
    .or(page.getByRole('navigation').getByRole('button', { name }))
    .first()
    .click()

async function setUpCursor(machine: Machine) {
  const done = await machine.causeway('apps', 'apply', 'cursor', '--json')
  expect(done).toMatchObject({ code: 0 })
}

/** Signed in as Ana, with Cursor set up. */
async function startSetUp(machine: Machine, browser: Browser) {
  const hub = await machine.startHub()
  const page = await openWindow(browser, hub.address)
  await signIn({ machine, browser, page })
  await expect(page.getByText('Connect your apps')).toBeVisible()
  await setUpCursor(machine)
  return { hub, page }
}
const openClient = (machine: Machine, server: string) =>
  connectAs({ file: cursorFile(machine), server, home: machine.home })

test('a newcomer signs in, sets up Cursor, calls tools, and sees each call', async ({ machine, browser }) => {
  const hub = await machine.startHub()
  const page = await openWindow(browser, hub.address)
  await signIn({ machine, browser, page })
  await expect(page.getByText('Connect your apps')).toBeVisible()
  await skipWelcome(page)

  await go(page, 'Account')
  await expect(page.getByText('Ana Almeida').first()).toBeVisible()
  await expect(page.getByText('engineering').first()).toBeVisible()

  await go(page, 'Servers')
  for (const name of ['GitHub', 'Identity and access']) {
    const row = page.getByRole('row').or(page.getByRole('listitem')).filter({ hasText: name }).first()
    await expect(row).toContainText('Ready')
    await expect(row).toContainText(/\d tools/)
  }
  await page.screenshot({ path: `${pictures}/servers.png` })

  await go(page, 'Apps')
  await page.getByRole('button', { name: 'Set up: Cursor' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText(cursorFile(machine))
  await expect(dialog).toContainText('causeway-bridge')
  await dialog.getByRole('button', { name: /^(Set up|Make|Write|Apply)/ }).click()
  await expect(dialog).toBeHidden()

  await go(page, 'Activity')
  for (const server of ['github', 'iam']) {
    const client = await connectAs({ file: cursorFile(machine), server, home: machine.home })
    const { tools } = await client.listTools()
    expect(tools.length).toBeGreaterThan(2)
    const tool = server === 'github' ? 'search_issues' : 'list_users'
    const answer = await client.callTool({ name: tool, arguments: server === 'github' ? { query: 'login' } : {} })
    expect(answer.isError ?? false).toBe(false)
    const row = page.getByRole('row').filter({ hasText: tool }).first()
    await expect(row).toContainText(server === 'github' ? 'GitHub' : 'Identity and access')
    await expect(row).toContainText(/Cursor/i)
    await expect(row).toContainText(/ms/)
    await client.close()
  }
  await page.screenshot({ path: `${pictures}/activity.png` })
  expect(await hub.end()).toBe(0)
})

test('the first run ends with a proof that the app reaches its servers', async ({ machine, browser }) => {
  const hub = await machine.startHub()
  const page = await openWindow(browser, hub.address)
  await signIn({ machine, browser, page })
  await page.getByRole('button', { name: 'Set up: Cursor' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make this change' }).click()
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'All set' })).toBeVisible()
  // One of them wants a key first.
  await expect(page.getByRole('listitem').filter({ hasText: 'Cursor' })).toContainText('7 of 8 servers answer')
  await page.getByRole('button', { name: 'Open Causeway' }).click()
  await expect(page.getByRole('heading', { name: '1 thing needs you' })).toBeVisible()
  expect(await hub.end()).toBe(0)
})

test('the hub is killed between two calls, and the client notices nothing', async ({ machine, browser }) => {
  const { hub: first } = await startSetUp(machine, browser)
  const client = await openClient(machine, 'github')
  const call = () => client.callTool({ name: 'search_issues', arguments: { query: 'login' } })
  const before = await call()
  const recorded = async () => {
    const { out } = await machine.causeway('activity', '--json')
    return (JSON.parse(out) as { rows: { target: string; outcome: string }[] }).rows
  }
  await expect.poll(recorded).toHaveLength(1)

  await first.end('SIGKILL')
  const second = await machine.startHub()
  expect(await call()).toEqual(before)

  await expect.poll(recorded).toMatchObject([
    { target: 'search_issues', outcome: 'ok' },
    { target: 'search_issues', outcome: 'ok' },
  ])
  await client.close()
  await second.end()
})

test('case 34: a sign-out ends twenty running calls, and none of their tokens is shown to a server any more', async ({
  machine,
  browser,
}) => {
  const { hub } = await startSetUp(machine, browser)
  const client = await openClient(machine, 'pdf')
  const { requests } = machine.company.parts.pdf
  const slow = { name: 'slow', arguments: { steps: 1000, stepMs: 1000 } }
  const calls = Array.from({ length: 20 }, () => client.callTool(slow).catch((error: Error) => error.message))
  const started = () => requests.filter(({ messages }) => messages.includes('tools/call slow')).length
  await expect.poll(started).toBe(20)

  expect(await machine.causeway('logout')).toMatchObject({ code: 0 })
  const before = requests.length
  for (const said of await Promise.all(calls)) expect(said).toContain('You are signed out')
  await expect(client.callTool(slow)).rejects.toThrow(/signed out/)
  expect(requests.slice(before).filter(({ headers }) => headers.authorization)).toEqual([])
  await client.close()
  await hub.end()
})

test('signed out: the client gets a sentence it can show, and goes on once signed in', async ({ machine, browser }) => {
  const { hub, page } = await startSetUp(machine, browser)
  const client = await openClient(machine, 'github')
  const call = () => client.callTool({ name: 'search_issues', arguments: { query: 'login' } })
  const before = await call()
  expect(await machine.causeway('logout')).toMatchObject({ code: 0 })

  await expect(call()).rejects.toThrow(/signed out/)
  await expect(openClient(machine, 'github')).rejects.toThrow(/signed out/)
  expect(await machine.causeway('status', '--json')).toMatchObject({ code: 3 })

  await page.getByRole('button', { name: 'Sign in to Fernhill Freight' }).click()
  await signInAs(browser, await machine.loginUrl(1), 'ana')
  await expect.poll(async () => call().catch(() => null)).toEqual(before)
  await client.close()
  await hub.end()
})

test('a token the company no longer accepts is renewed, and a session it ended asks once', async ({
  machine,
  browser,
}) => {
  const { hub, page } = await startSetUp(machine, browser)
  const client = await openClient(machine, 'iam')
  const call = () => client.callTool({ name: 'list_users', arguments: {} })
  machine.company.parts.iam.inject(unauthorized, { times: 1 })
  expect((await call()).isError ?? false).toBe(false)

  await machine.company.sso.revokeAll()
  machine.company.parts.iam.inject(unauthorized, { times: 50 })
  await expect(call()).rejects.toMatchObject({ data: { remedy: 'sign-in' } })
  await skipWelcome(page)
  await expect(page.getByRole('button', { name: 'Sign in' }).first()).toBeVisible()
  await client.close()
  await hub.end()
})

test('a server that is down, and one that does not exist: an error for the call, nothing lost', async ({
  machine,
  browser,
}) => {
  const { hub } = await startSetUp(machine, browser)
  const client = await openClient(machine, 'github')
  const call = () => client.callTool({ name: 'search_issues', arguments: { query: 'login' } })
  await call()
  await machine.company.parts.gateway.setDown(true)
  // A call that goes out while the news of the end is still on its way is lost with its connection, and is not sent twice.
  const fall = () => call().then(String, (error) => error.data.code)
  expect(['bridge.unreachable', 'bridge.interrupted']).toContain(await fall())
  expect(await fall()).toBe('bridge.unreachable')
  await machine.company.parts.gateway.setDown(false)
  expect((await call()).isError ?? false).toBe(false)
  await client.close()

  const config = await readFile(cursorFile(machine), 'utf8')
  const stray = join(machine.folder, 'stray.json')
  await writeFile(stray, config.replaceAll('"github"', '"nowhere"'))
  await expect(connectAs({ file: stray, server: 'nowhere', home: machine.home })).rejects.toThrow(
    /no server of this name/,
  )
  await hub.end()
})

test('a config file that is not valid JSON is left alone, byte for byte, and its line is named', async ({
  machine,
  browser,
}) => {
  const broken = '{\n  "mcpServers": {\n    "mine": { "command": "x" }\n  \n'
  await writeFile(cursorFile(machine), broken)
  const hub = await machine.startHub()
  const page = await openWindow(browser, hub.address)
  await signIn({ machine, browser, page })
  await expect(page.getByText('Connect your apps')).toBeVisible()
  const refused = await machine.causeway('apps', 'apply', 'cursor', '--json')
  expect(refused.code).toBe(1)
  const { error } = JSON.parse(refused.out) as { error: { code: string; detail: string } }
  expect(error.code).toBe('clients.unreadable')
  expect(error.detail).toMatch(/line \d/)
  expect(await readFile(cursorFile(machine), 'utf8')).toBe(broken)
  await hub.end()
})
