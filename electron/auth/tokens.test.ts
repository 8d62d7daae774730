import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AuthState } from '../../shared/contract/auth.ts'
import { createTestAuth, seed } from './fixtures/app.ts'
import { createFakeClock } from './fixtures/fake-clock.ts'
import { createFakeSso } from './fixtures/fake-sso.ts'
import { createMemoryVault } from './fixtures/memory-vault.ts'

const hour = 3_600_000

type SceneOptions = {
  leftMs?: number
  refreshToken?: boolean
  resources?: string[]
  timeoutMs?: number
  openUrl?: (url: string) => Promise<boolean>
}

/** Somebody signed in, whose access token has `leftMs` to go. */
function createScene({ leftMs = hour, refreshToken = true, resources = [], ...more }: SceneOptions = {}) {
  const sso = createFakeSso()
  const time = createFakeClock()
  const memory = createMemoryVault()
  const { issuer, clientId } = sso
  const token = refreshToken ? sso.issueRefreshToken() : null
  seed(memory.values, { issuer, clientId, refreshToken: token, clock: time.clock }, leftMs, resources)
  const start = (also: { cacheFolder?: string } = {}) =>
    createTestAuth({ sso: { issuer }, fetch: sso.fetch, vault: memory.open(), clock: time.clock, ...more, ...also })
  return { sso, time, memory, start, refreshes: () => sso.sent('/token').length }
}
/** Checking a signature takes real time, which no fake clock moves. */
const becomes = (auth: { snapshot: () => AuthState }, state: AuthState['state']) =>
  expect.poll(() => auth.snapshot().state, { timeout: 20_000, interval: 5 }).toBe(state)
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error) => error.code ?? error,
  )

test('a token with time left is handed out without asking anybody', async () => {
  const { start, sso } = createScene()
  const { auth } = start()
  expect((await auth.token()).reveal()).toBe('at-first')
  expect(sso.requests).toEqual([])
})

test('edge 30, pain 1: a token with less than a minute left is renewed ahead of need, and stored before it is used', async () => {
  const { start, memory, refreshes } = createScene({ leftMs: 59_000 })
  const { auth } = start()
  const token = (await auth.token()).reveal()
  expect(token).toMatch(/^at-/)
  expect(token).not.toBe('at-first')
  expect([...memory.values.values()].some((value) => value.includes(token))).toBe(true)
  expect((await auth.token()).reveal()).toBe(token)
  expect(refreshes()).toBe(1)
})

test('a token of a short life is not due the moment it comes', async () => {
  const { start, sso, time, refreshes } = createScene({ leftMs: -1 })
  sso.state.lifeSeconds = 60
  const { auth } = start()
  await auth.token()
  await time.advance(30_000)
  await auth.token()
  expect(refreshes()).toBe(1)
})

test('case 13: SSO down at refresh while the access token is good: calls go on, and the state says so', async () => {
  const { start, sso } = createScene({ leftMs: 30_000 })
  sso.state.token = () =>
    Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }))
  const { auth } = start()
  expect((await auth.token()).reveal()).toBe('at-first')
  expect(auth.snapshot()).toMatchObject({ state: 'signed-in', problem: { code: 'auth.sso-unreachable' } })
  expect(auth.snapshot()).toMatchObject({ problem: { detail: 'sso.corp.example does not answer (ECONNREFUSED)' } })
})

test('case 14: SSO down and access token over: calls fail at once with a retryable error, and recover by themselves', async () => {
  const { start, sso, time, refreshes } = createScene({ leftMs: -1 })
  sso.state.token = () => Promise.reject(new TypeError('fetch failed'))
  const { auth } = start()
  expect(await code(auth.token())).toBe('auth.sso-unreachable')
  expect(auth.snapshot()).toMatchObject({ state: 'offline', account: { name: 'Ada Lovelace' } })
  const asked = refreshes()
  expect(await code(auth.token())).toBe('auth.sso-unreachable')
  expect(refreshes()).toBe(asked) // backing off: the second call did not wait for the network
  sso.state.token = null
  await time.advance(10_000)
  await becomes(auth, 'signed-in')
  expect((await auth.token()).reveal()).toMatch(/^at-/)
})

test('the state turns offline when the last access token ends while the SSO is away', async () => {
  const { start, sso, time } = createScene({ leftMs: 30_000 })
  sso.state.token = () => Promise.reject(new TypeError('fetch failed'))
  const { auth, states } = start()
  await auth.token()
  await time.advance(31_000)
  expect(states.at(-1)).toMatchObject({ state: 'offline' })
})

test('Retry-After is honoured, and a person may ask sooner', async () => {
  const { start, sso, time, refreshes } = createScene({ leftMs: -1 })
  sso.state.token = () => new Response('', { status: 503, headers: { 'retry-after': '120' } })
  const { auth } = start()
  await code(auth.token())
  await time.advance(100_000)
  expect(refreshes()).toBe(1)
  sso.state.token = null
  expect(await auth.retry()).toMatchObject({ state: 'signed-in' })
})

test('failures are asked again after 1, 2, 4 … seconds, at most every five minutes', async () => {
  const { start, sso, time, refreshes } = createScene({ leftMs: -1 })
  sso.state.token = () => new Response('', { status: 502 })
  const { auth } = start()
  await code(auth.token())
  await time.advance(20_000)
  expect(refreshes()).toBeGreaterThan(3)
  expect(refreshes()).toBeLessThan(8)
  await time.advance(2 * hour)
  expect(refreshes()).toBeLessThan(60)
})

test('case 15, pain 2: a revoked refresh token asks once, keeps the record, and no call opens anything', async () => {
  const opened: string[] = []
  const { start, sso, memory, refreshes } = createScene({
    leftMs: -1,
    openUrl: async (url: string) => opened.push(url) > 0,
  })
  sso.state.token = () => sso.json({ error: 'invalid_grant' }, { status: 400 })
  const { auth, states } = start()
  const before = new Map(memory.values)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => code(auth.token())))
  expect(new Set(outcomes)).toEqual(new Set(['auth.session-ended']))
  expect(await code(auth.token())).toBe('auth.session-ended')
  expect(refreshes()).toBe(1)
  expect(states.filter(({ state }) => state === 'needs-sign-in')).toHaveLength(1)
  expect(memory.values).toEqual(before)
  expect(opened).toEqual([])
})

test('case 16: HTTP 400 with an empty body ends the session only when it comes twice, ten seconds apart', async () => {
  const { start, sso, time, refreshes } = createScene({ leftMs: -1 })
  sso.state.token = () => new Response(null, { status: 400 })
  const { auth } = start()
  expect(await code(auth.token())).toBe('auth.sso-unreachable')
  expect(auth.snapshot()).toMatchObject({ state: 'offline' })
  await time.advance(9000)
  expect(refreshes()).toBe(1)
  await time.advance(2000)
  expect(refreshes()).toBe(2)
  expect(auth.snapshot()).toMatchObject({ state: 'needs-sign-in', problem: { code: 'auth.session-ended' } })
})

test('an empty 400 followed by a good answer was a gateway’s mistake', async () => {
  const { start, sso, time } = createScene({ leftMs: -1 })
  sso.state.token = () => new Response(null, { status: 401 })
  const { auth } = start()
  await code(auth.token())
  sso.state.token = null
  await time.advance(11_000)
  await becomes(auth, 'signed-in')
})

test.for([
  [
    'a captive portal’s page',
    () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    'auth.network-sign-in',
  ],
  [
    'a captive portal’s redirect',
    () => new Response(null, { status: 302, headers: { location: 'http://wifi/' } }),
    'auth.network-sign-in',
  ],
  [
    'a proxy’s 403 page',
    () => new Response('<html>', { status: 403, headers: { 'content-type': 'text/html' } }),
    'auth.proxy-refused',
  ],
  ['a proxy’s 407', () => new Response('', { status: 407 }), 'auth.proxy-refused'],
] as const)('case 17: %s at refresh signs nobody out', async ([, answer, expected]) => {
  const { start, sso, memory } = createScene({ leftMs: -1 })
  sso.state.token = answer
  const { auth } = start()
  const before = new Map(memory.values)
  expect(await code(auth.token())).toBe(expected)
  expect(auth.snapshot()).toMatchObject({ state: 'offline', problem: { code: expected } })
  expect(memory.values).toEqual(before)
})

test('case 18: a token endpoint that hangs is given up, asked once more with the same token, and blocks nobody else', async () => {
  const { start, sso, time, refreshes } = createScene({ leftMs: 30_000, timeoutMs: 50 })
  sso.state.token = sso.hang
  const { auth } = start()
  const other = auth.headers({ id: 'x', name: 'X', auth: { kind: 'headers', headers: { 'x-org': '1' } } } as never)
  expect(await other).toEqual({ 'x-org': '1' })
  const waiting = auth.token()
  await expect.poll(refreshes, { timeout: 20_000 }).toBe(2)
  expect((await waiting).reveal()).toBe('at-first')
  const [first, second] = sso.sent('/token')
  expect(first?.body.get('refresh_token')).toBe(second?.body.get('refresh_token'))
  await time.settle()
})

test('a call stops waiting for an SSO that hangs before the refresh itself gives up, and whoever quits sooner still', async () => {
  const { start, sso, time } = createScene({ leftMs: -1, timeoutMs: 15_000 })
  sso.state.token = sso.hang
  const { auth } = start()
  const outcome = code(auth.token())
  await time.advance(16_100)
  expect(await outcome).toBe('auth.sso-unreachable')
  const closed = auth.close()
  await time.advance(5000)
  await closed
})

test('case 19: fifty calls at the second of expiry are one refresh', async () => {
  const { start, refreshes } = createScene({ leftMs: 0 })
  const { auth } = start()
  const tokens = await Promise.all(Array.from({ length: 50 }, () => auth.token()))
  expect(new Set(tokens.map((token) => token.reveal())).size).toBe(1)
  expect(refreshes()).toBe(1)
})

test('case 20: two processes refresh at once: one asks the SSO, the other adopts, both work', async () => {
  const { start, refreshes } = createScene({ leftMs: -1 })
  const [one, two] = [start(), start()]
  const [first, second] = await Promise.all([one.auth.token(), two.auth.token()])
  expect(first.reveal()).toBe(second.reveal())
  expect(refreshes()).toBe(1)
})

test('case 20, edge 30: a process adopts what another stored long ago, and goes on from its refresh token', async () => {
  const { start, time, refreshes } = createScene({ leftMs: hour })
  const [one, two] = [start(), start()]
  await Promise.all([one.auth.opened, two.auth.opened])
  await time.advance(hour)
  await one.auth.token()
  await time.advance(hour)
  await two.auth.token()
  await two.auth.token()
  expect(two.auth.snapshot()).toMatchObject({ state: 'signed-in' })
  expect(refreshes()).toBe(2)
})

test('case 21: killed after the answer and before the vault: the next start asks once and keeps the record', async () => {
  const { start, sso, memory } = createScene({ leftMs: -1 })
  const record = new Map(memory.values)
  await start().auth.token() // the SSO has rotated …
  for (const [name, value] of record) memory.values.set(name, value) // … and the vault never heard of it
  const { auth } = start()
  expect(await code(auth.token())).toBe('auth.session-ended')
  expect(auth.snapshot()).toMatchObject({ state: 'needs-sign-in', account: { name: 'Ada Lovelace' } })
  expect(memory.values).toEqual(record)
  expect(sso.sent('/token')).toHaveLength(2)
})

test('case 24: a full disk while storing: work goes on in memory, warned of, written as soon as it can be, never refreshed twice', async () => {
  const { start, sso, memory, time, refreshes } = createScene({ leftMs: -1 })
  sso.state.token = (request) => {
    memory.breakWith(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
    return sso.tokens(request)
  }
  const { auth } = start()
  const token = (await auth.token()).reveal()
  expect(auth.snapshot()).toMatchObject({ state: 'signed-in', problem: { code: 'auth.not-stored' } })
  await time.advance(5000)
  expect((await auth.token()).reveal()).toBe(token)
  expect(refreshes()).toBe(1)
  memory.breakWith(null)
  await time.advance(60_000)
  expect([...memory.values.values()].some((value) => value.includes(token))).toBe(true)
  expect(auth.snapshot()).not.toHaveProperty('problem')
})

test('case 24: what is newer in memory is not given up for the older record on disk', async () => {
  const { start, sso, memory } = createScene({ leftMs: -1 })
  const { auth } = start()
  const older = new Map(memory.values)
  const token = (await auth.token()).reveal()
  for (const [name, value] of older) memory.values.set(name, value)
  expect((await auth.token({ rejected: token })).reveal()).not.toBe(token)
  expect(auth.snapshot()).toMatchObject({ state: 'signed-in' })
  expect(sso.sent('/token')).toHaveLength(2)
})

test('case 28: a clock set a day ahead costs one refresh, set a day back none, and nothing storms', async () => {
  const { start, time, refreshes } = createScene({ leftMs: hour })
  const { auth } = start()
  await auth.token()
  time.setWall(24 * hour)
  await auth.token()
  await auth.token()
  expect(refreshes()).toBe(1)
  time.setWall(-48 * hour)
  await auth.token()
  expect(refreshes()).toBe(1)
  await time.advance(hour)
  await auth.token()
  expect(refreshes()).toBe(2)
})

test('case 28: after a restart a clock set back does not make a token live for ever', async () => {
  const { start, time, refreshes } = createScene({ leftMs: hour })
  time.setWall(-365 * 24 * hour)
  const { auth } = start()
  await auth.opened
  await time.advance(hour + 1000)
  await auth.token()
  expect(refreshes()).toBe(1)
})

test('case 29: after eight hours of sleep the first call works', async () => {
  const { start, time, refreshes } = createScene({ leftMs: hour })
  const { auth } = start()
  await auth.token()
  time.sleep(8 * hour)
  auth.resumed()
  expect((await auth.token()).reveal()).not.toBe('at-first')
  expect(refreshes()).toBe(1)
})

test('waking up asks again at once what was waited for, a few seconds spread', async () => {
  const { start, sso, time } = createScene({ leftMs: -1 })
  sso.state.token = () => new Response('', { status: 503, headers: { 'retry-after': '3600' } })
  const { auth } = start()
  await code(auth.token())
  sso.state.token = null
  auth.resumed()
  await time.advance(5000)
  await becomes(auth, 'signed-in')
})

test('case 30: a 401 forces one refresh however many calls got it; a second 401 gets the same token back', async () => {
  const { start, refreshes } = createScene()
  const { auth } = start()
  const rejected = (await auth.token()).reveal()
  const fresh = await Promise.all(Array.from({ length: 20 }, () => auth.token({ rejected })))
  const [token = ''] = new Set(fresh.map((secret) => secret.reveal()))
  expect(token).not.toBe(rejected)
  expect(refreshes()).toBe(1)
  expect((await auth.token({ rejected })).reveal()).toBe(token) // a late 401 for the old one
  expect((await auth.token({ rejected: token })).reveal()).toBe(token) // refused again: no loop
  expect(refreshes()).toBe(1)
})

test('renews in the background at about 80 % of a life, and only for those who used it', async () => {
  const { start, time, refreshes } = createScene({ leftMs: hour })
  const { auth, states } = start()
  await auth.token()
  await time.advance(0.7 * hour)
  expect(refreshes()).toBe(0)
  await time.advance(0.2 * hour)
  await expect.poll(() => states.length, { timeout: 20_000, interval: 5 }).toBe(2)
  expect(refreshes()).toBe(1)
  await time.advance(10 * hour)
  expect(refreshes()).toBe(1)
})

test('a provider that gives no new refresh token keeps the old one', async () => {
  const { start, sso, time, refreshes } = createScene({ leftMs: -1 })
  sso.state.rotates = false
  const { auth } = start()
  await auth.token()
  await time.advance(hour)
  await auth.token()
  expect(refreshes()).toBe(2)
  expect(auth.snapshot()).toMatchObject({ state: 'signed-in' })
})

test('without a refresh token the sign-in lasts as long as its access token, and then asks', async () => {
  const { start, time, sso } = createScene({ refreshToken: false })
  const { auth } = start()
  expect((await auth.token()).reveal()).toBe('at-first')
  await time.advance(hour)
  expect(await code(auth.token())).toBe('auth.session-ended')
  expect(sso.requests).toEqual([])
})

test('conditional access asks the person, once, and says which error it was', async () => {
  const { start, sso } = createScene({ leftMs: -1 })
  sso.state.token = () =>
    sso.json(
      { error: 'invalid_grant', suberror: 'basic_action', error_description: 'AADSTS50076: Due to … user ada' },
      { status: 400 },
    )
  const { auth } = start()
  expect(await code(auth.token())).toBe('auth.interaction-needed')
  expect(auth.snapshot()).toMatchObject({
    state: 'needs-sign-in',
    problem: { detail: 'sso.corp.example refused (invalid_grant, AADSTS50076)' },
  })
})

test('a misconfigured client is IT’s business and is not asked again and again', async () => {
  const { start, sso, time, refreshes } = createScene({ leftMs: -1 })
  sso.state.token = () =>
    sso.json({ error: 'invalid_client' }, { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } })
  const { auth } = start()
  expect(await code(auth.token())).toBe('auth.refused-by-sso')
  await time.advance(10 * 60_000)
  expect(refreshes()).toBe(1)
})

test('an audience the SSO refuses is that server’s problem, not the sign-in’s', async () => {
  const { start, sso, refreshes } = createScene()
  sso.state.token = () => sso.json({ error: 'invalid_target' }, { status: 400 })
  const { auth } = start()
  const audience = { audience: 'https://crm.corp.example' }
  expect(await code(auth.token(audience))).toBe('auth.audience-refused')
  expect(await code(auth.token(audience))).toBe('auth.audience-refused')
  expect(refreshes()).toBe(1)
  expect(auth.snapshot()).not.toHaveProperty('problem')
  expect((await auth.token()).reveal()).toBe('at-first')
})

test('an audience the sign-in did not cover is never tried: at some SSOs that would cost the session', async () => {
  const { start, sso } = createScene({ resources: ['https://wiki.corp.example/mcp'] })
  const { auth } = start()
  expect(await code(auth.token({ resource: 'https://crm.corp.example/mcp' }))).toBe('auth.audience-new')
  expect(await code(auth.token({ scope: 'crm:read' }))).toBe('auth.audience-new')
  expect(sso.requests).toEqual([])
})

test('an ID token that fails its checks at refresh costs neither the tokens nor the groups', async () => {
  const { start, sso } = createScene({ leftMs: -1 })
  sso.state.jwt = { claims: { aud: 'somebody-else', groups: ['admins'] } }
  const { auth } = start()
  expect((await auth.token()).reveal()).toMatch(/^at-/)
  expect(auth.account()?.groups).toEqual(['engineering'])
})

test('groups that changed at the company arrive with the refresh', async () => {
  const { start, sso } = createScene({ leftMs: -1 })
  sso.state.claims = { groups: ['sales'] }
  const { auth } = start()
  await auth.token()
  expect(auth.account()).toMatchObject({ name: 'Ada Lovelace', groups: ['sales'] })
})

test('case 12: a refresh that comes back as another person is not used', async () => {
  const { start, sso } = createScene({ leftMs: -1 })
  sso.state.sub = 'mallory'
  const { auth } = start()
  expect(await code(auth.token())).toBe('auth.other-person')
  expect(auth.snapshot()).toMatchObject({ state: 'needs-sign-in', account: { subject: 'ada' } })
})

test('case 28: a clock a day wrong does not cost the session at a refresh', async () => {
  const { start, sso } = createScene({ leftMs: -1 })
  sso.state.aheadMs = -26 * hour
  const { auth } = start()
  expect((await auth.token()).reveal()).toMatch(/^at-/)
  expect(auth.snapshot()).toMatchObject({ state: 'signed-in' })
})

test('offline start: the person is known at once, calls say that the SSO is away, and no browser opens', async () => {
  const opened: string[] = []
  const { start, sso } = createScene({ leftMs: -1, openUrl: async (url) => opened.push(url) > 0 })
  sso.state.discovery = () => Promise.reject(new TypeError('fetch failed'))
  const { auth } = start()
  await auth.opened
  expect(auth.account()?.name).toBe('Ada Lovelace')
  await becomes(auth, 'offline')
  expect(await code(auth.token())).toBe('auth.sso-unreachable')
  expect(opened).toEqual([])
})

test('the SSO’s settings are kept on disk, so that a start needs the token endpoint only', async () => {
  const { start, sso, time } = createScene({ leftMs: -1 })
  const cacheFolder = mkdtempSync(join(tmpdir(), 'causeway-auth-'))
  await start({ cacheFolder }).auth.token()
  await time.advance(hour)
  sso.state.discovery = () => new Response('', { status: 500 })
  const { auth } = start({ cacheFolder })
  expect((await auth.token()).reveal()).toMatch(/^at-/)
  expect(sso.sent('/.well-known/openid-configuration')).toHaveLength(1)
})

test('no log line holds a token', async () => {
  const { start, sso, memory } = createScene({ leftMs: -1 })
  const { auth, lines } = start()
  const token = (await auth.token()).reveal()
  sso.state.token = () => new Response(null, { status: 400 })
  await code(auth.token({ rejected: token }))
  const secrets = [...memory.values.values()].flatMap((value) =>
    [...value.matchAll(/"(?:rt|at)-[^"]+"/g)].map(([text]) => text.slice(1, -1)),
  )
  expect(secrets.length).toBeGreaterThan(0)
  expect(lines.length).toBeGreaterThan(0)
  for (const secret of secrets) expect(lines.join('')).not.toContain(secret)
})
