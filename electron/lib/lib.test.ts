import { execFile } from 'node:child_process'
import { type FileHandle, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findFile, writeAtomic } from './atomic-file.ts'
import { ensureBridgeCommand } from './bridge-command.ts'
import { createFileLog, createMemoryLog } from './log.ts'
import { createPaths } from './paths.ts'
import { createSecret } from './secret.ts'
import { createSignal } from './signal.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lib-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('case 55: a line of the log is one line of JSON, whatever remote text is in it', () => {
  const { log, lines } = createMemoryLog()
  log
    .child('bridge')
    .info('tool.called', { tool: 'x\n{"level":"error"}\u001b[31m\u202e', nested: { deep: ['a\u2028b'] } })
  expect(lines).toHaveLength(1)
  expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\u202e\u2028]/u)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ room: 'bridge', event: 'tool.called' })
})

test.each([
  ['a JWT', 'got eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.canary-signature'],
  ['a bearer header', 'authorization: Bearer canary-0123456789'],
  ['a code in a query', 'GET /callback?code=canary-0123456789&state=canary-0123456789'],
  ['a refresh token in a form', 'refresh_token=canary-0123456789'],
])('%s is not written, even where somebody logs it', (_what, text) => {
  const { log, lines } = createMemoryLog()
  log.error('request.failed', { text, error: new Error(text) })
  expect(lines.join('')).not.toContain('canary')
  expect(lines.join('')).toContain('[secret]')
})

test('a secret shows itself to nobody who does not ask for it', async () => {
  const secret = createSecret('canary')
  const { log, lines } = createMemoryLog()
  log.info('x', { secret })
  expect(`${secret} ${JSON.stringify({ secret })} ${lines.join('')}`).not.toContain('canary')
  expect((await import('node:util')).inspect({ secret })).not.toContain('canary')
  expect(secret.reveal()).toBe('canary')
})

test('the log file is the owner’s alone', async () => {
  const { log, close } = createFileLog({ folder, name: 'app' })
  log.info('app.started', {})
  await close()
  expect((await stat(join(folder, 'app.log'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(folder, 'app.log'), 'utf8')).toContain('app.started')
})

test('an absent file is null; an unreadable one is an error, not null', async () => {
  expect(await findFile(join(folder, 'none'))).toBeNull()
  await symlink(folder, join(folder, 'loop'))
  await expect(findFile(join(folder, 'loop'))).rejects.toMatchObject({ code: 'EISDIR' })
})

test('an atomic write replaces the bytes and keeps them the owner’s', async () => {
  const path = join(folder, 'a.json')
  await writeFile(path, 'old')
  await writeAtomic(path, 'new')
  expect(await readFile(path, 'utf8')).toBe('new')
  await writeAtomic(join(folder, 'b.json'), Buffer.from('b'))
  expect((await stat(join(folder, 'b.json'))).mode & 0o777).toBe(0o600)
})

test('a write that fails half way leaves the old bytes and nothing beside them', async () => {
  const path = join(folder, 'a.json')
  await writeFile(path, 'old')
  const full = async (handle: FileHandle) => {
    await handle.write('ne')
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
  }
  await expect(writeAtomic(path, 'new', { write: full })).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(await readFile(path, 'utf8')).toBe('old')
  expect(await readdir(folder)).toEqual(['a.json'])
})

test('all state lies under CAUSEWAY_HOME where that is set, else where the system keeps it', () => {
  const at = (env: Record<string, string>, platform: NodeJS.Platform) => createPaths({ env, platform }).data
  expect(at({ HOME: '/home/ana', CAUSEWAY_HOME: '/x' }, 'linux')).toBe('/x')
  expect(at({ HOME: '/home/ana' }, 'linux')).toBe('/home/ana/.local/share/causeway')
  expect(at({ HOME: '/home/ana', XDG_DATA_HOME: '/d' }, 'linux')).toBe('/d/causeway')
  expect(at({ HOME: '/Users/ana' }, 'darwin')).toBe('/Users/ana/Library/Application Support/Causeway')
})

test('a listener that throws does not keep the news from the others, and one that left hears nothing', async () => {
  const uncaught: unknown[] = []
  const keep = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const note = (error: unknown) => uncaught.push(error)
  process.on('uncaughtException', note)
  const signal = createSignal<number>()
  const seen: number[] = []
  signal.on(() => {
    throw new Error('bug')
  })
  const off = signal.on((value) => seen.push(value))
  signal.emit(1)
  off()
  signal.emit(2)
  await new Promise((resolve) => setTimeout(resolve))
  process.off('uncaughtException', note)
  for (const listener of keep) process.on('uncaughtException', listener)
  expect(seen).toEqual([1])
  expect(uncaught).toHaveLength(2)
})

test('pain 13: the command in a client’s file survives quotes and blanks in paths, and a moved Node', async () => {
  const script = join(folder, "it's a script.cjs")
  await writeFile(script, 'console.log(JSON.stringify(process.argv.slice(2)))')
  const native = join(folder, 'none')
  const { platform, execPath: node } = process
  const needs = { platform, dataFolder: folder, installed: null, native, node, script }
  const { command } = await ensureBridgeCommand(needs)
  const { stdout } = await promisify(execFile)(command, ['github', '--client', 'a b'])
  expect(JSON.parse(stdout)).toEqual(['github', '--client', 'a b'])
  const again = await ensureBridgeCommand({ ...needs, node: '/elsewhere/node' })
  expect(again.command).toBe(command)
  expect(await readFile(command, 'utf8')).toContain('/elsewhere/node')
})

test('a clone with a native bridge has a copy of it in the same place, and takes over each new one', async () => {
  const native = join(folder, 'native')
  const needs = { platform: process.platform, dataFolder: folder, installed: null, native, node: '/node', script: '/b' }
  const launcher = await ensureBridgeCommand(needs)
  expect(launcher.build).toBe('Node')
  expect(await readFile(launcher.command, 'utf8')).toContain("exec '/node' --preserve-symlinks-main '/b'")

  for (const version of ['1', '2']) {
    await writeFile(native, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
    expect(await ensureBridgeCommand(needs)).toEqual({ ...launcher, build: 'native' })
    const { stdout } = await promisify(execFile)(launcher.command, ['--version'])
    expect(stdout).toBe(`${version}\n`)
  }
  const { ino } = await stat(launcher.command)
  await ensureBridgeCommand(needs)
  expect((await stat(launcher.command)).ino).toBe(ino) // what is the same is left alone
  await rm(native)
  await ensureBridgeCommand(needs)
  expect(await readFile(launcher.command, 'utf8')).toContain("exec '/node' --preserve-symlinks-main '/b'")
})

test('a native bridge that this machine cannot run is not used', async () => {
  const native = join(folder, 'native')
  await writeFile(native, Buffer.from('\x7fELF of another machine'), { mode: 0o755 })
  const needs = { platform: process.platform, dataFolder: folder, installed: null, native, node: '/node', script: '/b' }
  const { command, build } = await ensureBridgeCommand(needs)
  expect(build).toBe('Node')
  expect(await readFile(command, 'utf8')).toContain("exec '/node' --preserve-symlinks-main '/b'")
})

test('Windows replaces no bridge that runs: the one before stays, and the next start takes over the new one', async () => {
  const native = join(folder, 'native')
  const needs = { platform: 'win32', dataFolder: folder, installed: null, native, node: 'node', script: 'b' } as const
  await writeFile(native, '#!/bin/sh\necho 1\n', { mode: 0o755 })
  const { command, args } = await ensureBridgeCommand(needs)
  expect({ command, args }).toEqual({ command: join(folder, 'bin', 'causeway-bridge.exe'), args: [] })
  await writeFile(native, '#!/bin/sh\necho 2\n', { mode: 0o755 })
  const write = () => Promise.reject(new Error('EBUSY'))
  expect(await ensureBridgeCommand({ ...needs, write })).toEqual({ build: 'native', command, args })
  expect(await readFile(command, 'utf8')).toContain('echo 1')
  await ensureBridgeCommand(needs)
  expect(await readFile(command, 'utf8')).toContain('echo 2')
  await expect(ensureBridgeCommand({ ...needs, dataFolder: join(folder, 'new'), write })).rejects.toThrow('EBUSY')
})

test('pain 11, pain 12: an installed bridge is named as it is; on Windows Node and script are named themselves', async () => {
  const native = join(folder, 'none')
  const needs = { dataFolder: folder, native, node: 'C:\\node.exe', script: 'C:\\b.cjs' }
  const installed = join(folder, 'causeway-bridge')
  await writeFile(installed, '')
  expect(await ensureBridgeCommand({ ...needs, platform: 'linux', installed })).toEqual({
    build: 'native',
    command: installed,
    args: [],
  })
  expect(await ensureBridgeCommand({ ...needs, platform: 'win32', installed: null })).toEqual({
    build: 'Node',
    command: 'C:\\node.exe',
    args: ['C:\\b.cjs'],
  })
})
