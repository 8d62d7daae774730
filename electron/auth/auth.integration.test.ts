import { expect, test } from 'vitest'
import type { AuthState } from '../../shared/contract/auth.ts'
import { createTestAuth } from './fixtures/app.ts'
import { createBrowser } from './fixtures/login.ts'
import { createMemoryVault } from './fixtures/memory-vault.ts'
import { resource, startSso } from './fixtures/sso.ts'

type Scene = Partial<Parameters<typeof createTestAuth>[0]> & { user?: string; issuer: string }

/** An app whose browser signs in as `user`, by itself, as soon as it is asked to open. */
function createPerson({ user = 'ada', issuer, ...more }: Scene) {
  const opened: string[] = []
  const pages: Promise<{ html: string }>[] = []
  const memory = createMemoryVault()
  const person = { user }
  const app = createTestAuth({
    ...{ sso: { issuer }, fetch, vault: memory.open(), allowInsecure: true },
    openUrl: async (url) => {
      opened.push(url)
      if (person.user) pages.push(createBrowser().login(url, person.user))
      return true
    },
    ...more,
  })
  const becomes = (state: AuthState['state']) =>
    expect.poll(() => app.auth.snapshot().state, { timeout: 25_000 }).toBe(state)
  const signIn = async () => {
    await app.auth.signIn()
    await becomes('signed-in')
  }
  return { ...app, ...memory, opened, pages, becomes, signIn, person }
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error) => error.code ?? error,
  )

test('signs in through the browser and comes back with name, mail and groups', async () => {
  const { issuer } = await startSso({ groups: { ada: ['engineering', 'admins'] } })
  const { auth, opened, pages, signIn, values } = createPerson({ issuer })
  await auth.opened
  expect(auth.snapshot()).toEqual({ state: 'signed-out', problem: null })
  await signIn()
  expect(auth.snapshot()).toMatchObject({
    state: 'signed-in',
    account: { issuer, subject: 'ada', name: 'Ada', email: 'ada@corp.example', groups: ['engineering', 'admins'] },
    kept: 'keychain',
  })
  expect(auth.account()?.id).toMatch(/^[0-9a-f]{32}$/)
  expect((await pages[0])?.html).toContain('You can close this page')
  const url = new URL(opened[0] ?? '')
  expect(url.searchParams.get('code_challenge_method')).toBe('S256')
  expect(url.searchParams.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
  expect([...values.keys()].some((name) => name.includes(auth.account()?.id ?? '-'))).toBe(true)
  expect((await auth.token()).reveal()).toBeTruthy()
})

test('the next start is signed in without a browser', async () => {
  const { issuer } = await startSso()
  const first = createPerson({ issuer })
  await first.signIn()
  const second = createPerson({ issuer, vault: first.open() })
  await second.auth.opened
  expect(second.auth.snapshot()).toMatchObject({ state: 'signed-in', account: { name: 'Ada' } })
  expect((await second.auth.token()).reveal()).toBe((await first.auth.token()).reveal())
  expect(second.opened).toEqual([])
})

test('a rotating SSO: a 401 in two processes at once is one refresh', async () => {
  const sso = await startSso({ rotates: true })
  const one = createPerson({ issuer: sso.issuer })
  await one.signIn()
  const two = createPerson({ issuer: sso.issuer, vault: one.open() })
  const rejected = (await two.auth.token()).reveal()
  const asked = sso.asked('/token')
  const both = await Promise.all([one.auth.token({ rejected }), two.auth.token({ rejected })])
  const [token, ...others] = new Set(both.map((secret) => secret.reveal()))
  expect(others).toEqual([])
  expect(token).not.toBe(rejected)
  expect(sso.asked('/token')).toBe(asked + 1)
})

test('a rotating SSO: two processes refresh in turn for as long as they like', async () => {
  const { issuer } = await startSso({ rotates: true, accessTokenSeconds: 1 })
  const one = createPerson({ issuer })
  await one.signIn()
  const two = createPerson({ issuer, vault: one.open() })
  let last = ''
  for (const { auth } of [one, two, one, two, two, one]) {
    await expect.poll(async () => (await auth.token()).reveal() !== last, { timeout: 20_000 }).toBe(true)
    last = (await auth.token()).reveal()
  }
  expect([one, two].map(({ auth }) => auth.snapshot().state)).toEqual(['signed-in', 'signed-in'])
})

test('a token for one server carries that server’s audience, verbatim', async () => {
  const { issuer } = await startSso()
  const audience = { resource, scope: 'crm:read' }
  const { auth, signIn } = createPerson({ issuer, audiences: () => [audience] })
  await signIn()
  const { authorization = '' } = await auth.headers({
    id: 'crm',
    name: 'CRM',
    auth: { kind: 'sso', ...audience },
  } as never)
  const claims = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString())
  expect(claims).toMatchObject({ aud: resource, sub: 'ada', scope: 'crm:read' })
})

test('case 3, edge 33: a closed tab can be tried again, with the same attempt and never a second listener', async () => {
  const { issuer } = await startSso()
  const { auth, opened, becomes, person } = createPerson({ issuer, user: '' })
  await Promise.all([auth.signIn(), auth.signIn()])
  expect(await auth.signIn()).toMatchObject({ state: 'signing-in', browserOpened: true, loginUrl: opened[0] })
  expect(new Set(opened).size).toBe(1)
  expect(await auth.cancelSignIn()).toEqual({ state: 'signed-out', problem: null })
  const redirect = new URL(opened[0] ?? '').searchParams.get('redirect_uri') ?? ''
  await expect(fetch(redirect)).rejects.toThrow()
  person.user = 'ada'
  await auth.signIn()
  await becomes('signed-in')
  expect(new Set(opened).size).toBe(2)
})

test('case 4: Cancel at the login page leaves one signed out, and blames nobody', async () => {
  const { issuer } = await startSso()
  const page = Promise.withResolvers<{ html: string }>()
  const { auth, becomes } = createPerson({
    issuer,
    openUrl: async (url) => {
      page.resolve(createBrowser().refuse(url))
      return true
    },
  })
  await auth.signIn()
  await becomes('signed-out')
  expect(auth.snapshot()).toMatchObject({ problem: { code: 'auth.cancelled', remedy: 'sign-in' } })
  expect((await page.promise).html).toContain('was not completed')
})

test('case 9: without a browser the address is shown, and the sign-in completes from wherever it is opened', async () => {
  const { issuer } = await startSso()
  const { auth, becomes } = createPerson({ issuer, openUrl: () => Promise.reject(new Error('no display')) })
  const state = await auth.signIn()
  expect(state).toMatchObject({ state: 'signing-in', browserOpened: false })
  if (state.state === 'signing-in') await createBrowser().login(state.loginUrl, 'ada')
  await becomes('signed-in')
})

test('case 12: coming back as another person is refused; after signing out it is a switch, and nothing is mixed', async () => {
  const { issuer } = await startSso()
  const { auth, person, signIn, values, becomes } = createPerson({ issuer })
  await signIn()
  const before = new Map(values)
  person.user = 'mallory'
  await auth.signIn()
  await becomes('signed-in')
  expect(auth.snapshot()).toMatchObject({ account: { name: 'Ada' }, problem: { code: 'auth.other-person' } })
  expect(values).toEqual(before)
  await auth.signOut()
  await signIn()
  expect(auth.account()?.name).toBe('Mallory')
  expect([...values.keys()].filter((name) => name.startsWith('account:'))).toHaveLength(1)
})

test('sign-out revokes at the SSO, forgets here, and the old refresh token is dead', async () => {
  const sso = await startSso()
  const { auth, signIn, values } = createPerson({ issuer: sso.issuer })
  await signIn()
  const stolen = JSON.parse([...values.values()].find((value) => value.includes('refreshToken')) ?? '{}').refreshToken
  expect(await auth.signOut()).toEqual({ state: 'signed-out', problem: null })
  expect(values.size).toBe(0)
  expect(await code(auth.token())).toBe('auth.signed-out')
  await auth.close()
  expect(sso.asked('/token/revocation')).toBe(1)
  const answer = await fetch(`${sso.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: stolen, client_id: 'causeway-desktop' }),
  })
  expect(await answer.json()).toMatchObject({ error: 'invalid_grant' })
})

test('case 33: signing out with the SSO down takes effect at once, and says that the SSO could not be told', async () => {
  const sso = await startSso()
  const { auth, signIn, values, states } = createPerson({ issuer: sso.issuer })
  await signIn()
  await sso.stop()
  expect(await auth.signOut()).toMatchObject({ state: 'signed-out' })
  expect(values.size).toBe(0)
  await expect
    .poll(() => states.at(-1), { timeout: 20_000 })
    .toMatchObject({
      state: 'signed-out',
      problem: { code: 'auth.sign-out-incomplete' },
    })
})

test('case 33: an SSO that hangs does not hold a sign-out up', async () => {
  let hang = false
  const sso = await startSso({ before: () => hang })
  const { auth, signIn, states } = createPerson({ issuer: sso.issuer })
  await signIn()
  hang = true
  expect(await auth.signOut()).toEqual({ state: 'signed-out', problem: null }) // the SSO is still being told
  await expect
    .poll(() => states.at(-1), { timeout: 20_000 })
    .toMatchObject({ problem: { code: 'auth.sign-out-incomplete' } })
})

test('case 34: a sign-out during running calls ends all of them, and nothing is written afterwards', async () => {
  let hang = false
  const sso = await startSso({ before: () => hang })
  const { auth, signIn, values } = createPerson({ issuer: sso.issuer })
  await signIn()
  const rejected = (await auth.token()).reveal()
  hang = true
  const calls = Array.from({ length: 20 }, () => code(auth.token({ rejected })))
  await expect.poll(() => sso.asked('/token')).toBe(2)
  await auth.signOut()
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['auth.signed-out']))
  expect(values.size).toBe(0)
})

test('an SSO that forgot everything asks once; signing in again as the same person mends it', async () => {
  let forgetful = false
  const sso = await startSso({
    before(request, response) {
      if (!forgetful || request.url !== '/token') return false
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      return true
    },
  })
  const { auth, signIn, states } = createPerson({ issuer: sso.issuer })
  await signIn()
  const rejected = (await auth.token()).reveal()
  forgetful = true
  expect(await code(auth.token({ rejected }))).toBe('auth.session-ended')
  expect(auth.snapshot()).toMatchObject({ state: 'needs-sign-in', account: { name: 'Ada' } })
  forgetful = false
  await signIn()
  expect(states.filter(({ state }) => state === 'needs-sign-in')).toHaveLength(1)
  expect((await auth.token({ rejected })).reveal()).not.toBe(rejected)
})

test('a sign-in on another device shows a code, which the person types elsewhere', async () => {
  const { issuer } = await startSso()
  const { auth, becomes, opened } = createPerson({ issuer })
  const state = await auth.signInWithDevice()
  if (state.state !== 'signing-in' || !state.device) throw new Error('no device code')
  expect(state.device.userCode).toMatch(/^[A-Z0-9-]{4,}$/)
  expect(opened).toEqual([])
  const browser = createBrowser()
  const page = await browser.follow(state.device.verificationUrl)
  const xsrf = /name="xsrf" value="(\w+)"/.exec(page.html)?.[1] ?? ''
  const { userCode: user_code } = state.device
  await browser.post(state.device.verificationUrl, { xsrf, user_code })
  const { url } = await browser.post(state.device.verificationUrl, { xsrf, user_code, confirm: 'yes' })
  await browser.login(url, 'ada')
  await becomes('signed-in')
})

test('no log line, state or error holds a code, a verifier or a token', async () => {
  const { issuer } = await startSso()
  const { auth, lines, states, signIn, values, opened } = createPerson({ issuer })
  await signIn()
  const rejected = (await auth.token()).reveal()
  await auth.token({ rejected })
  const stored = JSON.parse([...values.values()].find((value) => value.includes('refreshToken')) ?? '{}')
  const text = lines.join('\n') + JSON.stringify(states)
  for (const secret of [rejected, stored.refreshToken, stored.idToken, stored.grants[0].accessToken]) {
    expect(secret.length).toBeGreaterThan(20)
    expect(text).not.toContain(secret)
  }
  expect(lines.join('\n')).not.toContain(new URL(opened[0] ?? '').searchParams.get('state'))
})
