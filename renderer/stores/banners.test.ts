import { expect, test } from 'vitest'
import type { AuthState } from '../../shared/contract/auth.ts'
import { Problem } from '../../shared/problems.ts'
import { createWorld } from '../scenarios/world.ts'
import { toBanners } from './banners.ts'

const { auth, vault, catalog } = createWorld()
const account = auth.state === 'signed-in' ? auth.account : undefined
const calm = { auth, vault, catalog, hasCompany: true }
const kinds = (change: Partial<typeof calm>) => toBanners({ ...calm, ...change }).map(({ kind }) => kind)
const signedOut: AuthState = { state: 'signed-out', problem: null }

test('a good day has no banner', () => {
  expect(kinds({})).toEqual([])
})

test('each state of the sign-in has its banner, and none of them is an alarm', () => {
  if (!account) throw new Error('the world is signed in')
  const problem = new Problem('auth.session-ended').data
  const states: AuthState[] = [
    signedOut,
    { state: 'signing-in', loginUrl: '', browserOpened: true, startedAt: '', hint: null },
    { state: 'needs-sign-in', account, problem },
    { state: 'offline', account, problem },
  ]
  const banners = states.flatMap((state) => toBanners({ ...calm, auth: state }))
  expect(banners.map(({ kind }) => kind)).toEqual(['signed-out', 'signing-in', 'needs-sign-in', 'offline'])
  expect(banners.map(({ level }) => level)).not.toContain('broken')
})

test('a locked keychain explains the missing sign-in, so it stands alone', () => {
  const locked = { state: 'locked', backend: 'keychain', problem: new Problem('vault.locked').data } as const
  expect(kinds({ vault: locked, auth: signedOut })).toEqual(['locked'])
})

test('memory mode is said beside everything else', () => {
  const memory = { state: 'memory', backend: 'memory', problem: new Problem('vault.no-keychain').data } as const
  expect(kinds({ vault: memory, auth: signedOut })).toEqual(['memory', 'signed-out'])
})

test('news of a vault that works, such as a file set aside, is said too', () => {
  const news = { ...vault, problem: new Problem('vault.set-aside').data }
  expect(kinds({ vault: news })).toEqual(['vault-news'])
})

test('an old list of servers is said with its date, while signed in', () => {
  const stale = { ...catalog, stale: true }
  expect(toBanners({ ...calm, catalog: stale })[0]).toMatchObject({ kind: 'stale', date: catalog.fetchedAt })
  expect(kinds({ catalog: stale, auth: signedOut })).toEqual(['signed-out'])
})

test('without a company nobody is asked to sign in', () => {
  expect(kinds({ auth: signedOut, hasCompany: false })).toEqual([])
})
