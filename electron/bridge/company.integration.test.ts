import { join } from 'node:path'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, expect, test, vi } from 'vitest'
import { type Company, startCompany } from '../../e2e/company/company.ts'
import { signIn } from '../../e2e/company/sign-in.ts'
import { ServerConfig } from '../../shared/server-config.ts'
import { createPlainHttp1 } from '../lib/http1/testing.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createBridge } from './bridge.ts'
import type { NewCall } from './calls.ts'
import { openLink } from './links/open-link.ts'
import { createSharedServers } from './links/shared-servers.ts'
import { callText, createProcesses } from './testing/processes.ts'
import { serverId } from './testing/server-config.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A hub that is signed in to the demo company as one of its people. */
async function startHub(company: Company, person: string) {
  const processes = await createProcesses()
  closers.push(processes.close)
  const { access_token: token } = await signIn(company, person)
  const dispatcher = createPlainHttp1()
  closers.push(async () => dispatcher.destroy())
  const shared = createSharedServers({ version: '0' })
  closers.push(shared.close)
  const calls: NewCall[] = []
  const bridge = createBridge({
    runFolder: join(processes.home, 'run'),
    cacheFolder: join(processes.home, 'cache'),
    version: '0.0.0',
    findServer(id) {
      const config = company.catalog.servers.find((each) => each.id === id)
      return config && { config: ServerConfig.parse(config), allowed: true }
    },
    headers: async () => ({ authorization: `Bearer ${token}` }),
    openLink: (needs) => openLink(needs, { dispatcher, shared }),
    allowAdHoc: () => false,
    account: () => person,
    record: (call) => void calls.push(call),
    seen: () => {},
    control: () => {},
    now: () => new Date(),
    log: createMemoryLog().log,
  })
  closers.push(bridge.close)
  await bridge.listen()
  return { bridge, processes, calls }
}

test('the demo company’s server of 2026-07-28 is healthy, and an older client works with it', async () => {
  const company = await startCompany()
  closers.push(company.close)
  const { bridge, processes, calls } = await startHub(company, 'ana')
  expect(await bridge.inspect(serverId('policies'))).toMatchObject({
    protocolVersion: '2026-07-28',
    serverName: 'Company policies 1.2.0',
    tools: expect.arrayContaining([expect.objectContaining({ name: 'acknowledge_policy', kind: 'write' })]),
  })

  const asked: string[] = []
  const client = await processes.connectClient('policies', (each) => {
    each.registerCapabilities({ elicitation: {} })
    each.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      asked.push(params.message)
      return { action: 'accept', content: { read: true } }
    })
  })
  expect(await callText(client, 'search_policies', { query: 'trains' })).toContain('travel')
  expect(await callText(client, 'acknowledge_policy', { id: 'travel' })).toBe('Recorded: you have read “Travel”')
  expect(asked).toEqual(['Have you read “Travel”?'])
  // However many rounds it took, it was one call.
  expect(calls).toMatchObject([
    { target: 'search_policies', outcome: 'ok' },
    { target: 'acknowledge_policy', outcome: 'ok' },
  ])
})
