import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { VaultState } from '../../shared/contract/vault.ts'
import { writeAtomic } from '../lib/atomic-file.ts'
import { createMemoryLog } from '../lib/log.ts'
import { encode } from './envelope.ts'
import { createMemoryKeychain, type Keychain, type KeychainAnswer } from './keychain.ts'
import { createVault } from './vault.ts'

const key = Buffer.alloc(32, 7)
const by = { createdBy: 'test', backend: 'memory' }
// Every write is synced to the disk: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 30_000 })

let folder: string
let file: string
let opened: { close: () => Promise<void> }[]
let lines: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-vault-'))
  file = join(folder, 'vault.bin')
  opened = []
})
afterEach(async () => {
  for (const vault of opened) await vault.close()
  rmSync(folder, { recursive: true })
})

type Options = Partial<Parameters<typeof createVault>[0]>
function openVault(options: Options = {}) {
  const memory = createMemoryLog()
  lines = memory.lines
  const vault = createVault({
    folder,
    keychain: createMemoryKeychain(key),
    log: memory.log,
    now: () => new Date('2026-11-20T10:11:12Z'),
    createdBy: 'test',
    retryWriteMs: 5,
    ...options,
  })
  opened.push(vault)
  return vault
}

/** A keychain that gives these answers, the last one for ever, and counts the questions. */
function answering(...answers: KeychainAnswer[]) {
  const keychain = {
    ...createMemoryKeychain(),
    asked: 0,
    get: async (): Promise<KeychainAnswer> => {
      keychain.asked += 1
      const [next] = answers.length > 1 ? answers.splice(0, 1) : answers
      return next?.state === 'ok' ? { ...next, key: Buffer.from(next.key) } : (next ?? locked)
    },
  }
  return keychain
}
const locked: KeychainAnswer = { state: 'absent', reason: 'null' }
const unavailable: KeychainAnswer = { state: 'unavailable', reason: 'No D-Bus. Install gnome-keyring.' }
const ok: KeychainAnswer = { state: 'ok', key }

async function fill(secrets: Record<string, string>) {
  const vault = openVault()
  for (const [name, value] of Object.entries(secrets)) await vault.set(name, value)
  await vault.close()
}
const asides = () => readdirSync(folder).filter((name) => name.startsWith('vault.lost-'))
const problemOf = (vault: { snapshot: () => VaultState }) => vault.snapshot().problem?.code

describe('with a keychain', () => {
  test('asks it nothing before the first question, and never more than once at a time', async () => {
    const keychain = answering(ok)
    const vault = openVault({ keychain })
    expect(keychain.asked).toBe(0)
    expect(vault.snapshot()).toEqual({ state: 'opening', backend: 'keychain', problem: null })
    await Promise.all([vault.get('a'), vault.get('b'), vault.names()])
    expect(keychain.asked).toBe(1)
    expect(vault.snapshot()).toEqual({ state: 'ready', backend: 'keychain', problem: null })
  })

  test('makes its key at the first secret, keeps secrets over a restart, and forgets what is deleted', async () => {
    const keychain = createMemoryKeychain()
    const first = openVault({ keychain })
    expect(await first.get('sso/a/refresh')).toBeNull()
    expect((await keychain.get()).state).toBe('absent')
    await Promise.all([first.set('sso/a/refresh', 'r1'), first.set('sso/a/id', 'i1'), first.set('api/crm', 'k1')])
    expect(first.kept()).toBe('keychain')
    await first.close()

    const second = openVault({ keychain })
    expect(await second.names('sso/')).toEqual(['sso/a/id', 'sso/a/refresh'])
    await second.delete('api/crm')
    await second.deletePrefix('sso/a/')
    await second.set('sso/b/refresh', 'r2')
    await second.close()

    const third = openVault({ keychain })
    expect(await third.names()).toEqual(['sso/b/refresh'])
    expect(await third.get('sso/b/refresh')).toBe('r2')
  })

  test('leaves nothing readable by others, no plain secret, and no previous generation', async () => {
    await fill({ refresh: 'canary-4711', access: 'canary-4712' })
    expect(readdirSync(folder).sort()).toEqual(['vault.bin', 'vault.write.lock'])
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, name))
      for (const plain of ['canary', Buffer.from('canary').toString('base64').slice(0, 7), 'refresh'])
        expect(bytes.includes(plain)).toBe(false)
    }
    expect(lines.join()).not.toContain('canary')
  })

  test('joins the changes of two processes instead of losing one', async () => {
    const [one, other] = [openVault(), openVault()]
    await one.set('a', '1')
    await other.set('b', '2')
    await one.set('c', '3')
    expect(await other.get('c')).toBeNull()
    await other.reread()
    expect([await other.get('a'), await other.get('b'), await other.get('c')]).toEqual(['1', '2', '3'])
    await other.delete('a')
    await one.reread()
    expect(await one.names()).toEqual(['b', 'c'])
  })

  test('follows another process that started afresh with a new key', async () => {
    const keychain = createMemoryKeychain(key)
    const one = openVault({ keychain })
    await one.set('a', '1')
    const fresh = Buffer.alloc(32, 9)
    await keychain.put(fresh)
    writeFileSync(file, encode({ generation: 5, secrets: new Map([['b', '2']]) }, fresh, by))
    await one.set('c', '3')
    expect(await one.names()).toEqual(['b', 'c'])
    expect(asides()).toEqual([])
  })
})

describe('with a file that cannot be read', () => {
  const good = encode({ generation: 4, secrets: new Map([['a', 'older']]) }, key, by)
  const flipped = Buffer.from(good)
  flipped[good.length - 20] = (good.at(-20) ?? 0) ^ 1
  const damage = {
    'bit-flipped': flipped,
    truncated: good.subarray(0, good.length / 2),
    empty: Buffer.alloc(0),
    'of a wrong version': Buffer.concat([good.subarray(0, 8), Buffer.from([0]), good.subarray(9)]),
    'of another person’s key': encode({ generation: 4, secrets: new Map() }, Buffer.alloc(32, 1), by),
  }

  for (const [kind, bytes] of Object.entries(damage)) {
    test(`case 23: a vault ${kind} gives way to the previous generation and is kept`, async () => {
      writeFileSync(file, bytes)
      writeFileSync(`${file}.bak`, good)
      const vault = openVault()
      expect(await vault.get('a')).toBe('older')
      expect(vault.snapshot()).toEqual({ state: 'ready', backend: 'keychain', problem: null })
      expect(asides().map((name) => readFileSync(join(folder, name)))).toEqual([bytes])
    })

    test(`case 23: a vault ${kind} without one is set aside, said, and followed by a clean sign-in`, async () => {
      writeFileSync(file, bytes)
      const vault = openVault()
      expect(await vault.get('a')).toBeNull()
      expect(problemOf(vault)).toBe('vault.set-aside')
      expect(asides()).toEqual(['vault.lost-2026-11-20T10-11-12.bin'])
      expect(readFileSync(join(folder, asides()[0] ?? ''))).toEqual(bytes)
      await vault.set('a', 'new')
      expect(vault.snapshot().problem).toBeNull()
      await vault.close()
      expect(await openVault().get('a')).toBe('new')
    })
  }

  test('refuses a file of a newer version, and starts afresh only when asked, keeping it', async () => {
    const newer = Buffer.from(good)
    newer.writeUInt8(2, 8)
    writeFileSync(file, newer)
    const vault = openVault()
    await expect(vault.get('a')).rejects.toMatchObject({ code: 'vault.newer' })
    await expect(vault.set('a', '1')).rejects.toMatchObject({ code: 'vault.newer' })
    expect(readFileSync(file)).toEqual(newer)
    expect((await vault.startAfresh()).state).toBe('ready')
    await vault.set('a', '1')
    expect(asides().map((name) => readFileSync(join(folder, name)))).toEqual([newer])
  })

  test('does not write over a newer version that appears while it runs', async () => {
    const vault = openVault()
    await vault.set('a', '1')
    const newer = Buffer.from(good)
    newer.writeUInt8(2, 8)
    writeFileSync(file, newer)
    await expect(vault.set('b', '2')).rejects.toMatchObject({ code: 'vault.newer' })
    expect(readFileSync(file)).toEqual(newer)
  })

  test('says when the file cannot even be opened, and changes nothing', async () => {
    await mkdir(file)
    const vault = openVault()
    await expect(vault.get('a')).rejects.toMatchObject({ code: 'vault.unreadable', detail: file })
    expect(readdirSync(folder)).toContain('vault.bin')
    expect((await vault.startAfresh()).state).toBe('ready')
    await vault.set('a', '1')
    await rm(join(folder, asides()[0] ?? ''), { recursive: true })
  })

  test('keeps what it holds when the file is damaged while it runs', async () => {
    const vault = openVault()
    await vault.set('a', '1')
    writeFileSync(file, 'rubbish')
    await vault.reread()
    expect(await vault.get('a')).toBe('1')
    await vault.set('b', '2')
    await vault.close()
    expect(await openVault().names()).toEqual(['a', 'b'])
    expect(asides()).toHaveLength(1)
  })
})

describe('with a keychain that does not give the key', () => {
  test('case 25: null beside a vault means locked: nothing is generated, nothing asked again, an unlock resumes', async () => {
    await fill({ a: '1' })
    const before = readFileSync(file)
    const keychain = answering(locked, ok)
    const vault = openVault({ keychain })
    for (const _ of [1, 2, 3]) await expect(vault.get('a')).rejects.toMatchObject({ code: 'vault.locked' })
    await expect(vault.set('a', '2')).rejects.toMatchObject({ code: 'vault.locked' })
    expect(keychain.asked).toBe(1)
    expect(readFileSync(file)).toEqual(before)
    const states: string[] = []
    vault.changed(({ state }) => states.push(state))
    expect((await vault.retry()).state).toBe('ready')
    expect(states).toEqual(['opening', 'ready'])
    expect(await vault.get('a')).toBe('1')
  })

  test('a lost key: starting afresh keeps the old file and makes a new key', async () => {
    await fill({ a: '1' })
    const keychain = createMemoryKeychain()
    const vault = openVault({ keychain })
    await expect(vault.names()).rejects.toMatchObject({ code: 'vault.locked' })
    await vault.startAfresh()
    await vault.set('b', '2')
    expect(asides()).toHaveLength(1)
    await vault.close()
    expect(await openVault({ keychain }).names()).toEqual(['b'])
  })

  test('case 26: without a keychain secrets stay in memory, it says so with the package, and the old file stays', async () => {
    await fill({ a: '1' })
    const before = readFileSync(file)
    const vault = openVault({ keychain: answering(unavailable) })
    expect(await vault.get('a')).toBeNull()
    await vault.set('b', '2')
    expect(await vault.get('b')).toBe('2')
    expect(vault.kept()).toBe('memory')
    expect(vault.snapshot()).toMatchObject({
      state: 'memory',
      backend: 'memory',
      problem: { code: 'vault.no-keychain', detail: expect.stringContaining('Install gnome-keyring') },
    })
    expect(readFileSync(file)).toEqual(before)
  })

  test('what was kept in memory goes into the vault once the keychain is there', async () => {
    await fill({ a: '1', b: '1' })
    const vault = openVault({ keychain: answering(unavailable, ok) })
    await vault.set('b', '2')
    await vault.retry()
    expect(vault.kept()).toBe('keychain')
    await vault.close()
    const after = openVault()
    expect([await after.get('a'), await after.get('b')]).toEqual(['1', '2'])
  })

  test('the policy that requires a keychain refuses memory', async () => {
    const vault = openVault({ keychain: answering(unavailable), requireKeychain: () => true })
    await expect(vault.set('a', '1')).rejects.toMatchObject({ code: 'vault.keychain-required' })
    await expect(vault.get('a')).rejects.toMatchObject({ code: 'vault.keychain-required' })
    expect((await vault.startAfresh()).state).toBe('broken')
  })

  test('a keychain that takes no key leaves the secret in memory, or refuses it where a keychain is required', async () => {
    const refusing: Keychain = {
      ...createMemoryKeychain(),
      put: () => Promise.reject(new Error('collection is locked')),
    }
    const vault = openVault({ keychain: refusing })
    await vault.set('a', '1')
    expect(await vault.get('a')).toBe('1')
    expect(vault.snapshot()).toMatchObject({
      state: 'memory',
      problem: { code: 'vault.keychain-refused', detail: 'collection is locked' },
    })
    const strict = openVault({ keychain: refusing, requireKeychain: () => true })
    await expect(strict.set('a', '1')).rejects.toMatchObject({ code: 'vault.keychain-required' })
    await expect(strict.get('a')).rejects.toMatchObject({ code: 'vault.keychain-required' })
    refusing.put = async () => {}
    expect((await strict.retry()).state).toBe('ready')
    expect(await strict.get('a')).toBeNull()
  })

  test('a keychain that forgets the key it took is not trusted with it', async () => {
    const vault = openVault({ keychain: { ...createMemoryKeychain(), put: async () => {} } })
    await vault.set('a', '1')
    expect(problemOf(vault)).toBe('vault.keychain-refused')
    expect(readdirSync(folder)).not.toContain('vault.bin')
  })

  test('case 27: a silent keychain is said, asked only once, and its late answer counts', async () => {
    await fill({ a: '1' })
    const late = Promise.withResolvers<KeychainAnswer>()
    let asked = 0
    const keychain: Keychain = {
      ...createMemoryKeychain(),
      get: () => {
        asked += 1
        return late.promise
      },
    }
    const vault = openVault({ keychain, patienceMs: 20 })
    await expect(vault.get('a')).rejects.toMatchObject({ code: 'vault.keychain-silent' })
    expect((await vault.retry()).problem?.code).toBe('vault.keychain-silent')
    expect(asked).toBe(1)
    expect(vault.keychainHangs()).toBe(true)
    const ready = new Promise<void>((resolve) => vault.changed(({ state }) => state === 'ready' && resolve()))
    late.resolve({ state: 'ok', key: Buffer.from(key) })
    await ready
    expect(vault.keychainHangs()).toBe(false)
    expect(await vault.get('a')).toBe('1')
  })
})

describe('with a disk that is full', () => {
  test('case 24: goes on in memory, says so, and writes once there is room', async () => {
    await fill({ a: '1' })
    let full = true
    const vault = openVault({
      write: async (...args: Parameters<typeof writeAtomic>) => {
        if (full) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
        await writeAtomic(...args)
      },
    })
    await vault.set('a', '2')
    await vault.delete('b')
    expect(await vault.get('a')).toBe('2')
    expect(vault.kept()).toBe('memory')
    expect(problemOf(vault)).toBe('vault.not-saved')
    full = false
    await vi.waitFor(() => expect(vault.snapshot().problem).toBeNull(), 20_000)
    expect(vault.kept()).toBe('keychain')
    await vault.close()
    expect(await openVault().get('a')).toBe('2')
  })

  test('a write that does not read back is undone and tried again', async () => {
    await fill({ a: '1' })
    const before = readFileSync(file)
    let lies = true
    const vault = openVault({
      retryWriteMs: 60_000,
      write: (path, data) => writeAtomic(path, lies && path === file ? 'lost in the cache' : data),
    })
    await vault.set('a', '2')
    expect(problemOf(vault)).toBe('vault.not-saved')
    expect(readFileSync(file)).toEqual(before)
    lies = false
    expect((await vault.retry()).problem).toBeNull()
  })
})

test('after a close nothing is asked or told any more', async () => {
  const vault = openVault()
  await vault.set('a', '1')
  await vault.close()
  await expect(vault.get('a')).rejects.toThrow('closed')
  await expect(vault.set('a', '2')).rejects.toThrow('closed')
})
