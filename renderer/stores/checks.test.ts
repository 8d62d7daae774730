import { expect, test } from 'vitest'
import { Problem } from '../../shared/problems.ts'
import { createWorld, makeClient } from '../scenarios/world.ts'
import { toChecks } from './checks.ts'

const world = createWorld()

test('a good day passes every check but for an app nobody set up', () => {
  const checks = toChecks(world)
  expect(checks.filter(({ level }) => level !== 'ok').map(({ id }) => id)).toEqual(['client:claude-code'])
  expect(checks.slice(0, 5).map(({ id }) => id)).toEqual(['app', 'vault', 'company', 'auth', 'catalog'])
  expect(checks.map(({ id }) => id)).not.toContain('server:payroll')
})

test('what is not right carries its problem, so that it has a code and a button', () => {
  const problem = new Problem('catalog.unreachable', 'mcp.northwind.example').data
  const unreadable = { ...new Problem('internal').data, remedy: 'open-file' as const }
  const client = makeClient('cursor', 'Cursor', { state: 'unreadable', problem: unreadable })
  const checks = toChecks({
    ...world,
    vault: { state: 'locked', backend: 'keychain', problem: new Problem('vault.locked').data },
    auth: { state: 'signed-out', problem: null },
    catalog: { ...world.catalog, problem },
    clients: [client],
  })
  const find = (id: string) => checks.find((check) => check.id === id)
  expect(find('vault')).toMatchObject({ level: 'needs-you', problem: { code: 'vault.locked' } })
  expect(find('auth')).toMatchObject({ level: 'needs-you', text: 'Signed out' })
  expect(find('catalog')).toMatchObject({ level: 'waiting', problem })
  expect(find('client:cursor')).toMatchObject({ level: 'needs-you', path: client.configPath })
})
