import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ClientId, ServerId } from '../../shared/ids.ts'
import { cursor, github, iam, openDesk } from './testing.ts'

const script = join(import.meta.dirname, 'fixtures', 'server-child.ts')
const broken = ServerId.parse('broken')

async function setUp(client = cursor, ids = [github, iam, broken]) {
  const desk = await openDesk({ ids, bridge: process.execPath, script })
  onTestFinished(desk.close)
  await desk.clients.apply({ client })
  const { configPath } = await desk.app(client)
  return { ...desk, configPath }
}

test('starts what stands in the file and says per server whether it works, or why not', async () => {
  const { clients } = await setUp()
  const checks = await clients.verify({ client: cursor })
  expect(checks).toEqual([
    { server: 'github', state: 'ok', tools: 3, milliseconds: expect.any(Number) },
    { server: 'iam', state: 'failed', problem: expect.objectContaining({ code: 'auth.signed-out', detail: 'IAM' }) },
    { server: 'broken', state: 'failed', problem: expect.objectContaining({ code: 'clients.check-failed' }) },
  ])
  expect(JSON.stringify(checks[2])).toContain('no such thing as broken')
})

test.each(['codex', 'opencode', 'goose', 'zed', 'continue'])('reads the command as %s writes it', async (id) => {
  const client = ClientId.parse(id)
  const { clients } = await setUp(client, [github])
  expect(await clients.verify({ client })).toMatchObject([{ server: 'github', state: 'ok', tools: 3 }])
})

test('a program that is not ours is named and never started', async () => {
  const { clients, configPath, root } = await setUp(cursor, [github])
  const mark = join(root, 'started')
  const entry = { command: '/usr/bin/touch', args: [mark] }
  writeFileSync(configPath, JSON.stringify({ mcpServers: { github: entry } }))
  expect(await clients.verify({ client: cursor })).toMatchObject([
    { state: 'failed', problem: { code: 'clients.not-ours', detail: expect.stringContaining('/usr/bin/touch') } },
  ])
  expect(() => readFileSync(mark)).toThrow()
})

test('an entry that was removed, and an app that was never set up, are said', async () => {
  const { clients, configPath } = await setUp(cursor, [github])
  writeFileSync(configPath, '{}')
  expect(await clients.verify({ client: cursor })).toMatchObject([{ problem: { code: 'clients.not-set-up' } }])
  await expect(clients.verify({ client: ClientId.parse('kiro') })).rejects.toMatchObject({ code: 'clients.not-set-up' })
})

test('a check is no proof that the app itself works', async () => {
  const { clients, app } = await setUp(cursor, [github])
  const at = '2026-11-20T09:00:00.000Z'
  const running = clients.verify({ client: cursor })
  clients.seen({ client: cursor, stage: 'bridge', at })
  await running
  expect((await app()).proof.bridgeAt).toBeNull()
  clients.seen({ client: cursor, stage: 'bridge', at })
  expect((await app()).proof.bridgeAt).toBe(at)
})

test('a file that cannot be read is a problem of the file', async () => {
  const { clients, configPath } = await setUp(cursor, [github])
  mkdirSync(dirname(configPath), { recursive: true })
  writeFileSync(configPath, '{ "mcpServers": ')
  await expect(clients.verify({ client: cursor })).rejects.toMatchObject({ code: 'clients.unreadable' })
})
