import { expect, test } from 'vitest'
import { clientId, makeClient } from '../scenarios/world.ts'
import { openCore } from '../testing/open-core.ts'
import {
  checkApp,
  closeChange,
  countApps,
  countTools,
  makeChange,
  openBackups,
  openClients,
  setNow,
  showAgain,
  showChange,
  showCopy,
  useAppChecks,
  useBackups,
  useChange,
  useClients,
  withdraw,
} from './clients.ts'

const code = clientId('claude-code')
const change = () => useChange.getState().change

test('a change is shown before it is made, and made as it was shown', async () => {
  const memory = openCore()
  const applied: unknown[] = []
  const { apply } = memory.core.clients
  memory.core.clients.apply = (input) => {
    applied.push(input)
    return apply(input)
  }
  const close = await openClients()
  await showChange(code, 'set-up')
  expect(change()?.preview?.diff).toContain('+    "github": {')
  expect(memory.asked).not.toContain('clients.apply')
  expect(await makeChange()).toBe('made')
  expect(applied).toEqual([{ client: 'claude-code', overwrite: false, token: 'sha256-of-the-bytes' }])
  expect(change()).toBeNull()
  expect(useClients.getState().value?.find(({ id }) => id === code)?.state).toBe('set-up')
  close()
})

test('an entry of the person’s is replaced only when they said so', async () => {
  const memory = openCore()
  const inputs: unknown[] = []
  memory.core.clients.preview = (input) => {
    inputs.push(input)
    return { ...memory.world.preview, client: input.client }
  }
  await showChange(code, 'repair')
  await showChange(code, 'repair', true)
  expect(inputs).toEqual([
    { client: 'claude-code', overwrite: false },
    { client: 'claude-code', overwrite: true },
  ])
  expect(change()?.overwrite).toBe(true)
})

test('undo shows its own exact change', async () => {
  const memory = openCore()
  await openClients()
  await showChange(clientId('vscode'), 'undo')
  expect(memory.asked).toContain('clients.previewUndo')
  expect(await makeChange()).toBe('made')
  expect(memory.asked.at(-1)).toBe('clients.undo')
})

test('a change that fails stays open and says why; nothing else is lost', async () => {
  const memory = openCore()
  await showChange(code, 'set-up')
  memory.world.failing = { 'clients.apply': 'internal' }
  expect(await makeChange()).toBeNull()
  expect(change()).toMatchObject({ client: 'claude-code', problem: { code: 'internal' } })
  expect(change()?.preview).not.toBeNull()
})

test('nothing can be made before it was shown', async () => {
  const memory = openCore((world) => {
    world.failing = { 'clients.preview': 'internal' }
  })
  await showChange(code, 'set-up')
  expect(change()).toMatchObject({ preview: null, problem: { code: 'internal' } })
  expect(await makeChange()).toBeNull()
  expect(memory.asked).not.toContain('clients.apply')
})

test('a preview that arrives after its dialog was closed is nobody’s', async () => {
  openCore()
  const showing = showChange(code, 'set-up')
  closeChange()
  await showing
  expect(change()).toBeNull()
})

test('copies of a file are read anew after each change', async () => {
  const memory = openCore()
  const close = await openBackups(clientId('vscode'))
  expect(useBackups.getState().backups).toHaveLength(1)
  memory.world.backups = []
  memory.change('clients', memory.world.clients)
  await expect.poll(() => useBackups.getState().backups).toEqual([])
  close()
})

test('apps are counted among those found', () => {
  const apps = [
    makeClient('a', 'A', { state: 'set-up' }),
    makeClient('b', 'B'),
    makeClient('c', 'C', { installed: false }),
  ]
  expect(countApps(apps)).toEqual({ ready: 1, total: 2 })
})

test('a copy is compared with the file of now before it comes back', async () => {
  const memory = openCore()
  const restored: unknown[] = []
  memory.core.clients.restore = (input) => {
    restored.push(input)
    return makeClient('vscode', 'VS Code')
  }
  await showCopy(clientId('vscode'), 'c1')
  const shown = change()
  expect(memory.asked.at(-1)).toBe('clients.previewRestore')
  if (shown) await showAgain(shown)
  expect(await makeChange()).toBe('made')
  expect(restored).toEqual([{ client: 'vscode', backup: 'c1', token: 'sha256-of-the-bytes' }])
})

test('a check of an app tells each server, or what is the matter with the app', async () => {
  const memory = openCore()
  await checkApp(clientId('vscode'))
  expect(useAppChecks.getState().checks?.[0]).toMatchObject({ state: 'ok', tools: 4 })
  memory.world.failing = { 'clients.verify': 'clients.not-set-up' }
  await checkApp(clientId('vscode'))
  expect(useAppChecks.getState()).toMatchObject({ checks: null, problem: { code: 'clients.not-set-up' } })
})

test('the tools of an app are those of the servers that stand in its file and answer', () => {
  const { servers } = openCore().world.health
  const [up] = servers.filter(({ state }) => state === 'ok')
  if (up?.state !== 'ok') throw new Error('the scenario has no server that answers')
  const entries = [{ server: up.server, state: 'written' as const }]
  expect(countTools(makeClient('a', 'A', { entries }), servers)).toBe(up.toolCount)
  expect(countTools(makeClient('a', 'A', { entries: [{ server: up.server, state: 'lost' }] }), servers)).toBe(0)
})

test('a change that waits for its app is told apart, made now where the person says so, and can be forgotten', async () => {
  const memory = openCore()
  const inputs: unknown[] = []
  const waits = { kind: 'apply' as const, since: '2026-11-20T08:00:00.000Z', servers: [], problem: null }
  memory.core.clients.apply = (input) => {
    inputs.push(input)
    return makeClient(input.client, 'Claude Code', input.now ? {} : { waiting: waits })
  }
  await showChange(code, 'set-up')
  expect(await makeChange()).toBe('waits')
  await showChange(code, 'set-up')
  setNow(true)
  expect(await makeChange()).toBe('made')
  expect(inputs).toMatchObject([{ client: code }, { client: code, now: true }])
  expect(inputs[0]).not.toHaveProperty('now')
  const close = await openClients()
  await withdraw(code)
  expect(memory.asked).toContain('clients.withdraw')
  close()
})
