import { expect, test } from 'vitest'
import { makeConnection, serverId } from '../scenarios/world.ts'
import { openCore } from '../testing/open-core.ts'
import { connect, isLookAlike, openConnections, renewAll, setKey, useConnections, wantsPerson } from './connections.ts'

const linear = serverId('linear')
const state = (id: string) => useConnections.getState().value?.find((one) => one.id === id)?.state

test('a sign-in nobody has agreed to is asked about first, and the yes names exactly that one', async () => {
  const memory = openCore()
  const inputs: unknown[] = []
  const { connect: serve } = memory.core.connections
  memory.core.connections.connect = (input) => {
    inputs.push(input)
    return serve(input)
  }
  await openConnections()
  await connect(linear)
  await connect(linear, 'https://auth.linear.example')
  expect(inputs).toEqual([{ id: 'linear' }, { id: 'linear', issuer: 'https://auth.linear.example' }])
  expect(state('linear')).toBe('connecting')
})

test('a key is handed on and kept nowhere', async () => {
  openCore()
  await openConnections()
  expect(await setKey(serverId('packages'), 'k-1234567890')).toBe(true)
  expect(state('packages')).toBe('ok')
  expect(JSON.stringify(useConnections.getState())).not.toContain('k-1234567890')
})

test('what cannot be renewed says why', async () => {
  const memory = openCore()
  await openConnections()
  memory.world.failing = { 'connections.renewAll': 'auth.sso-unreachable' }
  expect(await renewAll()).toBe(false)
  expect(useConnections.getState().problem?.code).toBe('auth.sso-unreachable')
})

test('only some states wait for the person', () => {
  const states = ['ok', 'none', 'needs-you', 'expired', 'refused', 'offline', 'asks', 'connecting'] as const
  expect(states.filter((one) => wantsPerson(makeConnection('x', 'mcp-oauth', { state: one })))).toEqual([
    'needs-you',
    'expired',
    'asks',
  ])
})

test('a host that reads differently from what it is, is a look-alike', () => {
  expect(isLookAlike({ host: 'xn--lnear-2of.example', unicodeHost: 'lіnear.example' })).toBe(true)
  expect(isLookAlike({ host: 'linear.example', unicodeHost: 'linear.example' })).toBe(false)
})
