import { expect, test } from 'vitest'
import { createClient } from '../../shared/client.ts'
import { contract } from '../../shared/contract/contract.ts'
import { createMemoryCarrier } from './memory-carrier.ts'
import { createMemoryCore } from './memory-core.ts'
import { createScenarioWorld, scenarios } from './scenarios.ts'

test.each(scenarios)('$name is a world the contract allows', async (scenario) => {
  const world = { ...createScenarioWorld(scenario), silent: [], failing: {} }
  const client = createClient(contract, createMemoryCarrier(createMemoryCore(world).core))
  for (const room of ['app', 'auth', 'connections', 'vault', 'catalog', 'health', 'clients', 'settings'] as const)
    expect(await client[room].snapshot()).toEqual(world[room])
})

test('a channel nobody knows is refused', async () => {
  const carrier = createMemoryCarrier(createMemoryCore(createScenarioWorld({ name: 'x', hash: '' })).core)
  expect(await carrier.call('app.__proto__', undefined)).toMatchObject({
    ok: false,
    problem: { code: 'ipc.bad-request' },
  })
})
