import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import { createFileLock } from './file-lock.ts'
import { runInKeyring, startKeyring } from './fixtures/keyring.ts'
import { createMemoryKeychain } from './keychain.ts'
import { createVault } from './vault.ts'

const childScript = join(import.meta.dirname, 'fixtures', 'vault-child.ts')
const crashScript = join(import.meta.dirname, 'fixtures', 'crash-child.ts')

let home: string
let folder: string
let closing: (() => Promise<unknown>)[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'causeway-vault-'))
  folder = join(home, 'app')
  mkdirSync(folder)
  closing = []
})
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  rmSync(home, { recursive: true, force: true })
})

/** A process with a vault; `ask('get', 'name')` gives its answer. */
async function startChild({ env, patienceMs = 20_000 }: { env: Record<string, string>; patienceMs?: number }) {
  const child = spawn(process.execPath, [childScript, folder, String(patienceMs)], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  closing.push(() => kill(child))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value ?? '"ended"') as unknown
  await next()
  return {
    child,
    ask: (...words: string[]) => {
      child.stdin.write(`${words.join(' ')}\n`)
      return next()
    },
  }
}

async function kill(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function openKeyring(mode: 'unlocked' | 'locked', at = home) {
  const keyring = await startKeyring({ home: at, mode })
  let open = true
  const close = async () => {
    if (open) await keyring.close()
    open = false
  }
  closing.push(close)
  return { ...keyring, close }
}

describe.runIf(process.platform === 'linux')('over a real gnome-keyring', () => {
  test('keeps secrets over a restart of app, keyring and D-Bus, with the key in the keyring and nothing plain on disk', async () => {
    const first = await openKeyring('unlocked')
    const { child, ask } = await startChild(first)
    expect(await ask('get', 'refresh')).toBeNull()
    expect(await ask('set', 'refresh', 'canary-4711')).toBeNull()
    expect(await ask('kept')).toBe('keychain')
    await kill(child)
    await first.close()

    const second = await startChild(await openKeyring('unlocked'))
    expect(await second.ask('get', 'refresh')).toBe('canary-4711')
    for (const path of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const full = join(home, path)
      if (/\.(bin|lock|keyring|keystore|log)$/.test(full)) expect(readFileSync(full).includes('canary')).toBe(false)
    }
  })

  test('case 25: a locked keyring keeps the vault and asks; the unlock resumes in the same process', async () => {
    const first = await openKeyring('unlocked')
    const writer = await startChild(first)
    await writer.ask('set', 'refresh', 'r1')
    await kill(writer.child)
    await first.close()
    const before = readFileSync(join(folder, 'vault.bin'))

    const lockedKeyring = await openKeyring('locked')
    const locked = await startChild(lockedKeyring)
    expect(await locked.ask('get', 'refresh')).toEqual({ failed: 'vault.locked' })
    expect(await locked.ask('set', 'refresh', 'r2')).toEqual({ failed: 'vault.locked' })
    expect(await locked.ask('retry')).toMatchObject({ state: 'locked' })
    await lockedKeyring.unlock()
    expect(await locked.ask('retry')).toMatchObject({ state: 'ready', problem: null })
    expect(await locked.ask('get', 'refresh')).toBe('r1')
    expect(readFileSync(join(folder, 'vault.bin'))).toEqual(before)
  })

  test('a keyring that was restarted under the app is said to need a restart, and the vault is kept', async () => {
    const first = await openKeyring('unlocked')
    const writer = await startChild(first)
    await writer.ask('set', 'refresh', 'r1')
    await kill(writer.child)
    await first.close()

    const keyring = await openKeyring('locked')
    const { ask } = await startChild(keyring)
    expect(await ask('get', 'refresh')).toEqual({ failed: 'vault.locked' })
    await keyring.restart()
    expect(await ask('retry')).toMatchObject({
      state: 'locked',
      problem: { detail: expect.stringContaining('quit the app and start it again') },
    })
    expect(existsSync(join(folder, 'vault.bin'))).toBe(true)
  })

  test('starting afresh behind a locked keyring keeps the old vault and goes on in memory', async () => {
    const first = await openKeyring('unlocked')
    const writer = await startChild(first)
    await writer.ask('set', 'refresh', 'r1')
    await kill(writer.child)
    await first.close()

    const locked = await startChild(await openKeyring('locked'))
    expect(await locked.ask('get', 'refresh')).toEqual({ failed: 'vault.locked' })
    await locked.ask('startAfresh')
    expect(await locked.ask('set', 'refresh', 'r2')).toBeNull()
    expect(await locked.ask('get', 'refresh')).toBe('r2')
    expect(await locked.ask('kept')).toBe('memory')
    expect(await locked.ask('state')).toMatchObject({ problem: { code: 'vault.keychain-refused' } })
    expect(readdirSync(folder).filter((name) => name.startsWith('vault.lost-'))).toHaveLength(1)
  })

  test('case 26: without any D-Bus secrets stay in memory, and the package to install is named', async () => {
    const { ask } = await startChild({ env: { PATH: process.env.PATH ?? '', HOME: home } })
    expect(await ask('set', 'refresh', 'r1')).toBeNull()
    expect(await ask('get', 'refresh')).toBe('r1')
    expect(await ask('kept')).toBe('memory')
    expect(await ask('state')).toMatchObject({
      state: 'memory',
      problem: { code: 'vault.no-keychain', detail: expect.stringContaining('gnome-keyring') },
    })
    expect(existsSync(join(folder, 'vault.bin'))).toBe(false)
  })

  test('case 26: another keyring that knows nothing of the vault is no reason for a new one, and the old one opens it again', async () => {
    const first = await openKeyring('unlocked')
    const writer = await startChild(first)
    await writer.ask('set', 'refresh', 'r1')
    await kill(writer.child)
    await first.close()
    const before = readFileSync(join(folder, 'vault.bin'))

    const other = await openKeyring('unlocked', join(home, 'other'))
    const moved = await startChild(other)
    expect(await moved.ask('get', 'refresh')).toEqual({ failed: 'vault.locked' })
    expect(await moved.ask('set', 'refresh', 'r2')).toEqual({ failed: 'vault.locked' })
    expect(readFileSync(join(folder, 'vault.bin'))).toEqual(before)
    await moved.ask('startAfresh')
    expect(await moved.ask('set', 'refresh', 'r2')).toBeNull()
    expect(await moved.ask('kept')).toBe('keychain')
    const asides = readdirSync(folder).filter((name) => name.startsWith('vault.lost-'))
    expect(asides.map((name) => readFileSync(join(folder, name)))).toEqual([before])
  })

  test('case 27: while the keychain hangs the app stays alive, says so, and takes the late answer', async () => {
    const keyring = await openKeyring('unlocked')
    const writer = await startChild(keyring)
    await writer.ask('set', 'refresh', 'r1')
    await kill(writer.child)

    keyring.freeze()
    const { ask } = await startChild({ env: keyring.env, patienceMs: 300 })
    expect(await ask('state')).toMatchObject({ state: 'opening' })
    expect(await ask('beat')).toBe('alive')
    expect(await ask('get', 'refresh')).toEqual({ failed: 'vault.keychain-silent' })
    keyring.thaw()
    await expect.poll(() => ask('state'), { timeout: 20_000 }).toMatchObject({ state: 'ready' })
    expect(await ask('get', 'refresh')).toBe('r1')
  })

  test('case 27: a process can end although the keychain hangs', async () => {
    const keyring = await openKeyring('unlocked')
    const { child, ask } = await startChild(keyring)
    keyring.freeze()
    expect(await ask('state')).toMatchObject({ state: 'opening' })
    const gone = once(child, 'exit')
    child.stdin.end()
    expect(await gone).toEqual([null, 'SIGKILL'])
  })

  test('leaves no process behind', async () => {
    const { stdout } = await runInKeyring({ home }, 'sh', ['-c', 'echo $DBUS_SESSION_BUS_ADDRESS'])
    const address = stdout.trim()
    expect(address).toMatch(/^unix:/)
    const running = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    const environments = running.map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1')
      } catch {
        return '' // ended meanwhile
      }
    })
    expect(environments.filter((environment) => environment.includes(home))).toEqual([])
  })
})

test('a lock ends with its holder, however that dies', async () => {
  const { child, ask } = await startChild({ env: { PATH: process.env.PATH ?? '', HOME: home } })
  expect(await ask('hold')).toBe('held')
  const lockOf = (waitMs: number) =>
    createFileLock({ path: join(folder, 'vault.lock'), log: createMemoryLog().log, waitMs })
  await expect(lockOf(100)(async () => 'in')).rejects.toMatchObject({ code: 'vault.busy' })
  const next = lockOf(20_000)(async () => 'in')
  await kill(child)
  expect(await next).toBe('in')
})

test('cases 21 and 22: killed before, in the middle of and after each step of a write, the vault opens with the old or the new secret', async () => {
  const log = createMemoryLog()
  const openVault = () =>
    createVault({
      folder,
      keychain: createMemoryKeychain(Buffer.alloc(32, 7)),
      log: log.log,
      now: () => new Date(),
      createdBy: 'test',
    })
  const vault = openVault()
  await vault.set('other', 'stays')
  await vault.set('refresh', 'value-0')
  await vault.close()

  const seen = new Set<string>()
  let last = 'value-0'
  for (let step = 1; ; step += 1) {
    const value = `value-${step}`
    const child = spawn(process.execPath, [crashScript, folder, String(step), value], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [code, signal] = await once(child, 'exit')
    const after = openVault()
    const found = await after.get('refresh')
    expect([last, value]).toContain(found)
    expect(await after.get('other')).toBe('stays')
    expect(after.snapshot().problem).toBeNull()
    await after.close()
    expect(readdirSync(folder).filter((name) => !/^vault\.(bin|lock|write\.lock)(-journal)?$/.test(name))).toEqual([])
    seen.add(found === value ? 'new' : 'old')
    last = found ?? ''
    if (signal === null) {
      expect(code).toBe(0)
      expect(found).toBe(value)
      expect(step).toBeGreaterThan(15)
      break
    }
  }
  expect([...seen].sort()).toEqual(['new', 'old'])
}, 120_000)
