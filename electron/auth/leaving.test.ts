import { expect, test, vi } from 'vitest'
import { createTestAuth, seed } from './fixtures/app.ts'
import { createFakeClock } from './fixtures/fake-clock.ts'
import { createFakeSso } from './fixtures/fake-sso.ts'
import { createMemoryVault } from './fixtures/memory-vault.ts'

function createScene({ metadata = {}, sso: more = {} }: { metadata?: object; sso?: object } = {}) {
  const sso = createFakeSso()
  Object.assign(sso.state.metadata, metadata)
  const { clock } = createFakeClock()
  const memory = createMemoryVault()
  const { issuer, clientId } = sso
  seed(memory.values, { issuer, clientId, refreshToken: sso.issueRefreshToken(), clock })
  const opened: URL[] = []
  const openUrl = async (url: string) => opened.push(new URL(url)) > 0
  const vault = memory.open()
  return {
    sso,
    opened,
    memory,
    ...createTestAuth({ sso: { issuer, ...more }, fetch: sso.fetch, vault, clock, openUrl }),
  }
}
const promptOf = (url: URL | undefined) => url?.searchParams.get('prompt')

test('switching the account signs out here first and lets the person choose at the login page', async () => {
  const { auth, opened, memory, sso } = createScene()
  expect(await auth.switchAccount()).toMatchObject({ state: 'signing-in' })
  expect([...memory.values.keys()]).toEqual([])
  await vi.waitFor(() => expect(sso.sent('/revoke')).toHaveLength(1))
  expect(promptOf(opened[0])).toBe('select_account consent')
  expect(opened[0]?.searchParams.get('login_hint')).toBeNull()
  await auth.cancelSignIn()
  await auth.signIn()
  expect(promptOf(opened[1])).toBe('consent')
})

test('where choosing an account is not known, the login page asks anew', async () => {
  const { auth, opened } = createScene({ metadata: { prompt_values_supported: ['none', 'login', 'consent'] } })
  await auth.switchAccount()
  expect(promptOf(opened[0])).toBe('login consent')
})

test('the browser’s own session ends where the SSO offers that', async () => {
  const { auth, opened, sso } = createScene({ metadata: { end_session_endpoint: 'https://sso.corp.example/logout' } })
  await auth.token({ rejected: 'at-first' })
  expect(await auth.signOutOfBrowser()).toEqual({ state: 'signed-out', problem: null })
  expect(opened.map(({ origin, pathname }) => origin + pathname)).toEqual(['https://sso.corp.example/logout'])
  expect(opened[0]?.searchParams.get('id_token_hint')).toMatch(/^eyJ/)
  await vi.waitFor(() => expect(sso.sent('/revoke')).toHaveLength(1))
})

test('a company’s own page is where the browser’s sign-out ends', async () => {
  const postLogoutRedirect = 'https://corp.example/bye'
  const { auth, opened } = createScene({
    metadata: { end_session_endpoint: 'https://sso.corp.example/logout' },
    sso: { postLogoutRedirect },
  })
  await auth.signOutOfBrowser()
  expect(opened[0]?.searchParams.get('post_logout_redirect_uri')).toBe(postLogoutRedirect)
})

test('where it does not, or leads elsewhere than https, the person is told that the browser may still know them', async () => {
  for (const metadata of [{}, { end_session_endpoint: 'file:///etc/passwd' }]) {
    const { auth, opened } = createScene({ metadata })
    expect(await auth.signOutOfBrowser()).toMatchObject({
      state: 'signed-out',
      problem: { code: 'auth.sign-out-incomplete', detail: expect.stringContaining('browser') },
    })
    expect(opened).toEqual([])
  }
})

test('the client secret of a Google desktop app, which is none, goes with each request for tokens', async () => {
  const { auth, sso } = createScene({ sso: { preset: 'google', clientSecret: 'GOCSPX-not-a-secret' } })
  await auth.token({ rejected: 'at-first' })
  expect(sso.sent('/token')[0]?.body.get('client_secret')).toBe('GOCSPX-not-a-secret')
  const plain = createScene()
  await plain.auth.token({ rejected: 'at-first' })
  expect(plain.sso.sent('/token')[0]?.body.get('client_secret')).toBeNull()
})
