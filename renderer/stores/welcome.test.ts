import { expect, test } from 'vitest'
import { createWorld } from '../scenarios/world.ts'
import { isStarting, toStep } from './welcome.ts'

const { app, auth, settings } = createWorld()
const fresh = { ...settings, welcomeDone: false }
const signedOut = { state: 'signed-out', problem: null } as const

test('the first run goes from company to sign-in to apps to done', () => {
  const known = { app, auth, settings: fresh, appsDone: false }
  expect(toStep({ ...known, app: { ...app, company: null }, auth: signedOut })).toBe('company')
  expect(toStep({ ...known, auth: signedOut })).toBe('sign-in')
  expect(toStep(known)).toBe('apps')
  expect(toStep({ ...known, appsDone: true })).toBe('done')
})

test('it is not shown again, nor before all is known', () => {
  expect(toStep({ app, auth: signedOut, settings, appsDone: false })).toBeNull()
  expect(toStep({ app, auth: null, settings: fresh, appsDone: false })).toBeNull()
})

test('the window stays empty until it is known whether this is a first run, and no longer', () => {
  const known = { settings: true, app: true, auth: true, welcomeDone: false }
  expect(isStarting(known)).toBe(false)
  expect(isStarting({ ...known, settings: false })).toBe(true)
  expect(isStarting({ ...known, auth: false })).toBe(true)
  expect(isStarting({ ...known, auth: false, welcomeDone: true })).toBe(false)
})
