import { expect, test } from 'vitest'
import { Problem } from '../../shared/problems.ts'
import { openCore } from '../testing/open-core.ts'
import { openAuth, signIn, signOut, useAuth } from './auth.ts'
import { openHealth, recheck, recheckAll, useHealth } from './health.ts'
import { createMirror, openMirror } from './mirror.ts'
import { openSettings, updateSettings, useSettings } from './settings.ts'
import { openVault, useVault } from './vault.ts'

test('takes the snapshot, follows changes, and stops when it is closed', async () => {
  const memory = openCore()
  const close = await openHealth()
  expect(useHealth.getState().value?.sentence).toBe('Everything works')
  memory.change('health', { ...memory.world.health, sentence: '1 thing needs you' })
  expect(useHealth.getState().value?.sentence).toBe('1 thing needs you')
  close()
  memory.change('health', { ...memory.world.health, sentence: 'unheard' })
  expect(useHealth.getState().value?.sentence).toBe('1 thing needs you')
})

test('a snapshot that news has overtaken is dropped', async () => {
  const store = createMirror<string>()
  const heard: ((value: string) => void)[] = []
  let answer = (_value: string) => {}
  const opening = openMirror(store, {
    changed: (listener) => {
      heard.push(listener)
      return () => {}
    },
    snapshot: () => new Promise((resolve) => (answer = resolve)),
  })
  heard[0]?.('new')
  answer('old')
  await opening
  expect(store.getState()).toEqual({ value: 'new', problem: null })
})

test('a room that does not answer is a problem, and nothing is taken for empty', async () => {
  openCore((world) => {
    world.failing = { 'vault.snapshot': 'internal' }
  })
  await openVault()
  expect(useVault.getState()).toMatchObject({ value: null, problem: { code: 'internal' } })
})

test('what failed stands in the store beside what is known, until something works', async () => {
  const memory = openCore()
  await openHealth()
  memory.world.failing = { 'health.recheckAll': 'app.company-unreachable' }
  expect(await recheckAll()).toBe(false)
  expect(useHealth.getState().problem?.code).toBe('app.company-unreachable')
  expect(useHealth.getState().value).not.toBeNull()
  expect(await recheck(memory.world.catalog.servers[0]?.id as never)).toBe(true)
  expect(useHealth.getState().problem).toBeNull()
})

test('signing in and out shows as the core says it', async () => {
  openCore((world) => {
    world.auth = { state: 'signed-out', problem: null }
  })
  await openAuth()
  await signIn()
  expect(useAuth.getState().value?.state).toBe('signing-in')
  await signOut()
  expect(useAuth.getState().value?.state).toBe('signed-out')
})

test('a change of one setting leaves the others, and damage at the start is said', async () => {
  const memory = openCore((world) => {
    world.settings.activityDays = 7
  })
  memory.core.settings.problem = () => new Problem('settings.set-aside', 'settings.json.bad').data
  await openSettings()
  expect(useSettings.getState().problem?.code).toBe('settings.set-aside')
  await updateSettings({ theme: 'dark' })
  expect(useSettings.getState().value).toMatchObject({ theme: 'dark', activityDays: 7 })
})
