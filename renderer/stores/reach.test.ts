import { expect, test } from 'vitest'
import { serverId } from '../scenarios/world.ts'
import { openCore } from '../testing/open-core.ts'
import { openReach, testReach, useReach } from './reach.ts'

const github = serverId('github')

test('knows how the shown server was last reached, and the steps of its last test', async () => {
  const memory = openCore()
  const close = await openReach(github)
  expect(useReach.getState()).toMatchObject({ facts: { tls: { issuer: 'Northwind Root CA' } }, steps: null })
  memory.world.reach.facts = null
  await testReach(github)
  expect(useReach.getState()).toMatchObject({
    facts: null,
    steps: [{ step: 'way' }, { step: 'connection' }, { step: 'http' }],
  })
  close()
})

test('another server starts empty, and a test of the one before it is not shown there', async () => {
  openCore()
  await openReach(github)
  const late = testReach(github)
  await openReach(serverId('pdf'))
  await late
  expect(useReach.getState()).toMatchObject({ server: 'pdf', steps: null })
})

test('a test that cannot be made is a problem', async () => {
  openCore((world) => {
    world.failing = { 'network.check': 'bridge.unknown-server' }
  })
  await openReach(github)
  await testReach(github)
  expect(useReach.getState()).toMatchObject({ steps: null, problem: { code: 'bridge.unknown-server' } })
})
