import { expect, test } from 'vitest'
import type { ClientApp } from '../../shared/contract/clients.ts'
import { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import { toConcerns } from './concerns.ts'

const policy = {
  ...{ verdict: 'blocked' as const, source: '/etc/claude-code/managed-settings.json', reason: 'not on the list' },
  ...{ servers: [ServerId.parse('github')], rule: null },
}
const app = (more: Partial<ClientApp>): ClientApp => ({
  ...{ id: ClientId.parse('claude-code'), name: 'Claude Code', installed: true, version: null, running: false },
  ...{ configPath: '/x', state: 'set-up', entries: [], toFinish: null, problem: null, canUndo: true },
  proof: { bridgeAt: null, initializeAt: null, callAt: null },
  ...more,
})
const concerns = (clients: ClientApp[]) =>
  toConcerns({
    company: null,
    vault: { state: 'ready', problem: null } as never,
    catalog: { servers: [], fetchedAt: null, stale: false, problem: null },
    clients,
  })

test('an app that was set up and is kept from the servers by IT is a concern; one that never was is none', () => {
  expect(concerns([app({ policy })])).toEqual([
    {
      id: 'client-policy:claude-code',
      subject: 'Claude Code',
      problem: new Problem('clients.policy-blocks', policy.source).data,
    },
  ])
  expect(concerns([app({ policy, canUndo: false })])).toEqual([])
  expect(concerns([app({ policy: { ...policy, verdict: 'unknown' } })])).toEqual([])
})

test('an app’s file that cannot be read is a concern', () => {
  const problem = new Problem('clients.unreadable', '/x: line 3').data
  expect(concerns([app({ state: 'unreadable', problem })])).toMatchObject([{ id: 'client:claude-code', problem }])
})

test('an app whose file lost what was set up, and one that has not read it yet, are tasks', () => {
  const lost = app({ state: 'needs-repair', toFinish: 'Quit and reopen Claude' })
  expect(concerns([lost])).toMatchObject([{ id: 'client:claude-code', problem: { code: 'clients.needs-repair' } }])
  const unread = app({ toFinish: 'Quit and reopen Claude' })
  const problem = new Problem('clients.not-finished', 'Quit and reopen Claude').data
  expect(concerns([unread])).toEqual([{ id: 'client:claude-code', subject: 'Claude Code', problem }])
  expect(concerns([app({})])).toEqual([])
})
