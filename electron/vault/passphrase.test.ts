import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { writeAtomic } from '../lib/atomic-file.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createMemoryKeychain, type Keychain } from './keychain.ts'
import { createPassphraseKeychain } from './passphrase-keychain.ts'
import { createVault } from './vault.ts'

// The passphrase is made slow to guess on purpose.
vi.setConfig({ testTimeout: 60_000 })

const passphrase = 'correct horse battery'
const none: Keychain = {
  ...createMemoryKeychain(),
  name: 'none',
  get: async () => ({ state: 'unavailable', reason: 'No Secret Service.' }),
  put: () => Promise.reject(new Error('no keychain')),
}
let folder: string
let opened: { close: () => Promise<void> }[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-passphrase-'))
  opened = []
})
afterEach(async () => {
  for (const vault of opened) await vault.close()
  rmSync(folder, { recursive: true })
})

function openVault(options: Partial<Parameters<typeof createVault>[0]> = {}) {
  const { log } = createMemoryLog()
  const vault = createVault({
    ...{ folder, keychain: none, log, now: () => new Date('2026-11-20T10:11:12Z'), createdBy: 'test' },
    ...options,
  })
  opened.push(vault)
  return vault
}
const problemOf = (vault: ReturnType<typeof openVault>) => vault.snapshot().problem?.code

test('what was kept in memory is sealed by the passphrase and opens with it after a restart, asked once', async () => {
  const first = openVault()
  await first.set('token', 'canary-4711')
  expect(first.snapshot()).toMatchObject({ state: 'memory', backend: 'memory' })
  expect(await first.setPassphrase({ passphrase })).toMatchObject({ state: 'ready', backend: 'passphrase' })
  expect(first.kept()).toBe('passphrase')
  await first.close()

  for (const name of readdirSync(folder)) {
    expect(readFileSync(join(folder, name)).includes('canary-4711')).toBe(false)
    expect(readFileSync(join(folder, name)).includes(passphrase)).toBe(false)
    if (name.startsWith('vault.key') || name.startsWith('vault.bin'))
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  }

  const second = openVault()
  await expect(second.get('token')).rejects.toMatchObject({ code: 'vault.passphrase-needed' })
  expect(second.snapshot()).toMatchObject({
    state: 'locked',
    backend: 'passphrase',
    problem: { remedy: 'enter-passphrase' },
  })
  await expect(second.unlock({ passphrase: 'something else' })).rejects.toMatchObject({
    code: 'vault.passphrase-wrong',
  })
  expect(await second.unlock({ passphrase })).toMatchObject({ state: 'ready' })
  expect(await second.get('token')).toBe('canary-4711')
  expect(await second.retry()).toMatchObject({ state: 'ready', problem: null })
})

test('a short passphrase is not taken, and nothing is made', async () => {
  const vault = openVault()
  await expect(vault.setPassphrase({ passphrase: 'short' })).rejects.toMatchObject({ code: 'vault.passphrase-weak' })
  expect(readdirSync(folder)).not.toContain('vault.key')
  expect(vault.snapshot().state).toBe('memory')
})

test('where there is a keychain, no passphrase is wanted or asked', async () => {
  const vault = openVault({ keychain: createMemoryKeychain(Buffer.alloc(32, 7)) })
  await vault.set('a', '1')
  await expect(vault.setPassphrase({ passphrase })).rejects.toMatchObject({ code: 'vault.passphrase-not-needed' })
  await expect(vault.unlock({ passphrase })).rejects.toMatchObject({ code: 'vault.no-passphrase' })
})

test('a company that requires a keychain takes no passphrase, also not one that was chosen before', async () => {
  const before = openVault()
  await before.get('a')
  await before.setPassphrase({ passphrase })
  await before.set('a', '1')
  await before.close()
  const strict = openVault({ requireKeychain: () => true })
  await expect(strict.get('a')).rejects.toMatchObject({ code: 'vault.keychain-required' })
  await strict.unlock({ passphrase })
  expect(strict.snapshot()).toMatchObject({ state: 'broken', problem: { code: 'vault.keychain-required' } })
  await expect(openVault({ requireKeychain: () => true }).setPassphrase({ passphrase })).rejects.toMatchObject({
    code: 'vault.keychain-required',
  })
})

test('a key file that was damaged, weakened or is not one is said and kept; a forgotten passphrase starts afresh', async () => {
  const first = openVault()
  await first.set('a', '1')
  await first.setPassphrase({ passphrase })
  await first.close()
  const path = join(folder, 'vault.key')
  const good = readFileSync(path, 'utf8')
  for (const bad of ['', '{}', good.slice(0, -9), good.replace('65536', '99999999')]) {
    writeFileSync(path, bad)
    const vault = openVault()
    await expect(vault.unlock({ passphrase })).rejects.toMatchObject({ code: 'vault.unreadable' })
    expect(readFileSync(path, 'utf8')).toBe(bad)
    await vault.close()
  }
  writeFileSync(path, good.replace('65536', '8192'))
  await expect(openVault().unlock({ passphrase })).rejects.toMatchObject({ code: 'vault.passphrase-wrong' })

  const last = openVault()
  await last.get('a').catch(() => null)
  expect(problemOf(last)).toBe('vault.passphrase-needed')
  expect(await last.startAfresh()).toMatchObject({ state: 'memory' })
  expect(readdirSync(folder).filter((name) => name.startsWith('vault.lost-'))).toHaveLength(2)
  expect(await last.setPassphrase({ passphrase: 'another long passphrase' })).toMatchObject({ state: 'ready' })
})

test('a runtime without argon2 seals with scrypt, and says so of a file that wants argon2', async () => {
  const open = (has: boolean) => createPassphraseKeychain({ folder, write: writeAtomic, hasArgon2: async () => has })
  await open(true).setUp(passphrase)
  await expect(open(false).unlock(passphrase)).rejects.toMatchObject({ code: 'vault.unreadable' })
  const made = open(false)
  await made.setUp(passphrase)
  expect(readFileSync(join(folder, 'vault.key'), 'utf8')).toContain('"scrypt"')
  const later = open(true)
  await later.unlock(passphrase)
  expect(await later.get()).toEqual(await made.get())
})
