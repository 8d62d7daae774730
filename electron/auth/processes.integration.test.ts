import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createMemoryLog } from '../lib/log.ts'
import { createMemoryKeychain } from '../vault/keychain.ts'
import { createVault } from '../vault/vault.ts'
import { createTestAuth } from './fixtures/app.ts'
import { createBrowser } from './fixtures/login.ts'
import { startSso } from './fixtures/sso.ts'

const child = fileURLToPath(new URL('./fixtures/refresh-child.ts', import.meta.url))
type Line = { token?: string; state?: string; code?: string }

/** A person signed in by a real vault, and processes that live on it. */
async function createScene() {
  const sso = await startSso({ rotates: true, accessTokenSeconds: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'causeway-processes-'))
  const children = new Set<ChildProcess>()
  onTestFinished(async () => {
    for (const process of children) process.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const openVault = () => {
    const { log } = createMemoryLog()
    const keychain = createMemoryKeychain(Buffer.alloc(32, 7))
    return createVault({ folder, keychain, log, now: () => new Date(), createdBy: 'test' })
  }

  async function signIn() {
    const vault = openVault()
    const openUrl = async (url: string) => {
      void createBrowser().login(url, 'ada')
      return true
    }
    const { auth } = createTestAuth({ sso: { issuer: sso.issuer }, fetch, vault, allowInsecure: true, openUrl })
    await auth.signIn()
    await expect.poll(() => auth.snapshot().state, { timeout: 25_000 }).toBe('signed-in')
    await auth.close()
    await vault.close()
  }

  function start(count: number) {
    const lines: Line[] = []
    const process_ = spawn(process.execPath, [child, folder, sso.issuer, String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.add(process_)
    const exited = once(process_, 'exit').then(() => children.delete(process_))
    createInterface({ input: process_.stdout }).on('line', (line) => lines.push(JSON.parse(line)))
    return { lines, exited, kill: () => process_.kill('SIGKILL') }
  }

  await signIn()
  return { start, signIn, sso }
}

test('case 20: three processes live on one rotating refresh token, and none uses it twice', {
  timeout: 120_000,
}, async () => {
  const { start } = await createScene()
  const processes = [start(4), start(4), start(4)]
  await Promise.all(processes.map(({ exited }) => exited))
  expect(processes.map(({ lines }) => lines.at(-1))).toEqual([
    { state: 'signed-in' },
    { state: 'signed-in' },
    { state: 'signed-in' },
  ])
  const last = start(1)
  await last.exited
  expect(last.lines.at(-1)).toEqual({ state: 'signed-in' })
})

test('case 21: killed at any moment, the next start works or asks once, and never finds a broken record', {
  timeout: 180_000,
}, async () => {
  const { start, signIn } = await createScene()
  for (let round = 0; round < 8; round++) {
    const victim = start(1000)
    await expect.poll(() => victim.lines.length, { timeout: 60_000 }).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1500))
    victim.kill()
    await victim.exited
    const next = start(1)
    await next.exited
    const outcome = next.lines.at(-1)
    expect([{ state: 'signed-in' }, { code: 'auth.session-ended' }]).toContainEqual(outcome)
    if (outcome?.code) await signIn()
  }
})
