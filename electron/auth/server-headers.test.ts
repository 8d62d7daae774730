import { expect, test } from 'vitest'
import { ServerConfig } from '../../shared/server-config.ts'
import { createTestAuth, seed } from './fixtures/app.ts'
import { createFakeClock } from './fixtures/fake-clock.ts'
import { createFakeSso } from './fixtures/fake-sso.ts'
import { createMemoryVault } from './fixtures/memory-vault.ts'

const server = (auth: object) =>
  ServerConfig.parse({
    id: 'crm',
    name: 'CRM',
    endpoint: { transport: 'http', url: 'https://crm.corp.example/mcp' },
    auth,
  })

function createScene(servers: ServerConfig[] = []) {
  const sso = createFakeSso()
  const { clock } = createFakeClock()
  const memory = createMemoryVault()
  const { issuer, clientId } = sso
  const { account } = seed(memory.values, { issuer, clientId, refreshToken: sso.issueRefreshToken(), clock })
  const vault = memory.open()
  const test = createTestAuth({ sso: { issuer }, fetch: sso.fetch, vault, clock, servers: () => servers })
  return { sso, vault, account, ...test }
}

test('nothing is added where nothing is wanted, and a server that wants more is IT’s business', async () => {
  const { auth } = createScene()
  expect(await auth.headers(server({ kind: 'none' }))).toEqual({})
  expect(await auth.headers(server({ kind: 'headers', headers: { 'X-Org-ID': 'corp' } }))).toEqual({
    'X-Org-ID': 'corp',
  })
  for (const kind of [{ kind: 'none' }, { kind: 'headers', headers: {} }])
    await expect(auth.headers(server(kind), { rejected: {} })).rejects.toMatchObject({
      code: 'auth.server-wants-sign-in',
    })
})

test('the SSO’s token goes as a bearer, and one that was rejected is replaced', async () => {
  const { auth } = createScene()
  const first = await auth.headers(server({ kind: 'sso' }))
  expect(first).toEqual({ authorization: 'Bearer at-first' })
  const second = await auth.headers(server({ kind: 'sso' }), { rejected: { Authorization: 'Bearer at-first' } })
  expect(second.authorization).toMatch(/^Bearer at-/)
  expect(second).not.toEqual(first)
})

test('two servers share a token only where their configuration is the same', async () => {
  const { auth } = createScene()
  const headers = (audience: string) => auth.headers(server({ kind: 'sso', audience }))
  expect(await headers('a')).toEqual(await headers('a'))
  expect(await headers('a')).not.toEqual(await headers('a/'))
})

test('an API key goes into the header of the configuration’s choice', async () => {
  const key = { kind: 'api-key', header: 'X-API-Key', prefix: 'key ' }
  const { auth } = createScene([server(key)])
  await expect(auth.headers(server(key))).rejects.toMatchObject({ code: 'auth.no-api-key', detail: 'CRM' })
  await auth.connections.setKey({ id: server(key).id, key: 'abc' })
  expect(await auth.headers(server(key))).toEqual({ 'X-API-Key': 'key abc' })
  await expect(auth.headers(server(key), { rejected: { 'x-api-key': 'key abc' } })).rejects.toMatchObject({
    code: 'auth.api-key-refused',
  })
  expect(await auth.headers(server(key), { rejected: { 'x-api-key': 'key old' } })).toEqual({ 'X-API-Key': 'key abc' })
})

test('a key that would smuggle in another header is not sent', async () => {
  const crm = server({ kind: 'api-key' })
  const { auth, vault, account } = createScene([crm])
  for (const key of ['a\r\nX-Admin: 1', 'a\0b', ' a', ''])
    await expect(auth.connections.setKey({ id: crm.id, key })).rejects.toMatchObject({ code: 'auth.api-key-invalid' })
  const kept = { version: 1, key: 'a\nb', since: new Date().toISOString() }
  for (const text of ['not JSON', JSON.stringify(kept)]) {
    await vault.set(`account:${account.id}:api-key:crm`, text)
    await expect(auth.headers(crm)).rejects.toMatchObject({ code: 'auth.api-key-invalid' })
  }
})

test('a token is exchanged for a narrower one of the server, kept while it lasts, and traded again when rejected', async () => {
  const { auth, sso } = createScene()
  const crm = server({ kind: 'sso-exchange', audience: 'crm', scope: 'crm:read' })
  sso.state.idToken = false
  const [first, again] = await Promise.all([auth.headers(crm), auth.headers(crm)])
  expect(first).toEqual(again)
  const [sent, ...more] = sso.sent('/token')
  expect(more).toEqual([])
  expect(Object.fromEntries(sent?.body ?? [])).toMatchObject({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'at-first',
    audience: 'crm',
    scope: 'crm:read',
  })
  expect(await auth.headers(crm, { rejected: first })).not.toEqual(first)
})

test('an exchange the SSO refuses or cannot answer is said, and signs nobody out', async () => {
  const { auth, sso } = createScene()
  const crm = server({ kind: 'sso-exchange', audience: 'crm' })
  sso.state.token = () => Response.json({ error: 'invalid_target' }, { status: 400 })
  await expect(auth.headers(crm)).rejects.toMatchObject({ code: 'auth.audience-refused' })
  sso.state.token = () => Promise.reject(new TypeError('fetch failed'))
  await expect(auth.headers(crm)).rejects.toMatchObject({ code: 'auth.sso-unreachable' })
  expect(auth.snapshot()).toMatchObject({ state: 'signed-in' })
})

test('signed out, no header is made', async () => {
  const { auth } = createScene()
  await auth.signOut()
  for (const kind of [{ kind: 'sso' }, { kind: 'sso-exchange', audience: 'crm' }])
    await expect(auth.headers(server(kind))).rejects.toMatchObject({ code: 'auth.signed-out' })
})
