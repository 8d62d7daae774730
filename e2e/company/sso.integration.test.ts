import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bearer, connectClient, overHttp, textOf } from './clients.ts'
import { type Company, startCompany } from './company.ts'
import { companyAudience } from './people.ts'
import { askToken, createBrowser, post, refresh, signIn, Tokens } from './sign-in.ts'
import { clientId, scopes } from './sso/configuration.ts'

let company: Company
beforeEach(async () => {
  company = await startCompany()
})
afterEach(() => company.close())

test('a sign-in gives an ID token with name, e-mail and groups', async () => {
  const tokens = await signIn(company, 'ana')
  const keys = createRemoteJWKSet(new URL(`${company.issuer}/jwks`))
  const { payload } = await jwtVerify(tokens.id_token, keys, { issuer: company.issuer, audience: 'causeway-desktop' })
  expect(payload).toMatchObject({
    sub: 'ana',
    name: 'Ana Almeida',
    email: 'ana@fernhill.example',
    groups: ['engineering', 'admins'],
  })
  expect(company.sso.counts).toMatchObject({ authorizations: 1, codes: 1, refreshes: 0 })
})

test('a refresh token works once, and using an old one again ends the whole family', async () => {
  const first = await signIn(company, 'ben')
  const second = Tokens.parse(await (await refresh(company.issuer, first.refresh_token)).json())
  expect(second.refresh_token).not.toBe(first.refresh_token)

  const reused = await refresh(company.issuer, first.refresh_token)
  expect([reused.status, await reused.json()]).toMatchObject([400, { error: 'invalid_grant' }])
  const family = await refresh(company.issuer, second.refresh_token)
  expect([family.status, await family.json()]).toMatchObject([400, { error: 'invalid_grant' }])
  expect(company.sso.counts).toMatchObject({ refreshes: 1, refusals: 2 })
})

test('without rotation a refresh token can be used again', async () => {
  company.sso.rules.rotate = false
  const { refresh_token } = await signIn(company, 'ben')
  expect((await refresh(company.issuer, refresh_token)).status).toBe(200)
  expect((await refresh(company.issuer, refresh_token)).status).toBe(200)
})

test('a revoked refresh token is refused', async () => {
  const { refresh_token } = await signIn(company, 'cho')
  const revoked = await post(`${company.issuer}/token/revocation`, { token: refresh_token })
  expect(revoked.status).toBe(200)
  expect(await (await refresh(company.issuer, refresh_token)).json()).toMatchObject({ error: 'invalid_grant' })
})

test('a token is made for the server it was asked for, and for the company otherwise', async () => {
  const { access_token, refresh_token } = await signIn(company, 'ana')
  expect(decodeJwt(access_token).aud).toBe(companyAudience)
  const narrowed = await refresh(company.issuer, refresh_token, { resource: company.resources.sentry })
  const tokens = Tokens.parse(await narrowed.json())
  expect(decodeJwt(tokens.access_token).aud).toBe(company.resources.sentry)
  const unknown = await refresh(company.issuer, tokens.refresh_token, { resource: 'https://elsewhere.example/' })
  expect(await unknown.json()).toMatchObject({ error: 'invalid_target' })
})

test('new groups are in the tokens of the next refresh', async () => {
  const { refresh_token } = await signIn(company, 'cho')
  company.sso.setGroups('cho', ['admins'])
  const tokens = Tokens.parse(await (await refresh(company.issuer, refresh_token)).json())
  expect([decodeJwt(tokens.access_token).groups, decodeJwt(tokens.id_token).groups]).toEqual([['admins'], ['admins']])
})

test('lifetimes can change while it runs', async () => {
  company.sso.lifetimes.accessToken = 7
  expect((await signIn(company, 'ana')).expires_in).toBe(7)
})

test('the person can refuse, and the app is told', async () => {
  await expect(signIn(company, 'nobody')).rejects.toThrow('error=access_denied')
})

test('a device without a browser gets its tokens once the code is confirmed', async () => {
  const started = await post(`${company.issuer}/device/auth`, { scope: scopes.join(' ') })
  const device = (await started.json()) as { device_code: string; user_code: string; verification_uri: string }
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device.device_code }
  expect(await (await askToken(company.issuer, grant)).json()).toMatchObject({ error: 'authorization_pending' })

  const browser = createBrowser()
  const entered = await browser.submit(await browser.open(device.verification_uri), { user_code: device.user_code })
  expect(entered.text).toContain(device.user_code)
  const login = await browser.submit(entered)
  const done = await browser.submit(login, { person: 'cho', do: 'sign-in' })
  expect(done.text).toContain('You are signed in')
  const tokens = Tokens.parse(await (await askToken(company.issuer, grant)).json())
  expect(decodeJwt(tokens.id_token).sub).toBe('cho')
})

test('the end-session page signs out', async () => {
  const { id_token } = await signIn(company, 'ana')
  const url = new URL('/session/end', company.issuer)
  url.search = new URLSearchParams({
    id_token_hint: id_token,
    post_logout_redirect_uri: 'http://127.0.0.1:51234/signed-out',
  }).toString()
  const browser = createBrowser()
  const done = await browser.submit(await browser.open(url.href), { logout: 'yes' })
  expect(done.url).toBe('http://127.0.0.1:51234/signed-out')
})

test('a partner’s server has an issuer of its own, where an app can register itself', async () => {
  const { partner, close } = await startCompany({ partner: true })
  try {
    const { issuer = '', url = '' } = { issuer: partner?.sso.issuer, url: partner?.entry.endpoint.url }
    const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
    const registered = await fetch(metadata.registration_endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: 'Causeway',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['http://127.0.0.1/callback'],
      }),
    })
    const { client_id } = (await registered.json()) as { client_id: string }
    const { access_token } = await signIn({ issuer }, 'guest-ana', { client: client_id })
    const client = await connectClient(overHttp(url, bearer(access_token)))
    expect(textOf(await client.callTool({ name: 'search_pages', arguments: { query: 'berth' } }))).toContain('berth 4')
    await client.close()

    const companyToken = (await signIn(company, 'ana')).access_token
    await expect(connectClient(overHttp(url, bearer(companyToken)))).rejects.toThrow()
  } finally {
    await close()
  }
})

test.each([
  ['invalid-grant', 400],
  ['empty-400', 400],
  ['captive-portal', 200],
  ['proxy-403', 403],
  ['unavailable-503', 503],
] as const)('the token endpoint can refuse in the shape of %s, once', async (shape, status) => {
  const { refresh_token } = await signIn(company, 'ana')
  company.sso.refuse(shape)
  const refused = await refresh(company.issuer, refresh_token)
  expect(refused.status).toBe(status)
  const body = await refused.text()
  expect(() => Tokens.parse(JSON.parse(body))).toThrow()
  expect((await refresh(company.issuer, refresh_token)).status).toBe(200)
})

test('a sign-in without PKCE is refused', async () => {
  const start = new URL('/auth', company.issuer)
  start.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1:51234/callback',
    scope: 'openid',
  }).toString()
  expect((await createBrowser().open(start.href)).url).toContain('error=invalid_request')
})

test('a redirect URI that is not registered is refused on the page, without a redirect', async () => {
  const start = `${company.issuer}/auth?client_id=${clientId}&response_type=code&redirect_uri=http://127.0.0.1:51234/other`
  const { url, text } = await createBrowser().open(start)
  expect(url).toBe(start)
  expect(text).toContain('redirect_uri did not match')
})

test('the login page needs no script and nothing from elsewhere', async () => {
  const start = new URL('/auth', company.issuer)
  start.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1:51234/callback',
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  }).toString()
  const { headers, text: page } = await createBrowser().open(start.href)
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(page).not.toMatch(/<script|src=|href=|url\(|@import/)
  for (const { name } of company.people) expect(page).toContain(name)
  expect(page).toContain('no password is checked')
})
