import { expect, test } from 'vitest'
import { Problem } from '../../shared/problems.ts'
import { createSignal } from '../lib/signal.ts'
import { createTestAuth, seed } from './fixtures/app.ts'
import { createFakeClock } from './fixtures/fake-clock.ts'
import { createFakeSso } from './fixtures/fake-sso.ts'
import { createMemoryVault } from './fixtures/memory-vault.ts'

function createScene() {
  const sso = createFakeSso()
  const { clock } = createFakeClock()
  const memory = createMemoryVault()
  const vaultChanged = createSignal<void>()
  const { issuer, clientId } = sso
  seed(memory.values, { issuer, clientId, refreshToken: sso.issueRefreshToken(), clock })
  const start = () =>
    createTestAuth({ sso: { issuer }, fetch: sso.fetch, vault: { ...memory.open(), changed: vaultChanged.on }, clock })
  return { sso, ...memory, start, unlock: () => vaultChanged.emit() }
}

test('until the vault has answered, the state says that it is being read', async () => {
  const { start } = createScene()
  const { auth } = start()
  expect(auth.snapshot()).toMatchObject({ state: 'signed-out', problem: { code: 'auth.opening' } })
  await auth.opened
  expect(auth.snapshot()).toMatchObject({ state: 'signed-in' })
})

test('before the company is known nobody is signed out: a sign-in and a sign-out asked for then wait for it', async () => {
  const { sso, values, ...scene } = createScene()
  const company = Promise.withResolvers<void>()
  const opened: string[] = []
  const { auth, states } = createTestAuth({
    ...{ sso: { issuer: sso.issuer }, fetch: sso.fetch, vault: scene.open(), companyKnown: company.promise },
    openUrl: async (url) => opened.push(url) > 0,
  })
  const signIn = auth.signIn()
  expect(auth.snapshot()).toMatchObject({ state: 'signed-out', problem: { code: 'auth.opening' } })
  await new Promise((resolve) => setImmediate(resolve))
  expect(auth.snapshot()).toMatchObject({ problem: { code: 'auth.opening' } })
  company.resolve()
  expect(await signIn).toMatchObject({ state: 'signing-in' })
  await auth.cancelSignIn()
  expect(states.map(({ state }) => state)).toEqual(['signed-in', 'signing-in', 'signed-in'])
  expect(new URL(opened[0] ?? '').searchParams.get('login_hint')).toBe('ada@corp.example')
  const leaving = auth.signOut()
  await leaving
  expect(values.size).toBe(0)
})

test('a vault that opens while the login page is shown brings the person back, and the page is no longer waited for', async () => {
  const { start, breakWith, unlock } = createScene()
  breakWith(new Problem('vault.locked'))
  const { auth } = start()
  expect(await auth.signIn()).toMatchObject({ state: 'signing-in' })
  unlock()
  await new Promise((resolve) => setImmediate(resolve))
  expect(auth.snapshot()).toMatchObject({ state: 'signing-in' })
  breakWith(null)
  unlock()
  await expect.poll(() => auth.snapshot().state).toBe('signed-in')
})

test('case 25: a locked keychain is not a signed-out person: it is said, and unlocking brings them back', async () => {
  const { start, breakWith, values, unlock } = createScene()
  const before = new Map(values)
  breakWith(new Problem('vault.locked'))
  const { auth } = start()
  await auth.opened
  expect(auth.snapshot()).toMatchObject({ state: 'signed-out', problem: { code: 'vault.locked' } })
  await expect(auth.token()).rejects.toMatchObject({ code: 'vault.locked' })
  expect(values).toEqual(before)
  breakWith(null)
  unlock()
  await expect.poll(() => auth.snapshot().state).toBe('signed-in')
})

test('a refresh under way when the app quits is waited for and stored: the SSO has taken the old token already', async () => {
  const { start, sso } = createScene()
  const first = start()
  await first.auth.opened
  const answered = Promise.withResolvers<void>()
  sso.state.token = async (request) => {
    sso.state.token = null
    const answer = await sso.answer(request)
    await answered.promise
    return answer
  }
  const call = first.auth.token({ rejected: 'at-first' })
  await expect.poll(() => sso.sent('/token').length).toBe(1)
  const closed = first.auth.close()
  await expect(first.auth.token({ resource: 'https://crm.corp.example/mcp' })).rejects.toThrow()
  answered.resolve()
  await closed
  expect((await call).reveal()).toMatch(/^at-/)
  const next = start()
  expect((await next.auth.token({ rejected: (await call).reveal() })).reveal()).toMatch(/^at-/)
  expect(next.auth.snapshot()).toMatchObject({ state: 'signed-in' })
})

test('where the vault cannot say who is signed in, a sign-out does not pretend', async () => {
  const { start, breakWith, values } = createScene()
  breakWith(new Problem('vault.locked'))
  const { auth } = start()
  expect(await auth.signOut()).toMatchObject({ state: 'signed-out', problem: { code: 'vault.locked' } })
  expect(values.size).toBe(2)
})

test('a sign-out deletes the record and who was signed in, and a second one does nothing', async () => {
  const { start, values, sso } = createScene()
  const { auth, states } = start()
  await auth.opened
  expect(await auth.signOut()).toEqual({ state: 'signed-out', problem: null })
  expect(values.size).toBe(0)
  expect(auth.account()).toBeNull()
  await auth.signOut()
  await auth.close()
  expect(sso.sent('/revoke').map(({ body }) => body.get('token_type_hint'))).toEqual(['refresh_token'])
  expect(states.filter(({ state }) => state === 'signed-out')).toHaveLength(1)
})

test('a record that the vault cannot delete is said', async () => {
  const { start, breakWith } = createScene()
  const { auth } = start()
  await auth.opened
  breakWith(new Error('read-only'))
  expect(await auth.signOut()).toMatchObject({ state: 'signed-out', problem: { code: 'auth.sign-out-incomplete' } })
})

test('an SSO without revocation has nothing to be told, and one that wants a bearer gets it', async () => {
  const without = createScene()
  without.sso.state.metadata = { revocation_endpoint: undefined }
  const first = without.start()
  await first.auth.opened
  await first.auth.signOut()
  await first.auth.close()
  expect(first.auth.snapshot()).toEqual({ state: 'signed-out', problem: null })

  const bearer = createScene()
  bearer.sso.state.revocation = ({ headers }) =>
    new Response('', { status: headers.has('authorization') ? 200 : 401, headers: { 'www-authenticate': 'Bearer' } })
  const second = bearer.start()
  await second.auth.opened
  await second.auth.signOut()
  await second.auth.close()
  expect(second.auth.snapshot()).toEqual({ state: 'signed-out', problem: null })
  expect(bearer.sso.sent('/revoke').at(-1)?.headers.get('authorization')).toBe('Bearer at-first')
})

test('signed out in another process is signed out here at the next refresh, and nothing is written back', async () => {
  const { start, values } = createScene()
  const [here, there] = [start(), start()]
  await here.auth.opened
  await there.auth.signOut()
  await expect(here.auth.token({ rejected: 'at-first' })).rejects.toMatchObject({ code: 'auth.signed-out' })
  expect(here.auth.snapshot()).toMatchObject({ state: 'signed-out' })
  expect(values.size).toBe(0)
})

test('signed out in another process while the SSO answers: what comes is not written back and not used', async () => {
  const { start, sso, values } = createScene()
  const [here, there] = [start(), start()]
  await here.auth.opened
  sso.state.token = async (request) => {
    await there.auth.signOut()
    return sso.tokens(request)
  }
  await expect(here.auth.token({ rejected: 'at-first' })).rejects.toMatchObject({ code: 'auth.signed-out' })
  expect(values.size).toBe(0)
  expect(here.auth.snapshot()).toMatchObject({ state: 'signed-out' })
})

test('a listener hears a state once, not once for each cause', async () => {
  const { start } = createScene()
  const { auth, states } = start()
  await auth.token()
  await auth.retry()
  expect(states.map(({ state }) => state)).toEqual(['signed-in'])
})
