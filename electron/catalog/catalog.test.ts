import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Account } from '../../shared/contract/auth.ts'
import { AccountId } from '../../shared/ids.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createCatalog } from './catalog.ts'

const server = (id: string, groups?: string[]) => ({
  id,
  name: id,
  endpoint: { transport: 'http', url: `https://mcp.acme.example/${id}/` },
  auth: { kind: 'sso' },
  ...(groups ? { groups } : {}),
})
const ana: Account = {
  id: AccountId.parse('a'.repeat(32)),
  issuer: 'https://sso.acme.example',
  subject: 'ana',
  name: 'Ana',
  email: null,
  groups: ['admins'],
}

let folder: string
let url: string | null
let account: Account | null
let answer: () => Response | Promise<Response>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-'))
  url = 'https://acme.example/catalog.json'
  account = null
  answer = () => Response.json({ version: 1, servers: [server('github'), server('iam', ['admins'])] })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const make = () =>
  createCatalog({
    catalogUrl: () => url,
    account: () => account,
    cacheFolder: folder,
    fetch: async () => answer(),
    now: () => new Date(),
    log: createMemoryLog().log,
  })

test('lists every server and marks the ones the person’s groups do not include', async () => {
  const catalog = make()
  await catalog.refresh()
  expect(catalog.snapshot().servers.map(({ id, allowed }) => [id, allowed])).toEqual([
    ['github', true],
    ['iam', false],
  ])
  expect(catalog.find('iam')?.allowed).toBe(false)
  account = ana
  expect(catalog.find('iam')?.allowed).toBe(true)
  expect(catalog.allowed().map(({ id }) => id)).toEqual(['github', 'iam'])
})

test('a change of account is told as a change of the list', async () => {
  const catalog = make()
  await catalog.refresh()
  const seen: boolean[] = []
  catalog.changed(({ servers }) => seen.push(servers[1]?.allowed ?? false))
  account = ana
  catalog.accountChanged()
  expect(seen).toEqual([true])
})

test('keeps the list it has when the catalog cannot be fetched, and says so', async () => {
  const catalog = make()
  await catalog.refresh()
  answer = () => new Response('busy', { status: 503 })
  const state = await catalog.refresh()
  expect(state.servers).toHaveLength(2)
  expect(state).toMatchObject({ stale: true, problem: { code: 'catalog.unreachable' } })
  expect(state.problem?.detail).toContain('503')
})

test('starts offline from the copy on disk, but never from that of another company', async () => {
  await make().refresh()
  answer = () => Promise.reject(new Error('no network'))
  expect((await make().refresh()).servers).toHaveLength(2)
  url = 'https://other.example/catalog.json'
  expect((await make().refresh()).servers).toHaveLength(0)
})

test('a damaged copy on disk counts as no copy and is overwritten by the next good answer', async () => {
  await make().refresh()
  await writeFile(join(folder, 'catalog.json'), '{"source":')
  expect((await make().refresh()).servers).toHaveLength(2)
  expect(JSON.parse(await readFile(join(folder, 'catalog.json'), 'utf8')).document.servers).toHaveLength(2)
})

test.each([
  ['a field of the wrong kind', { version: 1, servers: [{ ...server('github'), endpoint: { transport: 'pigeon' } }] }],
  ['a name that no client config could carry', { version: 1, servers: [server('Git_Hub')] }],
  ['the same server twice', { version: 1, servers: [server('github'), server('github')] }],
])('a catalog with %s is refused whole and the list stays', async (_what, document) => {
  const catalog = make()
  await catalog.refresh()
  answer = () => Response.json(document)
  const state = await catalog.refresh()
  expect(state.problem?.code).toBe('catalog.invalid')
  expect(state.servers).toHaveLength(2)
})

test('leaving the company empties the list', async () => {
  const catalog = make()
  await catalog.refresh()
  url = null
  expect((await catalog.refresh()).servers).toEqual([])
})
