import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ClientId } from '../../shared/ids.ts'
import { openFilesOnly } from '../files-only.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createPaths } from '../lib/paths.ts'
import { cursor, type Desk, github, iam, openDesk } from './testing.ts'

const claude = ClientId.parse('claude-desktop')
const desks: Desk[] = []
afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.close()
})

/** A desk where Claude Desktop runs, with a file it keeps in mind. */
async function setUp(options: Parameters<typeof openDesk>[0] = {}) {
  const desk = await openDesk(options)
  desks.push(desk)
  const path = join(desk.root, '.config', 'Claude', 'claude_desktop_config.json')
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, mine)
  desk.world.processes = ['claude-desktop']
  return { ...desk, path, read: () => readFileSync(path, 'utf8'), claude: () => desk.app(claude) }
}
const mine = '{\n  "globalShortcut": "",\n  "mcpServers": {}\n}\n'

test('a change of an app that would undo it waits, says so before and after, and is made once the app has quit', async () => {
  const { clients, world, read, claude: app } = await setUp()
  const preview = await clients.preview({ client: claude })
  expect(preview).toMatchObject({ waits: true, entries: [{ result: 'add' }, { result: 'add' }] })
  const after = await clients.apply({ client: claude, token: preview.token })
  expect(after).toMatchObject({
    state: 'not-set-up',
    canUndo: false,
    toFinish: 'Quit and reopen Claude Desktop',
    waiting: { kind: 'apply', servers: [github, iam], problem: null },
  })
  expect(read()).toBe(mine)
  // What the app writes meanwhile is not lost: the change is worked out on the file as it is then.
  writeFileSync(after.configPath, mine.replace('""', '"Ctrl+K"'))
  world.processes = []
  const written = await app()
  expect(written).toMatchObject({ state: 'set-up', toFinish: 'Open Claude Desktop again' })
  expect(written.waiting).toBeUndefined()
  expect(read()).toContain('"Ctrl+K"')
  expect(read()).toContain('"github"')
  world.processes = ['claude-desktop']
  expect((await app()).toFinish).toBe(null)
})

test('a change of an app that reads its file again is made at once', async () => {
  const { clients, world } = await setUp()
  world.processes = ['cursor']
  expect((await clients.preview({ client: cursor })).waits).toBeUndefined()
  const after = await clients.apply({ client: cursor })
  expect(after).toMatchObject({ state: 'set-up', toFinish: 'Restart Cursor' })
  expect(after.waiting).toBeUndefined()
})

test('a person can have it written now, and what the app then undoes comes back once it has quit', async () => {
  const { clients, world, path, read, claude: app } = await setUp()
  await clients.apply({ client: claude })
  const now = await clients.apply({ client: claude, now: true })
  expect(now).toMatchObject({ state: 'set-up', toFinish: 'Quit Claude and open it again' })
  expect(now.waiting).toBeUndefined()
  const written = read()
  writeFileSync(path, mine)
  expect((await app()).state).toBe('needs-repair')
  world.processes = []
  expect((await app()).state).toBe('set-up')
  expect(read()).toBe(written)
})

test('what waits survives a restart, also of somebody who is signed out by then', async () => {
  const { clients, world, open, read } = await setUp()
  await clients.apply({ client: claude, servers: [github] })
  await clients.close()
  world.ids = []
  const again = open()
  try {
    const find = async () => (await again.rescan()).find(({ id }) => id === claude)
    expect(await find()).toMatchObject({ waiting: { kind: 'apply', servers: [github] } })
    expect(read()).toBe(mine)
    world.processes = []
    expect((await find())?.state).toBe('set-up')
    expect(read()).toContain('"github"')
    expect(read()).not.toContain('"iam"')
  } finally {
    await again.close()
  }
})

test('undo waits as well, and a newer wish replaces the one that waits', async () => {
  const { clients, world, read, claude: app } = await setUp()
  world.processes = []
  await clients.apply({ client: claude })
  const written = read()
  world.processes = ['claude-desktop']
  expect((await clients.undo({ client: claude })).waiting).toMatchObject({ kind: 'undo', servers: [] })
  expect(read()).toBe(written)
  // Set up again: that is how the file is, so nothing is left to wait for.
  expect((await clients.apply({ client: claude })).waiting).toBeUndefined()
  await clients.undo({ client: claude })
  world.processes = []
  expect(await app()).toMatchObject({ state: 'not-set-up', canUndo: false })
  expect(read()).toBe(mine)
})

test('a copy that is to come back waits as well', async () => {
  const { clients, world, read, claude: app } = await setUp()
  world.processes = []
  await clients.apply({ client: claude })
  const [copy] = await clients.backups({ client: claude })
  world.processes = ['claude-desktop']
  const back = { client: claude, backup: copy?.id ?? '' }
  expect((await clients.previewRestore(back)).waits).toBe(true)
  expect((await clients.restore(back)).waiting?.kind).toBe('restore')
  expect(read()).not.toBe(mine)
  world.processes = []
  await app()
  expect(read()).toBe(mine)
})

test('a change that waits can be taken back', async () => {
  const { clients, world, read, claude: app } = await setUp()
  await clients.apply({ client: claude })
  expect(await clients.withdraw({ client: claude })).toMatchObject({ toFinish: null, state: 'not-set-up' })
  world.processes = []
  expect((await app()).waiting).toBeUndefined()
  expect(read()).toBe(mine)
})

test('a change that cannot be made is told, kept, and made once it can be', async () => {
  const { clients, world, path, read, claude: app } = await setUp()
  await clients.apply({ client: claude })
  world.processes = []
  chmodSync(path, 0o444)
  const failed = await app()
  expect(failed).toMatchObject({ toFinish: null, waiting: { problem: { code: 'clients.not-writable' } } })
  expect(read()).toBe(mine)
  chmodSync(path, 0o644)
  expect((await app()).state).toBe('set-up')
})

test('where it cannot be told what runs, nothing that waits is made', async () => {
  const { clients, world, read, claude: app } = await setUp()
  await clients.apply({ client: claude })
  world.blind = true
  expect((await app()).waiting).toMatchObject({ kind: 'apply' })
  expect(read()).toBe(mine)
})

test('with automatic repair, what a running app undid comes back when it has quit, and not before', async () => {
  const { clients, world, path, read, claude: app } = await setUp()
  world.repair = 'auto'
  await clients.apply({ client: claude, now: true })
  const written = read()
  writeFileSync(path, mine)
  expect(await app()).toMatchObject({ state: 'needs-repair', waiting: { kind: 'apply', servers: [github, iam] } })
  expect(read()).toBe(mine)
  world.processes = []
  expect((await app()).state).toBe('set-up')
  expect(read()).toBe(written)
})

test('what a person asked for is made also where nothing may be repaired', async () => {
  const { clients, world, path, claude: app } = await setUp()
  world.repair = 'off'
  await clients.apply({ client: claude })
  world.processes = []
  expect((await app()).state).toBe('set-up')
  await clients.apply({ client: claude })
  world.processes = ['claude-desktop']
  await clients.undo({ client: claude, now: true })
  await clients.apply({ client: claude, now: true })
  writeFileSync(path, mine)
  world.processes = []
  expect((await app()).state).toBe('needs-repair')
})

test('an uninstaller waits for nobody, and makes nothing that waited', async () => {
  const { clients, world, root, read } = await setUp()
  world.processes = []
  await clients.apply({ client: claude, servers: [github] })
  world.processes = ['claude-desktop']
  await clients.apply({ client: claude })
  const given = await clients.restoreAll()
  expect(given).toMatchObject([{ client: claude, running: true, problem: null }])
  expect(read()).toBe(mine)
  world.processes = []
  await clients.rescan()
  expect(read()).toBe(mine)
  expect(JSON.parse(readFileSync(join(root, 'state', 'ledger.json'), 'utf8'))).toMatchObject({ waiting: {}, files: {} })
})

test('the files-only room of an uninstaller makes nothing that waited', async () => {
  const { clients, root, read } = await setUp()
  await clients.apply({ client: claude })
  await clients.close()
  const paths = { ...createPaths({ env: { HOME: root }, platform: 'linux' }), home: root, clients: join(root, 'state') }
  const { log } = createMemoryLog()
  const files = openFilesOnly({ paths, env: {}, platform: 'linux', version: '1', log })
  expect(await files.api.clients.restoreAll()).toEqual([])
  await files.close()
  expect(read()).toBe(mine)
  expect(existsSync(join(root, 'state', 'ledger.json'))).toBe(true)
})
