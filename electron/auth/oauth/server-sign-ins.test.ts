import { expect, onTestFinished, test, vi } from 'vitest'
import type { Connection } from '../../../shared/contract/connections.ts'
import { ServerConfig } from '../../../shared/server-config.ts'
import { createTestAuth, seed } from '../fixtures/app.ts'
import { createFakeClock } from '../fixtures/fake-clock.ts'
import { createMemoryVault } from '../fixtures/memory-vault.ts'
import type { Fetch } from '../guarded-fetch.ts'

type Answer = (request: { url: URL; body: URLSearchParams; text: string; headers: Headers }) => Response
const mcp = 'https://mcp.example/v1/mcp'
const issuer = 'https://auth.example'
const json = (body: unknown, status = 200) => Response.json(body, { status })

const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/register`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
}
const resource = { resource: mcp, authorization_servers: [issuer], scopes_supported: ['read', 'write'] }
const wellKnown = {
  resource: 'https://mcp.example/.well-known/oauth-protected-resource/v1/mcp',
  root: 'https://mcp.example/.well-known/oauth-protected-resource',
  issuer: `${issuer}/.well-known/oauth-authorization-server`,
  openid: `${issuer}/.well-known/openid-configuration`,
}

/** A server and its authorization server behind a `fetch` function; tests replace what either says. */
function createScene({ auth: more = {}, document = {} }: { auth?: object; document?: object } = {}) {
  let clients = 0
  let tokens = 0
  const answers: Record<string, Answer> = {
    [wellKnown.resource]: () => json(resource),
    [wellKnown.issuer]: () => json(metadata),
    [`${issuer}/register`]: ({ text }) => json({ ...JSON.parse(text), client_id: `client-${++clients}` }, 201),
    [`${issuer}/token`]: () =>
      json({ access_token: `at-${++tokens}`, refresh_token: `rt-${tokens}`, token_type: 'Bearer', expires_in: 3600 }),
  }
  const requests: Parameters<Answer>[0][] = []
  const fetch: Fetch = async (url, init) => {
    const text = init?.body ? String(init.body) : ''
    const headers = new Headers(init?.headers)
    const request = { url: new URL(url), body: new URLSearchParams(text), text, headers }
    requests.push(request)
    return answers[url.split('?')[0] ?? '']?.(request) ?? new Response('not found', { status: 404 })
  }
  const server = ServerConfig.parse({
    ...{ id: 'wiki', name: 'Wiki', endpoint: { transport: 'http', url: mcp } },
    auth: { kind: 'mcp-oauth', ...more },
  })
  const opened: URL[] = []
  const memory = createMemoryVault()
  const { clock, advance } = createFakeClock()
  const sso = { issuer: 'https://sso.corp.example', clientId: 'causeway-desktop' }
  seed(memory.values, { ...sso, refreshToken: null, clock })
  const scene = createTestAuth({
    ...{ sso, fetch, document, clock, vault: memory.open(), servers: () => [server] },
    guard: async () => {},
    openUrl: async (url) => opened.push(new URL(url)) > 0,
  })
  const { auth } = scene
  const { id } = server
  const state = async () => (await auth.connections.snapshot()).find((one) => one.id === id) as Connection
  const connect = () => auth.connections.connect({ id, issuer })
  /** The login page sends the browser back. */
  async function answer(parameters: Record<string, string> = {}) {
    const page = opened.at(-1)?.searchParams
    const all = { state: page?.get('state') ?? '', iss: issuer, code: 'code', ...parameters }
    const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''))
    return globalThis.fetch(`${page?.get('redirect_uri')}?${query}`, { redirect: 'manual' })
  }
  async function signIn() {
    await connect()
    await answer()
    await vi.waitFor(async () => expect(await state()).toMatchObject({ state: 'ok' }), 5000)
  }
  const refused = (challenge: string, rejected: Record<string, string> = {}) =>
    auth.headers(server, { rejected, challenge })
  const sent = (path: string) => requests.filter(({ url }) => url.href === `${issuer}${path}`)
  const page = () => Object.fromEntries(opened.at(-1)?.searchParams ?? [])
  onTestFinished(async () => void (await auth.connections.cancel({ id }).catch(() => null)))
  return {
    ...scene,
    server,
    id,
    answers,
    requests,
    memory,
    opened,
    advance,
    state,
    connect,
    answer,
    signIn,
    refused,
    sent,
    page,
  }
}

test('the challenge names the metadata and the scope, the well-known addresses are asked otherwise', async () => {
  const { answers, refused, connect, page, requests } = createScene()
  answers['https://mcp.example/meta'] = () => json(resource)
  await expect(
    refused('Bearer resource_metadata="https://mcp.example/meta", scope="pages:read"'),
  ).rejects.toMatchObject({
    code: 'auth.connect-needed',
  })
  await connect()
  expect(page()).toMatchObject({ scope: 'pages:read', resource: mcp, code_challenge_method: 'S256' })
  expect(requests.map(({ url }) => url.href)).not.toContain(wellKnown.resource)
})

test('metadata of another host is not read on a server’s word', async () => {
  const { answers, refused, connect, requests } = createScene()
  delete answers[wellKnown.resource]
  answers[wellKnown.root] = () => json({ ...resource, resource: 'https://mcp.example' })
  await refused('Bearer resource_metadata="https://elsewhere.example/meta"').catch(() => null)
  await connect()
  expect(requests.map(({ url }) => url.host)).not.toContain('elsewhere.example')
  expect(requests.map(({ url }) => url.href)).toEqual(expect.arrayContaining([wellKnown.resource, wellKnown.root]))
})

test('the name of the server goes out exactly as it wrote it, and must cover the server', async () => {
  const scene = createScene()
  scene.answers[wellKnown.resource] = () => json({ ...resource, resource: 'https://mcp.example' })
  await scene.signIn()
  expect(scene.page().resource).toBe('https://mcp.example')
  expect(scene.sent('/token')[0]?.body.get('resource')).toBe('https://mcp.example')
  for (const other of ['https://mcp.example/v2', 'https://evil.example/v1/mcp', 'not a URL']) {
    const wrong = createScene()
    wrong.answers[wellKnown.resource] = () => json({ ...resource, resource: other })
    await expect(wrong.connect()).rejects.toMatchObject({ code: 'auth.server-sso-invalid' })
  }
})

test('offline_access is asked for only where the authorization server lists it', async () => {
  const plain = createScene()
  await plain.connect()
  expect(plain.page().scope).toBe('read write')
  const listed = createScene()
  listed.answers[wellKnown.issuer] = () => json({ ...metadata, scopes_supported: ['offline_access'] })
  await listed.connect()
  expect(listed.page()).toMatchObject({ scope: 'read write offline_access', prompt: 'consent' })
})

test('an issuer that names another one, or promises no PKCE, or leads to http, is not used', async () => {
  const { code_challenge_methods_supported: _, ...silent } = metadata
  for (const said of [
    { ...metadata, issuer: 'https://other.example' },
    silent,
    { ...metadata, code_challenge_methods_supported: ['plain'] },
    { ...metadata, token_endpoint: 'http://auth.example/token' },
  ]) {
    const { answers, connect, opened } = createScene()
    answers[wellKnown.issuer] = () => json(said)
    await expect(connect()).rejects.toMatchObject({ code: 'auth.server-sso-invalid' })
    expect(opened).toEqual([])
  }
  const vouched = createScene({ document: { allowedIssuers: [{ issuer }] } })
  vouched.answers[wellKnown.issuer] = () => json(silent)
  await vouched.connect()
  expect(vouched.opened).toHaveLength(1)
})

test('metadata that is HTML, too large, a redirect, or not there is said, and nobody is asked', async () => {
  for (const [answer, code] of [
    [() => new Response('<h1>hi</h1>', { headers: { 'content-type': 'text/html' } }), 'auth.server-sso-invalid'],
    [() => new Response('x'.repeat(300_000)), 'auth.server-sso-invalid'],
    [() => Response.redirect('https://evil.example/'), 'auth.server-sso-invalid'],
    [() => new Response('', { status: 404 }), 'auth.server-sso-invalid'],
    [() => new Response('', { status: 503 }), 'auth.server-sso-unreachable'],
  ] as [() => Response, string][]) {
    const { answers, connect, requests } = createScene()
    answers[wellKnown.issuer] = answer
    answers[wellKnown.openid] = answer
    await expect(connect()).rejects.toMatchObject({ code })
    expect(requests.map(({ url }) => url.host)).not.toContain('evil.example')
  }
})

test('OpenID metadata serves where there is no other', async () => {
  const { answers, connect, opened } = createScene()
  delete answers[wellKnown.issuer]
  answers[wellKnown.openid] = () =>
    json({
      ...metadata,
      jwks_uri: `${issuer}/jwks`,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    })
  await connect()
  expect(opened[0]?.origin).toBe(issuer)
})

test('who the app is: as IT registered it, by its own document, by registering; a registration stays with its issuer', async () => {
  const documentUrl = 'https://corp.example/causeway-client.json'
  const named = createScene({ auth: { clientId: 'from-it' }, document: { clientMetadataUrl: documentUrl } })
  await named.connect()
  expect(named.page().client_id).toBe('from-it')
  const listed = createScene({ document: { allowedIssuers: [{ issuer, clientId: 'for-all' }] } })
  await listed.connect()
  expect(listed.page().client_id).toBe('for-all')
  const byDocument = createScene({ document: { clientMetadataUrl: documentUrl } })
  byDocument.answers[wellKnown.issuer] = () => json({ ...metadata, client_id_metadata_document_supported: true })
  await byDocument.connect()
  expect(byDocument.page().client_id).toBe(documentUrl)
  for (const { sent } of [named, listed, byDocument]) expect(sent('/register')).toEqual([])

  const registering = createScene()
  await registering.signIn()
  const redirectUri = registering.page().redirect_uri
  expect(JSON.parse(registering.sent('/register')[0]?.text ?? '')).toMatchObject({
    application_type: 'native',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  })
  const names = [...registering.memory.values.keys()].filter((name) => name.startsWith('oauth-client:'))
  expect(names).toHaveLength(1)
})

test('a client with a secret shows it in the way the authorization server names, at a refresh too', async () => {
  const clientSecret = 'a-1.b_2 c:ü'
  const encoded = 'pre-registered:a-1.b_2+c%3A%C3%BC'
  for (const scene of [
    createScene({ auth: { clientId: 'pre-registered', clientSecret } }),
    createScene({ document: { allowedIssuers: [{ issuer, clientId: 'pre-registered', clientSecret }] } }),
  ]) {
    await scene.signIn()
    await scene.advance(3_590_000)
    await scene.auth.headers(scene.server)
    const shown = scene.sent('/token').map(({ headers }) => atob(headers.get('authorization')?.slice(6) ?? ''))
    // Hyphens and dots as they are: many servers compare without decoding.
    expect(shown).toEqual([encoded, encoded])
    expect(scene.page()).toMatchObject({ client_id: 'pre-registered' })
    expect(scene.opened[0]?.href).not.toContain('a-1.b_2')
  }
  const posting = createScene({ auth: { clientId: 'pre-registered', clientSecret } })
  const methods = { token_endpoint_auth_methods_supported: ['client_secret_post'] }
  posting.answers[wellKnown.issuer] = () => json({ ...metadata, ...methods })
  await posting.signIn()
  const [{ body, headers }] = posting.sent('/token') as [Parameters<Answer>[0]]
  expect([body.get('client_secret'), headers.has('authorization')]).toEqual([clientSecret, false])
})

test('where nothing can be registered, it is IT’s business', async () => {
  const { answers, connect } = createScene()
  const { registration_endpoint: _, ...closed } = metadata
  answers[wellKnown.issuer] = () => json(closed)
  await expect(connect()).rejects.toMatchObject({ code: 'auth.server-sso-refused' })
})

test('pain 8: an audience goes as the issuer wants it', async () => {
  for (const [audience, expected] of [
    ['resource', { resource: mcp }],
    ['audience', { audience: mcp }],
    ['omit', {}],
  ] as const) {
    const { connect, page } = createScene({ document: { allowedIssuers: [{ issuer, audience }] } })
    await connect()
    const { resource: sentResource, audience: sentAudience } = page()
    expect({
      ...(sentResource && { resource: sentResource }),
      ...(sentAudience && { audience: sentAudience }),
    }).toEqual(expected)
  }
})

test('a server of before 2025-06-18 is its own authorization server, at the addresses of that time', async () => {
  const { answers, connect, opened, sent } = createScene()
  delete answers[wellKnown.resource]
  answers['https://mcp.example/register'] = ({ text }) => json({ ...JSON.parse(text), client_id: 'old' }, 201)
  await connect()
  expect(opened[0]?.href).toMatch(/^https:\/\/mcp\.example\/authorize\?/)
  expect(opened[0]?.searchParams.get('resource')).toBeNull()
  expect(sent('/register')).toEqual([])
})

test('case 7: an answer of another issuer is refused, and so is one that should name its issuer and does not', async () => {
  for (const parameters of [
    { iss: 'https://evil.example' },
    { iss: '' },
    { iss: 'https://evil.example', error: 'x', error_description: 'Call 555' },
  ]) {
    const { connect, answer, state, sent } = createScene()
    await connect()
    await answer({ ...parameters, ...('error' in parameters ? { code: '' } : {}) })
    await vi.waitFor(async () => expect((await state()).state).toBe('needs-you'), 5000)
    expect(JSON.stringify(await state())).not.toContain('Call 555')
    expect(sent('/token')).toEqual([])
  }
})

test('edge 31, no scope is asked for again and again: two step-ups for the same wish, then a refusal', async () => {
  const { auth, server, signIn, state, page, refused, connect, answer } = createScene()
  await signIn()
  const challenge = 'Bearer error="insufficient_scope", scope="admin"'
  for (let turn = 0; turn < 2; turn++) {
    const rejected = await auth.headers(server)
    await expect(refused(challenge, rejected)).rejects.toMatchObject({ code: 'auth.more-access-needed' })
    expect(await state()).toMatchObject({ state: 'needs-you' })
    await connect()
    expect(page().scope).toBe('read write admin')
    await answer()
    await vi.waitFor(async () => expect(await state()).toMatchObject({ state: 'ok' }), 5000)
  }
  await expect(refused(challenge, await auth.headers(server))).rejects.toMatchObject({
    code: 'auth.server-sso-refused',
  })
})

test('edge 34, a server that moves to another issuer never gets its new one shown the old tokens', async () => {
  const { auth, server, answers, signIn, refused, requests, state, id } = createScene()
  await signIn()
  const elsewhere = 'https://elsewhere.example'
  answers[wellKnown.resource] = () => json({ ...resource, authorization_servers: [elsewhere] })
  const rejected = await auth.headers(server)
  const before = requests.length
  await expect(refused('Bearer error="invalid_token"', rejected)).rejects.toMatchObject({ code: 'auth.connect-needed' })
  expect(requests.slice(before).map(({ url }) => url.host)).toEqual(['mcp.example'])
  expect(await state()).toMatchObject({ state: 'expired' })
  expect(await auth.connections.connect({ id })).toMatchObject({ state: 'asks', asks: { issuer: elsewhere } })
})

test('a look-alike issuer is shown in both spellings', async () => {
  const { auth, id, answers } = createScene()
  answers[wellKnown.resource] = () => json({ ...resource, authorization_servers: ['https://аuth.example'] })
  expect(await auth.connections.connect({ id })).toMatchObject({
    asks: { host: 'xn--uth-5cd.example', unicodeHost: 'аuth.example' },
  })
})

test('pain 9: a registration that its issuer has forgotten is made anew after a sign-in that came to nothing', async () => {
  const { auth, id, connect, sent, memory, state } = createScene()
  await connect()
  await auth.connections.cancel({ id })
  await vi.waitFor(() =>
    expect([...memory.values.keys()].filter((name) => name.startsWith('oauth-client'))).toEqual([]),
  )
  expect(await state()).toMatchObject({ state: 'none' })
  await connect()
  expect(sent('/register')).toHaveLength(2)
})

test('the token goes to the server it was made for and to no other address', async () => {
  const { auth, server, signIn } = createScene()
  await signIn()
  expect(await auth.headers(server)).toEqual({ authorization: 'Bearer at-1' })
  const moved = ServerConfig.parse({ ...server, endpoint: { transport: 'http', url: 'https://mcp.example/v2/mcp' } })
  expect(await auth.headers(moved)).toEqual({})
})

test('a sign-in that is not finished ends by itself after five minutes', async () => {
  const { connect, advance, state } = createScene()
  await connect()
  await advance(5 * 60_000 + 100)
  expect(await state()).toMatchObject({ state: 'needs-you', problem: { code: 'auth.timed-out' } })
})
