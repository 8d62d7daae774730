import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { AuthState } from '../../shared/contract/auth.ts'
import { type CompanyDocument, ServerConfig } from '../../shared/server-config.ts'
import type { Audience } from './audience.ts'
import { createTestAuth } from './fixtures/app.ts'
import { createFakeClock } from './fixtures/fake-clock.ts'
import { createFakeSso, type FakeSso } from './fixtures/fake-sso.ts'
import { createMemoryVault } from './fixtures/memory-vault.ts'

type Options = {
  sso?: FakeSso
  config?: Partial<CompanyDocument['sso']>
  /** What the login page sends back beside code and state. */
  answers?: Record<string, string>
  audiences?: Audience[]
  stays?: boolean
}

/** An app in front of an SSO that bends; its login page answers by itself unless it `stays`. */
function createScene({
  sso = createFakeSso(),
  config = {},
  answers = {},
  audiences = [],
  stays = false,
}: Options = {}) {
  const memory = createMemoryVault()
  const time = createFakeClock()
  const asked: URLSearchParams[] = []
  const browser = { answers, stays }
  const start = () =>
    createTestAuth({
      ...{ sso: { issuer: sso.issuer, ...config }, fetch: sso.fetch, vault: memory.open(), clock: time.clock },
      audiences: () => audiences,
      openUrl: async (url) => {
        const { searchParams } = new URL(url)
        asked.push(searchParams)
        sso.state.nonce ??= searchParams.get('nonce') ?? undefined
        const state = searchParams.get('state') ?? ''
        const answer = new URLSearchParams({
          state,
          ...('error' in browser.answers ? {} : { code: 'c' }),
          ...browser.answers,
        })
        if (!browser.stays) void fetch(`${searchParams.get('redirect_uri')}?${answer}`).catch(() => {})
        return true
      },
    })
  const app = start()
  const ends = async () => {
    await app.auth.signIn()
    await expect.poll(() => app.auth.snapshot().state, { timeout: 25_000 }).not.toBe('signing-in')
    return app.auth.snapshot()
  }
  return {
    ...app,
    ...memory,
    sso,
    time,
    asked,
    browser,
    ends,
    start,
    redirect: () => asked.at(-1)?.get('redirect_uri') ?? '',
  }
}

const problemOf = (state: AuthState) => ('problem' in state ? state.problem : null)

test('case 1: the SSO is down at the first sign-in: the host and the cause are named, and a retry works', async () => {
  const scene = createScene()
  const refused = new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })
  scene.sso.state.discovery = () => Promise.reject(refused)
  await expect(scene.auth.signIn()).rejects.toMatchObject({
    code: 'auth.sso-unreachable',
    detail: 'sso.corp.example does not answer (ECONNREFUSED)',
  })
  expect(scene.auth.snapshot()).toMatchObject({ state: 'signed-out', problem: { remedy: 'retry' } })
  scene.sso.state.discovery = null
  expect(await scene.ends()).toMatchObject({ state: 'signed-in' })
})

test('case 2: when every registered port is busy, the person is told which, and pointed to the sign-in that needs none', async () => {
  const busy = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => busy.once('listening', resolve))
  onTestFinished(() => void busy.close())
  const { port } = busy.address() as AddressInfo
  const { auth } = createScene({ config: { redirectPorts: [port] } })
  await expect(auth.signIn()).rejects.toMatchObject({
    code: 'auth.ports-busy',
    detail: `ports ${port} of 127.0.0.1; a sign-in with a code on another device needs none of them`,
  })
})

test('case 3: after five minutes the attempt ends, its listener is gone, and a second one works', async () => {
  const scene = createScene({ stays: true })
  await scene.auth.signIn()
  await scene.time.advance(5 * 60_000)
  expect(scene.auth.snapshot()).toMatchObject({ state: 'signed-out', problem: { code: 'auth.timed-out' } })
  await expect(fetch(scene.redirect())).rejects.toThrow()
  scene.browser.stays = false
  scene.sso.state.nonce = undefined
  expect(await scene.ends()).toMatchObject({ state: 'signed-in' })
})

test.for([
  ['generic', [], 'http://127.0.0.1/callback'],
  ['okta', [54321, 54322], 'http://127.0.0.1:54321/callback, http://127.0.0.1:54322/callback'],
] as const)(
  'case 5: after a minute of silence the hint names what IT must register (%s)',
  async ([preset, ports, uri]) => {
    const { auth, time } = createScene({ stays: true, config: { preset, redirectPorts: [...ports] } })
    await auth.signIn()
    await time.advance(59_000)
    expect(auth.snapshot()).toMatchObject({ hint: null })
    await time.advance(2000)
    expect(auth.snapshot()).toMatchObject({ state: 'signing-in', hint: expect.stringContaining(uri) })
  },
)

test('case 6: a stranger’s answer ends nothing', async () => {
  const scene = createScene({ stays: true })
  await scene.auth.signIn()
  expect((await fetch(`${scene.redirect()}?code=x&state=guess`)).status).toBe(400)
  expect((await fetch(`${scene.redirect()}?error=access_denied&state=guess`)).status).toBe(400)
  expect(scene.auth.snapshot()).toMatchObject({ state: 'signing-in' })
  expect(scene.sso.sent('/token')).toEqual([])
})

test.for([
  ['a wrong iss', { iss: 'https://evil.example' }],
  [
    'an error under a wrong iss',
    { iss: 'https://evil.example', error: 'invalid_scope', error_description: 'call 555-1234' },
  ],
  ['an iss with a slash more', { iss: 'https://sso.corp.example/' }],
] as const)('case 7: %s is refused, its code never redeemed and its text never shown', async ([, answers]) => {
  const scene = createScene({ answers })
  const state = await scene.ends()
  expect(state).toMatchObject({ state: 'signed-out', problem: { code: 'auth.answer-refused' } })
  expect(JSON.stringify(state)).not.toMatch(/555|evil|invalid_scope/)
  expect(scene.sso.sent('/token')).toEqual([])
})

test('case 7: an iss that the metadata promises must come', async () => {
  const scene = createScene()
  scene.sso.state.metadata = { authorization_response_iss_parameter_supported: true }
  expect(problemOf(await scene.ends())).toMatchObject({ code: 'auth.answer-refused' })
  expect(scene.sso.sent('/token')).toEqual([])
})

test('an error of the right issuer is named by its code alone', async () => {
  const state = await createScene({ answers: { error: 'invalid_scope', error_description: 'call 555-1234' } }).ends()
  expect(state).toMatchObject({
    problem: { code: 'auth.refused-by-sso', detail: 'sso.corp.example refused (invalid_scope)' },
  })
})

test.for([
  ['another audience', { claims: { aud: 'somebody-else' } }],
  ['another issuer', { claims: { iss: 'https://evil.example' } }],
  ['another nonce', { claims: { nonce: 'replayed' } }],
  ['an end in the past', { claims: { exp: 1_000_000_000 } }],
  ['an unknown key', { header: { kid: 'two' } }],
  ['no signature', { header: { alg: 'none' } }],
  ['a symmetric signature', { header: { alg: 'HS256' } }],
])('case 8: an ID token with %s is refused', async ([, jwt]) => {
  const scene = createScene()
  scene.sso.state.jwt = jwt as FakeSso['state']['jwt']
  const state = await scene.ends()
  expect(state).toMatchObject({ state: 'signed-out', problem: { code: 'auth.answer-refused' } })
  expect([...scene.values.keys()]).toEqual([])
  expect(scene.sso.sent('/jwks').length).toBeLessThanOrEqual(1)
})

test('case 8: keys the SSO has changed are fetched once more, and not again within the minute', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const scene = createScene()
  const again = async () => {
    await scene.auth.signOut()
    scene.sso.state.nonce = undefined
    return scene.ends()
  }
  expect(await scene.ends()).toMatchObject({ state: 'signed-in' })
  scene.sso.changeKey('two')
  vi.setSystemTime(Date.now() + 30_000)
  expect(problemOf(await again())).toMatchObject({ code: 'auth.answer-refused' })
  expect(scene.sso.sent('/jwks')).toHaveLength(1)
  vi.setSystemTime(Date.now() + 60_000)
  expect(await again()).toMatchObject({ state: 'signed-in' })
  expect(scene.sso.sent('/jwks')).toHaveLength(2)
})

test('case 8: an ID token whose signature is not the SSO’s is refused, whatever it says', async () => {
  const scene = createScene()
  scene.sso.state.token = async (request) => {
    const answer = (await scene.sso.tokens(request).json()) as { id_token: string }
    const [head, , signature] = answer.id_token.split('.')
    const claims = {
      iss: scene.sso.issuer,
      aud: scene.sso.clientId,
      sub: 'admin',
      iat: Date.now() / 1000,
      exp: Date.now() / 1000 + 300,
      nonce: scene.sso.state.nonce,
    }
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url')
    return scene.sso.json({ ...answer, id_token: `${head}.${forged}.${signature}` })
  }
  expect(problemOf(await scene.ends())).toMatchObject({ code: 'auth.answer-refused' })
})

test.for([
  ['404', () => new Response('', { status: 404 }), 'auth.issuer-invalid'],
  ['a web page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } }), 'auth.issuer-invalid'],
  ['another issuer', () => Response.json({ issuer: 'https://evil.example' }), 'auth.issuer-invalid'],
  [
    'no token endpoint',
    () => Response.json({ issuer: 'https://sso.corp.example', authorization_endpoint: 'https://sso.corp.example/a' }),
    'auth.issuer-invalid',
  ],
  ['10 MB', () => new Response('x'.repeat(10 * 1024 * 1024)), 'auth.issuer-invalid'],
  [
    'a redirect to http',
    () => new Response(null, { status: 302, headers: { location: 'http://evil.example/' } }),
    'auth.issuer-invalid',
  ],
  [
    'an endpoint over http',
    () =>
      Response.json({
        issuer: 'https://sso.corp.example',
        authorization_endpoint: 'http://evil.example/a',
        token_endpoint: 'http://evil.example/t',
      }),
    'auth.issuer-invalid',
  ],
  ['500', () => new Response('', { status: 500 }), 'auth.sso-unreachable'],
] as const)(
  'case 10: discovery that answers %s is said, no browser opens, and nothing is kept',
  async ([, answer, expected]) => {
    const scene = createScene()
    scene.sso.state.discovery = answer
    await expect(scene.auth.signIn()).rejects.toMatchObject({ code: expected })
    expect(scene.asked).toEqual([])
    expect(readdirSync(scene.folder)).toEqual([])
    scene.sso.state.discovery = null
    expect(await scene.ends()).toMatchObject({ state: 'signed-in' })
  },
)

test('plain http is refused for every issuer but the literal loopback of a build that allows it', async () => {
  for (const issuer of ['http://sso.corp.example', 'http://localhost:1', 'http://127.0.0.1.evil.example']) {
    const { auth } = createTestAuth({ sso: { issuer }, fetch, allowInsecure: true })
    await expect(auth.signIn()).rejects.toMatchObject({ code: 'auth.issuer-invalid' })
  }
  const { auth } = createTestAuth({ sso: { issuer: 'http://127.0.0.1:1' }, fetch, allowInsecure: false })
  await expect(auth.signIn()).rejects.toMatchObject({ code: 'auth.issuer-invalid' })
})

test('case 11: a scope smaller than asked for leaves one signed in, and says what is missing', async () => {
  const scene = createScene({ audiences: [{ scope: 'crm:read crm:write' }] })
  scene.sso.state.token = (request) => scene.sso.tokens(request, { scope: 'openid crm:read' })
  expect(await scene.ends()).toMatchObject({
    state: 'signed-in',
    problem: { code: 'auth.scope-refused', detail: 'not granted: crm:write' },
  })
})

test('more groups than a token can hold are said to be missing (Entra ID)', async () => {
  const scene = createScene()
  scene.sso.state.claims = { name: 'Ada', _claim_names: { groups: 'src1' } }
  expect(await scene.ends()).toMatchObject({
    state: 'signed-in',
    account: { groups: [] },
    problem: { code: 'auth.groups-missing' },
  })
})

test('name and groups that only the userinfo endpoint knows are fetched there; the ID token wins', async () => {
  const scene = createScene()
  scene.sso.state.claims = { email: 'signed@corp.example' }
  scene.sso.state.userinfo = { sub: 'ada', name: 'Ada', email: 'other@corp.example', groups: ['staff'] }
  expect(await scene.ends()).toMatchObject({
    account: { name: 'Ada', email: 'signed@corp.example', groups: ['staff'] },
  })
})

test('userinfo of somebody else is not believed', async () => {
  const scene = createScene()
  scene.sso.state.claims = { email: 'ada@corp.example' }
  scene.sso.state.userinfo = { sub: 'mallory', groups: ['admins'] }
  expect(await scene.ends()).toMatchObject({ account: { name: 'ada@corp.example', groups: [] } })
})

test('case 28: five minutes of clock difference are bridged, a day is said', async () => {
  const near = createScene()
  near.sso.state.aheadMs = -6 * 60_000
  expect(await near.ends()).toMatchObject({ state: 'signed-in' })
  const far = createScene()
  far.sso.state.aheadMs = -26 * 3_600_000
  expect(problemOf(await far.ends())).toMatchObject({
    code: 'auth.clock-wrong',
    detail: '26 hours ahead of the company’s',
  })
})

test('the token endpoint behind a captive portal, a proxy or nothing is said as that', async () => {
  for (const [answer, expected] of [
    [() => new Response('<html>', { headers: { 'content-type': 'text/html' } }), 'auth.network-sign-in'],
    [() => new Response('', { status: 407 }), 'auth.proxy-refused'],
    [() => Promise.reject(new TypeError('fetch failed')), 'auth.sso-unreachable'],
    [() => Response.json({ error: 'invalid_client' }, { status: 401 }), 'auth.refused-by-sso'],
  ] as const) {
    const scene = createScene()
    scene.sso.state.token = answer
    expect(problemOf(await scene.ends())).toMatchObject({ code: expected })
  }
})

test('an SSO without device codes says so', async () => {
  await expect(createScene().auth.signInWithDevice()).rejects.toMatchObject({ code: 'auth.no-device-code' })
})

test('a company that rules sign-ins on other devices out has none', async () => {
  const scene = createScene({ config: { deviceCodeFallback: false } })
  scene.sso.state.metadata = { device_authorization_endpoint: `${scene.sso.issuer}/device` }
  await expect(scene.auth.signInWithDevice()).rejects.toMatchObject({ code: 'auth.no-device-code' })
  expect(scene.sso.sent('/device')).toEqual([])
})

test('the redirect address is written, asked with and hinted at as the company says', async () => {
  const scene = createScene({ stays: true, config: { redirectHost: 'localhost', redirectPath: '/back' } })
  await scene.auth.signIn()
  expect(scene.redirect()).toMatch(/^http:\/\/localhost:\d+\/back$/)
  await scene.time.advance(60_000)
  expect(scene.auth.snapshot()).toMatchObject({ hint: expect.stringContaining('http://localhost/back') })
})

test('a device code’s page over plain http is refused', async () => {
  const sso = createFakeSso()
  sso.state.metadata = { device_authorization_endpoint: `${sso.issuer}/device` }
  const lying = async (url: string, init?: RequestInit) =>
    url.endsWith('/device')
      ? Response.json({ device_code: 'd', user_code: 'AB', verification_uri: 'http://evil.example', expires_in: 60 })
      : sso.fetch(url, init)
  const { auth } = createTestAuth({ sso: { issuer: sso.issuer }, fetch: lying })
  await expect(auth.signInWithDevice()).rejects.toMatchObject({ code: 'auth.answer-refused' })
})

test('without a company there is nothing to sign in to', async () => {
  const { auth } = createTestAuth({ sso: null, fetch })
  await expect(auth.signIn()).rejects.toMatchObject({ code: 'app.no-company' })
})

test('what the company adds to the request is sent; what protects the flow is not its to choose', async () => {
  const extraAuthorizeParams = {
    domain_hint: 'corp.example',
    prompt: 'select_account',
    state: 'x',
    nonce: 'x',
    code_challenge_method: 'plain',
    redirect_uri: 'https://evil.example',
    response_type: 'token',
  }
  const { ends, asked } = createScene({ config: { extraAuthorizeParams } })
  await ends()
  const [sent] = asked
  expect(sent?.getAll('domain_hint')).toEqual(['corp.example'])
  expect(sent?.getAll('prompt')).toEqual(['select_account'])
  expect(sent?.getAll('code_challenge_method')).toEqual(['S256'])
  expect(sent?.getAll('response_type')).toEqual(['code'])
  expect(sent?.getAll('redirect_uri')[0]).toMatch(/^http:\/\/127\.0\.0\.1:/)
  expect(sent?.get('state')).not.toBe('x')
})

const crm: Audience = { resource: 'https://crm.corp.example/mcp', scope: 'crm:read', audience: 'crm' }
const standard = 'openid profile email offline_access'

test.for([
  [
    'generic',
    { prompt: 'consent', scope: `${standard} crm:read`, resource: crm.resource, audience: 'crm' },
    { resource: crm.resource, scope: 'crm:read' },
  ],
  [
    'entra',
    { prompt: null, scope: standard, resource: null, audience: null },
    { resource: null, scope: 'crm:read openid profile offline_access' },
  ],
  ['okta', { prompt: null, scope: `${standard} crm:read` }, { scope: 'crm:read' }],
  ['auth0', { prompt: null, audience: 'crm' }, { audience: 'crm', scope: 'crm:read' }],
  ['keycloak', { prompt: null, scope: `${standard} crm:read` }, { scope: 'crm:read' }],
  [
    'google',
    { access_type: 'offline', prompt: 'consent', scope: 'openid profile email', resource: null },
    { resource: null },
  ],
  ['pingone', { prompt: null, resource: crm.resource }, { resource: crm.resource }],
  ['adfs', { resource: crm.resource, scope: 'openid profile email crm:read' }, { resource: crm.resource }],
] as const)('preset %s asks as this kind of SSO wants to be asked', async ([preset, authorize, refresh]) => {
  const scene = createScene({ config: { preset }, audiences: [crm] })
  await scene.ends()
  for (const [name, value] of Object.entries(authorize))
    expect([name, scene.asked[0]?.get(name)]).toEqual([name, value])
  const rejected = (await scene.auth.token(crm)).reveal()
  await scene.auth.token({ ...crm, rejected })
  const sent = scene.sso.sent('/token').at(-1)?.body
  expect(sent?.get('grant_type')).toBe('refresh_token')
  for (const [name, value] of Object.entries(refresh)) expect([name, sent?.get(name)]).toEqual([name, value])
})

test('where one server takes the plain token no resource is named, and the others’ come by refresh', async () => {
  const scene = createScene({ audiences: [{}, { resource: 'https://crm.corp.example/mcp' }] })
  await scene.ends()
  expect(scene.asked[0]?.has('resource')).toBe(false)
  await scene.auth.token({ resource: 'https://crm.corp.example/mcp' })
  expect(scene.sso.sent('/token').at(-1)?.body.get('resource')).toBe('https://crm.corp.example/mcp')
})

test('case 23: a record that cannot be read is said, kept, and set aside only by a new sign-in', async () => {
  const first = createScene()
  await first.ends()
  const [name = ''] = [...first.values.keys()].filter((key) => key.startsWith('account:'))
  first.values.set(name, '{"version":99}')
  const scene = first.start()
  await scene.auth.opened
  expect(scene.auth.snapshot()).toMatchObject({
    state: 'signed-out',
    problem: { code: 'auth.record-unreadable', remedy: 'sign-in' },
  })
  await expect(scene.auth.token()).rejects.toMatchObject({ code: 'auth.record-unreadable' })
  expect(first.values.get(name)).toBe('{"version":99}')
  first.sso.state.nonce = undefined
  await scene.auth.signIn()
  await expect.poll(() => scene.auth.snapshot().state, { timeout: 20_000 }).toBe('signed-in')
  expect([...first.values].find(([key]) => key.startsWith(`${name}:unreadable-`))?.[1]).toBe('{"version":99}')
})

test('case 24: a vault that cannot take a sign-in does not undo it, and says so', async () => {
  const scene = createScene()
  scene.sso.state.token = (request) => {
    scene.breakWith(new Error('no space left'))
    return scene.sso.tokens(request)
  }
  expect(await scene.ends()).toMatchObject({ state: 'signed-in', problem: { code: 'auth.not-stored' } })
  scene.breakWith(null)
  await scene.time.advance(2000)
  await expect.poll(() => scene.values.size, { timeout: 20_000 }).toBe(2)
})

test('a sign-in that nobody asked for never starts: no state opens a browser', async () => {
  const scene = createScene()
  await scene.ends()
  const opened = scene.asked.length
  scene.sso.state.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
  await scene.auth.token({ rejected: (await scene.auth.token()).reveal() }).catch(() => {})
  await scene.time.advance(3_600_000)
  await scene.auth.retry()
  scene.auth.resumed()
  await scene.time.advance(10_000)
  expect(scene.auth.snapshot()).toMatchObject({ state: 'needs-sign-in' })
  expect(scene.asked).toHaveLength(opened)
})

const crmServer = ServerConfig.parse({
  ...{
    id: 'crm',
    name: 'CRM',
    endpoint: { transport: 'http', url: 'https://crm.corp.example/mcp' },
    auth: { kind: 'sso' },
  },
})
const refusedWith = (headers: Record<string, string>, challenge: string) => ({ rejected: headers, challenge })

test('case 31: a server that wants more scopes gets a sign-in for all of them, on a click, and twice an hour at most', async () => {
  const scene = createScene()
  await scene.ends()
  const { auth, asked } = scene
  const challenge = 'Bearer error="insufficient_scope", scope="crm:write"'
  for (const round of [1, 2]) {
    const headers = await auth.headers(crmServer)
    const calls = [1, 2, 3].map(() => auth.headers(crmServer, refusedWith(headers, challenge)))
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'auth.step-up-needed', detail: 'CRM' })
    expect(auth.snapshot()).toMatchObject({ state: 'signed-in', problem: { code: 'auth.step-up-needed' } })
    expect(asked).toHaveLength(round) // no browser without a click
    scene.sso.state.nonce = undefined
    await scene.ends()
    expect(asked.at(-1)?.get('scope')).toBe(`${standard} crm:write`)
    expect(auth.snapshot()).not.toHaveProperty('problem')
  }
  const headers = await auth.headers(crmServer)
  const refreshes = scene.sso.sent('/token').length
  expect(await auth.headers(crmServer, refusedWith(headers, challenge))).toEqual(headers)
  expect(scene.sso.sent('/token')).toHaveLength(refreshes)
  expect(auth.snapshot()).not.toHaveProperty('problem')
  await scene.time.advance(3_600_000)
  await expect(auth.headers(crmServer, refusedWith(headers, challenge))).rejects.toMatchObject({
    code: 'auth.step-up-needed',
  })
})

const claims = Buffer.from('{"access_token":{"nbf":{"essential":true}}}').toString('base64')

test('a claims challenge of Entra ID is answered by the next sign-in, at the page and at the token endpoint', async () => {
  const scene = createScene({ config: { preset: 'entra' } })
  await scene.ends()
  const challenge = `Bearer error="insufficient_claims", claims="${claims}"`
  const refused = scene.auth.headers(crmServer, refusedWith(await scene.auth.headers(crmServer), challenge))
  await expect(refused).rejects.toMatchObject({ code: 'auth.step-up-needed' })
  scene.sso.state.nonce = undefined
  await scene.ends()
  const wanted = { access_token: { nbf: { essential: true }, xms_cc: { values: ['cp1'] } } }
  expect(JSON.parse(scene.asked.at(-1)?.get('claims') ?? '')).toEqual(wanted)
  expect(JSON.parse(scene.sso.sent('/token').at(-1)?.body.get('claims') ?? '')).toEqual(wanted)
})

test.for([
  ['of another SSO', 'generic', claims],
  ['that cannot be read', 'entra', '%%%'],
] as const)('case 32: a claims challenge %s is ignored and logged', async ([, preset, text]) => {
  const scene = createScene({ config: { preset } })
  await scene.ends()
  const headers = await scene.auth.headers(crmServer)
  const challenge = `Bearer error="insufficient_claims", claims="${text}"`
  expect(await scene.auth.headers(crmServer, refusedWith(headers, challenge))).not.toEqual(headers)
  expect(scene.auth.snapshot()).not.toHaveProperty('problem')
  expect(scene.lines.join('')).toContain('challenge.ignored')
})

test('conditional access at a refresh: the next sign-in carries the claims the SSO named', async () => {
  const scene = createScene({ config: { preset: 'entra' } })
  await scene.ends()
  scene.sso.state.token = () =>
    Response.json({ error: 'interaction_required', claims: '{"access_token":{"acrs":1}}' }, { status: 400 })
  await expect(scene.auth.token({ rejected: (await scene.auth.token()).reveal() })).rejects.toMatchObject({
    code: 'auth.interaction-needed',
  })
  scene.sso.state.token = null
  scene.sso.state.nonce = undefined
  await scene.ends()
  expect(JSON.parse(scene.asked.at(-1)?.get('claims') ?? '')).toMatchObject({ access_token: { acrs: 1 } })
  expect(scene.asked.at(-1)?.get('login_hint')).toBe('ada@corp.example')
})
