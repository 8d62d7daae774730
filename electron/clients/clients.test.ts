import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ClientId, ServerId } from '../../shared/ids.ts'
import type { Problem } from '../../shared/problems.ts'
import { cursor, type Desk, github, iam, openDesk } from './testing.ts'

const desks: Desk[] = []
afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.close()
})
async function setUp(before: string | null, options: Parameters<typeof openDesk>[0] = {}) {
  const desk = await openDesk(options)
  desks.push(desk)
  const path = join(desk.root, '.cursor', 'mcp.json')
  if (before !== null) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, before)
  }
  const read = () => readFileSync(path, 'utf8')
  const entries = async () => Object.fromEntries((await desk.app()).entries.map(({ server, state }) => [server, state]))
  return { ...desk, path, read, entries }
}
const mine = '{\n  // mine\n  "theme": "dark",\n  "mcpServers": { "notes": { "command": "notes" } }\n}\n'
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no problem',
    (error: Problem) => error.code,
  )
const detail = (promise: Promise<unknown>) =>
  promise.then(
    () => '',
    (error: Problem) => error.detail,
  )

test('shows the exact change, makes it, and gives the file back byte for byte', async () => {
  const { clients, path, read, app } = await setUp(mine)
  const preview = await clients.preview({ client: cursor })
  expect(preview.entries).toEqual([
    { server: github, result: 'add' },
    { server: iam, result: 'add' },
  ])
  expect(preview.diff).toContain('+"args": ["github", "--client", "cursor"]'.slice(1, 30))
  expect(preview.diff).toContain('// mine')
  const done = await clients.apply({ client: cursor, token: preview.token })
  expect(done).toMatchObject({ state: 'set-up', installed: true, canUndo: true, configPath: path, toFinish: null })
  expect(read()).toContain('// mine\n  "theme": "dark"')
  expect(read()).toContain('"notes": { "command": "notes" }')
  const back = await clients.previewUndo({ client: cursor })
  expect(back.entries).toEqual([
    { server: github, result: 'remove' },
    { server: iam, result: 'remove' },
  ])
  const undone = await clients.undo({ client: cursor, token: back.token })
  expect(read()).toBe(mine)
  expect(undone).toMatchObject({ state: 'not-set-up', canUndo: false })
  expect((await app()).entries).toEqual([
    { server: github, state: 'absent' },
    { server: iam, state: 'absent' },
  ])
})

test('the written entry is a pinned literal', async () => {
  const { clients, read } = await setUp(null, { ids: [github] })
  await clients.apply({ client: cursor })
  expect(read()).toBe(`{
  "mcpServers": {
    "github": {
      "type": "stdio",
      "command": "/opt/causeway/causeway-bridge",
      "args": [
        "github",
        "--client",
        "cursor"
      ]
    }
  }
}
`)
})

test('a file and a folder that were made for the entry go with it; what came in the meantime stays', async () => {
  const { clients, path, root } = await setUp(null)
  expect((await clients.preview({ client: cursor })).newFile).toBe(true)
  await clients.apply({ client: cursor })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await clients.undo({ client: cursor })
  expect(existsSync(join(root, '.cursor'))).toBe(false)

  await clients.apply({ client: cursor })
  writeFileSync(join(root, '.cursor', 'other.json'), '{}')
  await clients.undo({ client: cursor })
  expect(readdirSync(join(root, '.cursor'))).toEqual(['other.json'])
})

test('undo keeps everything that was added since', async () => {
  const { clients, path, read } = await setUp(mine, { ids: [github] })
  await clients.apply({ client: cursor })
  writeFileSync(path, read().replace('"dark"', '"light"').replace('"notes":', '"mine": { "command": "x" }, "notes":'))
  await clients.undo({ client: cursor })
  expect(read()).toBe(mine.replace('"dark"', '"light"').replace('"notes":', '"mine": { "command": "x" }, "notes":'))
})

test('undo keeps a file we made once somebody else’s entry is in it', async () => {
  const { clients, path, read } = await setUp(null, { ids: [github] })
  await clients.apply({ client: cursor })
  writeFileSync(path, read().replace('"mcpServers": {', '"mcpServers": {\n    "mine": { "command": "x" },'))
  await clients.undo({ client: cursor })
  expect(read()).toBe('{\n  "mcpServers": {\n    "mine": { "command": "x" }\n  }\n}\n')
})

test('undo removes a file we made when a person only reformatted it', async () => {
  const { clients, path, read } = await setUp(null, { ids: [github] })
  await clients.apply({ client: cursor })
  writeFileSync(path, JSON.stringify(JSON.parse(read())))
  await clients.undo({ client: cursor })
  expect(existsSync(path)).toBe(false)
})

test('a file that changed after the preview is not written', async () => {
  const { clients, path, read } = await setUp(mine)
  const { token } = await clients.preview({ client: cursor })
  writeFileSync(path, `${mine} `)
  expect(await code(clients.apply({ client: cursor, token }))).toBe('clients.changed-meanwhile')
  expect(read()).toBe(`${mine} `)
})

test.each([
  ['broken syntax', '{\n  "a": 1,\n  "b" 2\n}\n', 'line 3: it is not valid for this client (a colon is missing)'],
  ['an array as root', '[]\n', 'line 1: its outermost value is not an object'],
  ['a container that is a list', '{\n  "mcpServers": []\n}', 'line 2: the place for servers holds something else'],
  ['a container that is null', '{\n  "mcpServers": null\n}', 'line 2: the place for servers holds something else'],
  ['the container twice', '{\n  "mcpServers": {},\n  "mcpServers": {}\n}', 'line 3: the same key stands there twice'],
  ['our name twice', '{"mcpServers": {"github": {},\n"git\\u0068ub": {}}}', 'line 2: the same key stands there twice'],
  ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), 'it is not UTF-8 text'],
  ['Latin-1', Buffer.from('{"a": "caf\xe9"}', 'latin1'), 'it is not UTF-8 text'],
  ['a thousand levels too deep', '['.repeat(200_000), 'it is nested too deeply'],
])('refuses %s, says where, and leaves every byte', async (_, before, reason) => {
  const { clients, path, app } = await setUp('')
  writeFileSync(path, before)
  const bytes = readFileSync(path)
  const state = await app()
  expect(state).toMatchObject({ state: 'unreadable', problem: { code: 'clients.unreadable', remedy: 'open-file' } })
  expect(state.problem?.detail).toBe(`${path}: ${reason}`)
  expect(await code(clients.apply({ client: cursor }))).toBe('clients.unreadable')
  expect(await detail(clients.preview({ client: cursor }))).toBe(`${path}: ${reason}`)
  expect(readFileSync(path)).toEqual(bytes)
})

test.each([
  ['kiro', '.kiro/settings/mcp.json', '{\n  // mine\n}', 'line 2', 'a comment, which it does not read'],
  [
    'kiro',
    '.kiro/settings/mcp.json',
    '{\n  "a": [1,\n  ]}',
    'line 3',
    'a comma behind the last value, which it does not read',
  ],
  [
    'gemini-cli',
    '.gemini/settings.json',
    '{\n  "a": 1, // x,\n}',
    'line 3',
    'a comma behind the last value, which it does not read',
  ],
  ['cursor', '.cursor/mcp.json', '{ "a": "x\n" }', 'line 1', 'a text without its closing quote'],
  ['codex', '.codex/config.toml', 'a = 1\n[b\n', 'line 3', ''],
  ['goose', '.config/goose/config.yaml', 'a: 1\nb: "x\n', 'line 3', ''],
])('says what %s stumbles over in %s', async (id, file, text, line, hint) => {
  const { clients, root } = await setUp(null)
  const path = join(root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  const said = await detail(clients.preview({ client: ClientId.parse(id) }))
  expect(said).toContain(`${path}: ${line}: it is not valid for this client (${hint}`)
  if (!hint) expect(said).toMatch(/\([a-z“"[].{5,}[^.:]\)$/)
})

test('refuses a pipe and a folder without waiting for them', async () => {
  const { clients, path, app } = await setUp('')
  rmSync(path)
  execFileSync('/usr/bin/mkfifo', [path])
  expect((await app()).problem?.detail).toBe(`${path}: it is not a file`)
  rmSync(path)
  mkdirSync(path)
  expect(await code(clients.apply({ client: cursor }))).toBe('clients.unreadable')
})

test.each(['', ' \n\t\n'])('a file of nothing but white space (%j) is a new file', async (before) => {
  const { clients, read } = await setUp(before, { ids: [github] })
  await clients.apply({ client: cursor })
  expect(read()).toMatch(/^{\n {2}"mcpServers": {\n/)
  await clients.undo({ client: cursor })
  expect(read()).toBe(before)
})

test('tells drift, conflict, loss and outdated entries apart', async () => {
  const { clients, path, read, entries, world, app } = await setUp(
    '{ "mcpServers": { "iam": { "url": "https://x" } } }',
  )
  expect(await entries()).toEqual({ github: 'absent', iam: 'conflict' })
  expect((await app()).state).toBe('not-set-up')
  await clients.apply({ client: cursor })
  expect(await entries()).toEqual({ github: 'written', iam: 'conflict' })
  expect((await app()).state).toBe('needs-repair')
  writeFileSync(path, read().replace('/opt/causeway/causeway-bridge', '/home/me/wrapper'))
  expect(await entries()).toEqual({ github: 'drift', iam: 'conflict' })
  writeFileSync(path, '{ "mcpServers": {} }')
  expect(await entries()).toEqual({ github: 'lost', iam: 'absent' })
  await clients.apply({ client: cursor })
  expect(await entries()).toEqual({ github: 'written', iam: 'written' })
  expect((await app()).state).toBe('set-up')
  world.bridge = '/opt/new/causeway-bridge'
  expect(await entries()).toEqual({ github: 'outdated', iam: 'outdated' })
  await clients.apply({ client: cursor })
  expect(read()).not.toContain('/opt/causeway')
  expect(await entries()).toEqual({ github: 'written', iam: 'written' })
})

test('a hand-edited entry and a stranger of the same name stay, unless a person says otherwise', async () => {
  const before = '{ "mcpServers": { "iam": { "url": "https://x" } } }'
  const { clients, path, read, entries } = await setUp(before)
  await clients.apply({ client: cursor })
  const edited = read().replace('/opt/causeway/causeway-bridge', '/home/me/wrapper')
  writeFileSync(path, edited)
  expect((await clients.preview({ client: cursor })).diff).toBe('')
  await clients.apply({ client: cursor })
  expect(read()).toBe(edited)
  await clients.apply({ client: cursor, overwrite: true })
  expect(await entries()).toEqual({ github: 'written', iam: 'written' })
  expect(read()).not.toContain('url')
  await clients.undo({ client: cursor })
  expect(read()).toBe('{ "mcpServers": {} }')
})

test('undo leaves an entry that a person gave another command, and takes one that still starts ours', async () => {
  const { clients, path, read } = await setUp('{ "mcpServers": {} }\n')
  await clients.apply({ client: cursor })
  const edited = read()
    .replace('"github",', '"github", "--debug",')
    .replace(/("iam": \{"type": "stdio", "command": )"[^"]+"/, '$1"mine"')
  expect(edited).toContain('"mine"')
  writeFileSync(path, edited)
  const { entries } = await clients.previewUndo({ client: cursor })
  expect(entries).toEqual([
    { server: github, result: 'remove' },
    { server: iam, result: 'drift' },
  ])
  await clients.undo({ client: cursor })
  expect(read()).toContain('"mine"')
  expect(read()).not.toContain('github')
})

test('an entry of a server that is no longer assigned goes with the next change, but signing out takes nothing', async () => {
  const { clients, read, world, entries } = await setUp('{ "mcpServers": {} }\n')
  await clients.apply({ client: cursor })
  world.ids = []
  expect(await entries()).toEqual({ github: 'written', iam: 'written' })
  expect((await clients.preview({ client: cursor })).diff).toBe('')
  world.ids = [github]
  expect(await entries()).toEqual({ github: 'written', iam: 'outdated' })
  await clients.apply({ client: cursor })
  expect(read()).not.toContain('iam')
})

test('only the chosen servers are written', async () => {
  const { clients, entries, app } = await setUp(mine)
  await clients.apply({ client: cursor, servers: [iam] })
  expect(await entries()).toEqual({ github: 'absent', iam: 'written' })
  expect((await app()).state).toBe('partly')
})

test('keeps a dated copy of the file before every write, for its owner only', async () => {
  const { clients, path, root } = await setUp(mine)
  await clients.apply({ client: cursor, servers: [github] })
  await clients.apply({ client: cursor })
  const kept = await clients.backups({ client: cursor })
  expect(kept).toHaveLength(2)
  expect(kept[1]).toMatchObject({ client: cursor, path, bytes: mine.length })
  const folder = join(root, 'state', 'backups', 'cursor')
  expect(readFileSync(join(folder, `${kept[1]?.id}.bak`), 'utf8')).toBe(mine)
  expect(statSync(join(folder, `${kept[1]?.id}.bak`)).mode & 0o777).toBe(0o600)
})

test('writes through a symlink to its target, and keeps mode and link', async () => {
  const { clients, path, root, read } = await setUp('')
  rmSync(path)
  const target = join(root, 'dotfiles', 'cursor.json')
  mkdirSync(dirname(target))
  writeFileSync(target, mine)
  chmodSync(target, 0o640)
  symlinkSync('../dotfiles/cursor.json', path)
  await clients.apply({ client: cursor })
  expect(lstatSync(path).isSymbolicLink()).toBe(true)
  expect(statSync(target).mode & 0o777).toBe(0o640)
  expect(readFileSync(target, 'utf8')).toBe(read())
  expect(read()).toContain('github')
  expect(readdirSync(dirname(target))).toEqual(['cursor.json'])
})

test('a file marked read-only stays as it is', async () => {
  const { clients, path, read } = await setUp(mine)
  chmodSync(path, 0o444)
  expect(await code(clients.apply({ client: cursor }))).toBe('clients.not-writable')
  expect(read()).toBe(mine)
})

test('what another program writes while we write is not lost, and nothing of ours is half in', async () => {
  const other = mine.replace('"dark"', '"light"')
  const { clients, path, read, entries } = await setUp(mine, {
    write: async (handle, bytes) => {
      await handle.writeFile(bytes)
      writeFileSync(path, other)
    },
  })
  expect(await code(clients.apply({ client: cursor }))).toBe('clients.changed-meanwhile')
  expect(read()).toBe(other)
  expect(readdirSync(dirname(path))).toEqual(['mcp.json'])
  expect(await entries()).toEqual({ github: 'absent', iam: 'absent' })
})

test('a file that another program makes while we make it is not lost either', async () => {
  const { clients, path, read } = await setUp(null, {
    write: async (handle, bytes) => {
      await handle.writeFile(bytes)
      writeFileSync(path, mine)
    },
  })
  expect(await code(clients.apply({ client: cursor }))).toBe('clients.changed-meanwhile')
  expect(read()).toBe(mine)
})

test('a disk that fills up while writing costs nothing', async () => {
  const { clients, path, read, entries } = await setUp(mine, {
    write: async (handle, bytes) => {
      await handle.write(bytes.subarray(0, 10))
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    },
  })
  expect(await code(clients.apply({ client: cursor }))).toBe('clients.disk-full')
  expect(read()).toBe(mine)
  expect(readdirSync(dirname(path))).toEqual(['mcp.json'])
  expect(await entries()).toEqual({ github: 'absent', iam: 'absent' })
})

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'a file system that is really full costs nothing',
  async () => {
    const { clients, path, read } = await setUp('')
    const folder = dirname(path)
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
    try {
      writeFileSync(path, `${mine}${' '.repeat(40_000)}`)
      const before = read()
      expect(await code(clients.apply({ client: cursor }))).toBe('clients.disk-full')
      expect(read()).toBe(before)
      expect(readdirSync(folder)).toEqual(['mcp.json'])
    } finally {
      execFileSync('/usr/bin/umount', [folder])
    }
  },
)

test('a ledger that cannot be read is set aside and said; entries are then not taken for ours', async () => {
  const { clients, root, open, path } = await setUp(mine)
  await clients.apply({ client: cursor })
  const written = readFileSync(path, 'utf8')
  await clients.close()
  writeFileSync(join(root, 'state', 'ledger.json'), '{"version": 1, "files": ')
  const again = open()
  try {
    const app = (await again.rescan()).find(({ id }) => id === cursor)
    expect(app?.entries.map(({ state }) => state)).toEqual(['conflict', 'conflict'])
    expect(app?.problem?.code).toBe('clients.ledger-set-aside')
    expect(readdirSync(join(root, 'state')).filter((name) => name.startsWith('ledger.unreadable-'))).toHaveLength(1)
    await again.undo({ client: cursor })
    expect(readFileSync(path, 'utf8')).toBe(written)
    const adopted = await again.apply({ client: cursor })
    expect(adopted).toMatchObject({ state: 'set-up', canUndo: true, problem: null })
    await again.undo({ client: cursor })
    expect(readFileSync(path, 'utf8')).toBe(mine)
  } finally {
    await again.close()
  }
})

test('what was written is known again after a restart', async () => {
  const { clients, open, read } = await setUp(mine)
  await clients.apply({ client: cursor })
  await clients.close()
  const again = open()
  try {
    expect((await again.rescan()).find(({ id }) => id === cursor)?.state).toBe('set-up')
    await again.undo({ client: cursor })
    expect(read()).toBe(mine)
  } finally {
    await again.close()
  }
})

test('asks to restart an app that was running, only while that is true', async () => {
  const { clients, world, app } = await setUp(mine)
  world.processes = ['cursor']
  expect((await clients.apply({ client: cursor })).toFinish).toBe('Restart Cursor')
  world.processes = []
  expect((await app()).toFinish).toBe(null)
  world.processes = ['cursor']
  expect((await app()).toFinish).toBe(null)
})

test('a first initialize by the app after the change ends the request to restart it', async () => {
  const { clients, world, app } = await setUp(mine)
  world.processes = ['cursor']
  await clients.apply({ client: cursor })
  const at = new Date(world.now + 1000).toISOString()
  clients.seen({ client: cursor, stage: 'initialize', at })
  expect(await app()).toMatchObject({ toFinish: null, proof: { bridgeAt: null, initializeAt: at, callAt: null } })
})

test('that an app works with us is no reason to look at all the others', async () => {
  const { clients, world } = await setUp(mine)
  await clients.snapshot()
  const heard = vi.fn()
  clients.changed(heard)
  const looks = world.looks
  const at = new Date(world.now + 1000).toISOString()
  clients.seen({ client: cursor, stage: 'call', at })
  await expect.poll(() => heard.mock.calls.length, { timeout: 20_000 }).toBe(1)
  expect((await clients.snapshot()).find(({ id }) => id === cursor)?.proof.callAt).toBe(at)
  expect(world.looks).toBe(looks)
})

test('what a running app undid is put back once it has quit', async () => {
  const { clients, world, app, path, read, lines } = await setUp(mine)
  world.processes = ['cursor']
  await clients.apply({ client: cursor })
  const written = read()
  writeFileSync(path, mine)
  expect((await app()).state).toBe('needs-repair')
  world.processes = []
  expect((await app()).state).toBe('set-up')
  expect(read()).toBe(written)
  expect(lines.join()).toContain('client.repaired')
})

test('where policy says so, lost entries come back, counted and with their cause', async () => {
  const { clients, world, app, path, read } = await setUp(mine)
  await clients.apply({ client: cursor })
  const written = read()
  writeFileSync(path, mine)
  expect(await app()).toMatchObject({ state: 'needs-repair' })
  expect((await app()).repairs).toBeUndefined()
  world.repair = 'auto'
  expect(await app()).toMatchObject({ state: 'set-up', repairs: { week: 1, cause: 'file-rewritten' } })
  expect(read()).toBe(written)
  rmSync(path)
  expect((await app()).repairs).toMatchObject({ week: 2, cause: 'file-deleted' })
  world.processes = ['cursor']
  await app() // a look that was under way still saw nothing running
  writeFileSync(path, mine)
  expect((await app()).repairs).toMatchObject({ week: 3, cause: 'app-rewrote' })
  world.now += 8 * 24 * 3600 * 1000
  expect((await app()).repairs).toBeUndefined()
})

test('an edited entry is never repaired over, and a fight is left after five rounds', async () => {
  const { clients, world, app, path, read } = await setUp(mine)
  world.repair = 'auto'
  await clients.apply({ client: cursor })
  const edited = read().replace('/opt/causeway/causeway-bridge', '/mine')
  writeFileSync(path, edited)
  expect((await app()).state).toBe('needs-repair')
  expect(read()).toBe(edited)
  for (let round = 1; round <= 5; round++) {
    writeFileSync(path, mine)
    expect((await app()).state).toBe('set-up')
  }
  writeFileSync(path, mine)
  expect(await app()).toMatchObject({ state: 'needs-repair', repairs: { week: 5 } })
  expect(read()).toBe(mine)
})

test('a file that cannot be read is not repaired', async () => {
  const { clients, world, app, path, read } = await setUp(mine)
  world.repair = 'auto'
  await clients.apply({ client: cursor })
  writeFileSync(path, '{ "mcpServers": ')
  expect((await app()).state).toBe('unreadable')
  expect(read()).toBe('{ "mcpServers": ')
})

test('proof outlives a restart', async () => {
  const { clients, open } = await setUp(mine)
  clients.seen({ client: cursor, stage: 'call', at: '2026-11-20T09:00:00.000Z' })
  clients.seen({ client: null, stage: 'call', at: '2026-11-20T09:00:00.000Z' })
  await clients.close()
  const again = open()
  try {
    const app = (await again.rescan()).find(({ id }) => id === cursor)
    expect(app?.proof).toEqual({ bridgeAt: null, initializeAt: null, callAt: '2026-11-20T09:00:00.000Z' })
  } finally {
    await again.close()
  }
})

test('sees a change of the file by itself, also when it is replaced as a whole', async () => {
  const { clients, path, root, app } = await setUp(mine)
  await clients.apply({ client: cursor })
  const heard = vi.fn()
  clients.changed(heard)
  for (const [text, state] of [
    [mine, 'needs-repair'],
    ['{ not json', 'unreadable'],
    [mine, 'needs-repair'],
  ] as const) {
    writeFileSync(join(root, 'next'), text)
    renameSync(join(root, 'next'), path)
    await expect
      .poll(async () => (await clients.snapshot()).find(({ id }) => id === cursor)?.state, { timeout: 20_000 })
      .toBe(state)
  }
  expect(heard).toHaveBeenCalled()
  expect((await app()).id).toBe(cursor)
}, 60_000)

test('a change of the assigned servers is seen', async () => {
  const { clients, world, tellServers } = await setUp(mine)
  await clients.apply({ client: cursor })
  world.ids = [github, iam, ServerId.parse('pdf')]
  tellServers()
  await expect
    .poll(async () => (await clients.snapshot()).find(({ id }) => id === cursor)?.state, { timeout: 20_000 })
    .toBe('partly')
})

test('gives every file back at once, and goes on past one that it cannot', async () => {
  const { clients, root, path, read } = await setUp(mine)
  const codex = ClientId.parse('codex')
  mkdirSync(join(root, '.codex'))
  const toml = join(root, '.codex', 'config.toml')
  writeFileSync(toml, 'model = "x"\n')
  await clients.apply({ client: cursor })
  await clients.apply({ client: codex })
  writeFileSync(path, '{ broken')
  const results = await clients.restoreAll()
  expect(results.map(({ client, problem }) => [client, problem?.code ?? null])).toEqual([
    [cursor, 'clients.unreadable'],
    [codex, null],
  ])
  expect(readFileSync(toml, 'utf8')).toBe('model = "x"\n')
  expect(read()).toBe('{ broken')
})

test('names an app it does not know, and one that this platform does not have', async () => {
  const { clients } = await setUp(null)
  expect(await code(clients.preview({ client: ClientId.parse('emacs') }))).toBe('clients.unknown')
  expect(await code(clients.apply({ client: ClientId.parse('boltai') }))).toBe('clients.unsupported')
})

test('a copy shows how the file would differ, comes back, and leaves the present file as a new copy', async () => {
  const { clients, path, read, app } = await setUp(mine, { ids: [github] })
  await clients.apply({ client: cursor })
  const written = read()
  const [copy] = await clients.backups({ client: cursor })
  const backup = copy?.id ?? ''
  const { diff, token, entries } = await clients.previewRestore({ client: cursor, backup })
  expect(diff).toMatch(/^-.*"github"/m)
  expect(entries).toEqual([{ server: 'github', result: 'remove' }])
  writeFileSync(path, `${written} `)
  expect(await code(clients.restore({ client: cursor, backup, token }))).toBe('clients.changed-meanwhile')
  await clients.restore({ client: cursor, backup })
  expect(read()).toBe(mine)
  expect((await app()).entries).toEqual([{ server: 'github', state: 'absent' }])
  expect(await clients.backups({ client: cursor })).toHaveLength(2)
})

test('a copy that holds our entry makes it ours again, so that undo takes it out', async () => {
  const { clients, path, read, entries } = await setUp(mine, { ids: [github] })
  await clients.apply({ client: cursor })
  const written = read()
  writeFileSync(path, `${written} `)
  await clients.undo({ client: cursor })
  const copies = await clients.backups({ client: cursor })
  const backup = copies[0]?.id ?? ''
  await clients.restore({ client: cursor, backup })
  expect(read()).toBe(`${written} `)
  expect(await entries()).toEqual({ github: 'written' })
  expect((await clients.previewRestore({ client: cursor, backup })).diff).toBe('')
  await clients.undo({ client: cursor })
  expect(read()).not.toContain('github')
})

test('a copy that is gone or damaged is said, and nothing is written', async () => {
  const { clients, read, root } = await setUp(mine, { ids: [github] })
  await clients.apply({ client: cursor })
  const written = read()
  const [copy] = await clients.backups({ client: cursor })
  writeFileSync(join(root, 'state', 'backups', 'cursor', `${copy?.id}.bak`), 'other')
  expect(await code(clients.restore({ client: cursor, backup: copy?.id ?? '' }))).toBe('clients.no-backup')
  expect(await code(clients.previewRestore({ client: cursor, backup: '../../x' }))).toBe('clients.no-backup')
  expect(read()).toBe(written)
})

describe('an app that IT manages', () => {
  const claude = ClientId.parse('claude-code')
  async function managed(name: string, content: unknown) {
    const desk = await setUp(null, { ids: [github] })
    const folder = join(desk.root, 'system', 'etc', 'claude-code')
    mkdirSync(folder, { recursive: true })
    mkdirSync(join(desk.root, '.claude'))
    writeFileSync(join(folder, name), JSON.stringify(content))
    const app = async () => (await desk.clients.rescan()).find(({ id }) => id === claude)
    return { ...desk, app, folder, file: join(desk.root, '.claude.json') }
  }

  test('is not written where only IT’s servers count, and says so', async () => {
    const { clients, app, file } = await managed('managed-mcp.json', { mcpServers: {} })
    expect((await app())?.policy).toMatchObject({ verdict: 'managed-only', servers: ['github'] })
    expect(await code(clients.preview({ client: claude }))).toBe('clients.policy-forbids')
    expect(await code(clients.apply({ client: claude }))).toBe('clients.policy-forbids')
    expect(existsSync(file)).toBe(false)
  })

  test('is written, and told before and after, where a list does not name our servers', async () => {
    const { clients, file } = await managed('managed-settings.json', { allowedMcpServers: [] })
    const { policy, token } = await clients.preview({ client: claude })
    expect(policy).toMatchObject({ verdict: 'blocked', servers: ['github'] })
    expect((await clients.apply({ client: claude, token })).policy?.rule?.text).toContain('causeway-bridge')
    expect(existsSync(file)).toBe(true)
  })

  test('keeps nothing of ours once IT takes over: undo still gives the file back', async () => {
    const { clients, world, file, folder, app } = await managed('managed-settings.json', {})
    await clients.apply({ client: claude })
    writeFileSync(join(folder, 'managed-mcp.json'), '{}')
    world.repair = 'auto'
    writeFileSync(file, '{}')
    expect((await app())?.entries).toEqual([{ server: 'github', state: 'lost' }])
    expect(readFileSync(file, 'utf8')).toBe('{}')
    await clients.undo({ client: claude })
    expect((await app())?.canUndo).toBe(false)
  })
})

test('Cline’s own lock is held while its file is written, and given back', async () => {
  const cline = ClientId.parse('cline')
  const held: boolean[] = []
  const lock = () => join(desk.root, '.cline', 'data', 'settings', 'cline_mcp_settings.json.lock')
  const desk = await setUp(null, {
    ids: [github],
    write: (handle, bytes) => {
      held.push(existsSync(lock()))
      return handle.writeFile(bytes)
    },
  })
  mkdirSync(join(desk.root, '.cline', 'data', 'settings'), { recursive: true })
  await desk.clients.apply({ client: cline })
  expect(held).toEqual([true])
  expect(existsSync(lock())).toBe(false)
})

test.each([
  ['codex', '.codex/config.toml', 'model = "x"\n\n\n'],
  ['codex', '.codex/config.toml', 'model = "x"'],
  ['goose', '.config/goose/config.yaml', 'extensions: {}'],
])('undo after another edit gives %s the end of its file back as well', async (id, file, before) => {
  const { clients, root } = await setUp(null)
  const path = join(root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, before)
  await clients.apply({ client: ClientId.parse(id) })
  writeFileSync(path, `# mine\n${readFileSync(path, 'utf8')}`)
  await clients.undo({ client: ClientId.parse(id) })
  expect(readFileSync(path, 'utf8')).toBe(`# mine\n${before}`)
})
