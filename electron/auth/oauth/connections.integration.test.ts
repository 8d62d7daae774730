import { expect, onTestFinished, test, vi } from 'vitest'
import { type CompanyOptions, startCompany } from '../../../e2e/company/company.ts'
import type { Connection } from '../../../shared/contract/connections.ts'
import { type CatalogDocument, ServerConfig } from '../../../shared/server-config.ts'
import { createTestAuth } from '../fixtures/app.ts'
import { createBrowser } from '../fixtures/login.ts'
import { createMemoryVault } from '../fixtures/memory-vault.ts'

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

/** Somebody of the demo company, signed in, with a partner that has an authorization server of its own. */
async function startScene({ person = 'ana', ...options }: CompanyOptions & { person?: string } = {}) {
  const company = await startCompany({ partner: true, ...options })
  onTestFinished(async () => void (await company.close()))
  const partner = company.partner as NonNullable<typeof company.partner>
  const servers = company.catalog.servers.map((server: CatalogDocument['servers'][number] | object) =>
    ServerConfig.parse(server),
  )
  const opened: string[] = []
  const memory = createMemoryVault()
  const scene = createTestAuth({
    sso: { issuer: company.issuer, scopes: ['openid', 'profile', 'email', 'offline_access', 'mcp'] },
    fetch: globalThis.fetch as never,
    allowInsecure: true,
    vault: memory.open(),
    servers: () => servers,
    openUrl: async (url) => opened.push(url) > 0,
  })
  const { auth } = scene
  const browser = createBrowser()
  const login = async (as: string) => {
    const page = await browser.follow(opened.pop() ?? '')
    await browser.post(page.url, { person: as, password: '', do: 'sign-in' })
  }
  await auth.signIn()
  await login(person)
  await vi.waitFor(() => expect(auth.snapshot()).toMatchObject({ state: 'signed-in' }), 10_000)
  const serverOf = (id: string) => servers.find((server) => server.id === id) as ServerConfig
  const stateOf = async (id: string) => (await auth.connections.snapshot()).find((one) => one.id === id) as Connection
  /** What the hub does: asks, and asks once more with what a refusal brought. */
  async function call(id: string): Promise<number> {
    const { endpoint } = serverOf(id)
    const url = 'url' in endpoint ? endpoint.url : ''
    const send = (headers: Record<string, string>) =>
      fetch(url, {
        method: 'POST',
        body: JSON.stringify(initialize),
        headers: { ...headers, accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
      })
    const rejected = await auth.headers(serverOf(id))
    const first = await send(rejected)
    if (first.status !== 401) return first.status
    const challenge = first.headers.get('www-authenticate') ?? ''
    return (await send(await auth.headers(serverOf(id), { rejected, challenge }))).status
  }
  return { ...scene, company, partner, opened, login, serverOf, stateOf, call, memory }
}

async function connectWiki({ auth, partner, login, stateOf, serverOf }: Awaited<ReturnType<typeof startScene>>) {
  const { id } = serverOf('wiki')
  await auth.connections.connect({ id, issuer: partner.sso.issuer })
  await login('guest-ana')
  await vi.waitFor(async () => expect(await stateOf('wiki')).toMatchObject({ state: 'ok' }), 10_000)
}

test('pain 2: a server with its own authorization server: asked about, agreed to, signed in at a click, and used', async () => {
  const scene = await startScene()
  const { auth, partner, opened, call, stateOf, serverOf } = scene
  expect(await stateOf('wiki')).toMatchObject({ kind: 'mcp-oauth', state: 'none' })
  await expect(call('wiki')).rejects.toMatchObject({ code: 'auth.connect-needed', detail: 'Port wiki' })
  expect(await stateOf('wiki')).toMatchObject({ state: 'needs-you', problem: { remedy: 'connect' } })

  const asked = await auth.connections.connect({ id: serverOf('wiki').id })
  const { host } = new URL(partner.sso.issuer)
  expect(asked).toMatchObject({ state: 'asks', asks: { issuer: partner.sso.issuer, host, unicodeHost: host } })
  expect(partner.sso.part.requests).toEqual([])
  expect(opened).toEqual([])

  await connectWiki(scene)
  expect(await call('wiki')).toBe(200)
  expect(await stateOf('wiki')).toMatchObject({ issuer: partner.sso.issuer, problem: null, asks: null })
  expect(JSON.stringify(await auth.connections.snapshot())).not.toMatch(/eyJ/)
})

test('a sign-in elsewhere is renewed by itself, and asked for again once when it was withdrawn', async () => {
  const scene = await startScene()
  await connectWiki(scene)
  const { auth, partner, call, serverOf, opened, stateOf } = scene
  const before = await auth.headers(serverOf('wiki'))
  const [one, two] = await Promise.all(
    [1, 2].map(() => auth.headers(serverOf('wiki'), { rejected: before, challenge: 'Bearer error="invalid_token"' })),
  )
  expect(one).toEqual(two)
  expect(one).not.toEqual(before)
  expect(partner.sso.counts.refreshes).toBe(1)
  expect(await call('wiki')).toBe(200)

  partner.sso.revokeAll()
  await expect(call('wiki')).rejects.toMatchObject({ code: 'auth.connection-ended' })
  await auth.connections.renewAll()
  expect(await stateOf('wiki')).toMatchObject({ state: 'expired', problem: { code: 'auth.connection-ended' } })
  const { refusals } = partner.sso.counts
  await expect(call('wiki')).rejects.toMatchObject({ code: 'auth.connection-ended' })
  expect(partner.sso.counts.refusals).toBe(refusals)
  expect(opened).toEqual([])
  await connectWiki(scene)
  expect(await call('wiki')).toBe(200)
})

test('the authorization server is away: the call says so, nothing is lost, and it goes on by itself', async () => {
  const scene = await startScene()
  await connectWiki(scene)
  const { auth, partner, serverOf } = scene
  const rejected = await auth.headers(serverOf('wiki'))
  await partner.sso.part.setDown(true)
  const renewed = () => auth.headers(serverOf('wiki'), { rejected, challenge: 'Bearer error="invalid_token"' })
  await expect(renewed()).rejects.toMatchObject({ code: 'auth.server-sso-unreachable' })
  await partner.sso.part.setDown(false)
  await vi.waitFor(async () => expect(await renewed()).not.toEqual(rejected), { timeout: 15_000, interval: 500 })
})

test('disconnect and sign-out delete the sign-in here and withdraw it there', async () => {
  const scene = await startScene()
  const { auth, partner, serverOf, stateOf, memory } = scene
  const kept = () => [...memory.values.keys()].filter((name) => name.includes(':oauth:'))
  const revocations = () => partner.sso.part.requests.filter(({ path }) => path.startsWith('/token/revocation')).length
  await connectWiki(scene)
  expect(kept()).toHaveLength(1)
  await auth.connections.disconnect({ id: serverOf('wiki').id })
  expect(kept()).toEqual([])
  expect(revocations()).toBe(1)
  expect(await stateOf('wiki')).toMatchObject({ state: 'none', since: null })
  await connectWiki(scene)
  await auth.signOut()
  expect(kept()).toEqual([])
  await vi.waitFor(() => expect(revocations()).toBe(2), 10_000)
})

test('the company vouches for a person at another authorization server, without a browser', async () => {
  const { auth, partner, call, stateOf, opened } = await startScene()
  expect(await call('tides')).toBe(200)
  expect(await call('tides')).toBe(200)
  expect(await stateOf('tides')).toMatchObject({ kind: 'id-jag', state: 'ok', account: 'Ana Almeida', problem: null })
  expect(opened).toEqual([])
  partner.sso.revokeAll()
  expect(await call('tides')).toBe(200)
  await auth.signOut()
  await expect(call('tides')).rejects.toMatchObject({ code: 'auth.signed-out' })
})

test('edge 34, the company’s no is shown as its no, and no other way is tried', async () => {
  const { call, stateOf, opened, partner } = await startScene({ person: 'cho' })
  await expect(call('tides')).rejects.toMatchObject({ code: 'auth.policy-refused' })
  expect(await stateOf('tides')).toMatchObject({ state: 'refused', problem: { remedy: 'ask-it' } })
  expect(opened).toEqual([])
  expect(partner.sso.part.requests.filter(({ path }) => path === '/token')).toEqual([])
})

test('a narrower token for one server is exchanged at the company’s SSO', async () => {
  const { auth, company } = await startScene({ ownAudienceOnly: true })
  const resource = company.resources.sentry
  const sentry = ServerConfig.parse({
    ...{ id: 'sentry', name: 'Sentry', endpoint: { transport: 'http', url: resource } },
    auth: { kind: 'sso-exchange', audience: resource, scope: 'mcp' },
  })
  const { authorization = '' } = await auth.headers(sentry)
  const response = await fetch(resource, {
    method: 'POST',
    body: JSON.stringify(initialize),
    headers: { authorization, accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
  })
  expect(response.status).toBe(200)
  await expect(
    auth.headers({ ...sentry, auth: { kind: 'sso-exchange', audience: 'https://elsewhere.example' } }),
  ).rejects.toMatchObject({ code: 'auth.audience-refused' })
})

test('renew all renews what can be renewed and says what cannot', async () => {
  const scene = await startScene()
  await connectWiki(scene)
  const { auth, partner, company, call } = scene
  expect(await call('tides')).toBe(200)
  const before = company.sso.counts.refreshes
  const list = await auth.connections.renewAll()
  expect(partner.sso.counts.refreshes).toBe(1)
  expect(company.sso.counts.refreshes).toBeGreaterThan(before)
  expect(list.map(({ id, state }) => [id, state])).toEqual([
    ['@sso', 'ok'],
    ['packages', 'needs-you'],
    ['wiki', 'ok'],
    ['tides', 'ok'],
  ])
})
