import { expect, test } from 'vitest'
import type { CatalogState } from '../../shared/contract/catalog.ts'
import type { HealthState } from '../../shared/contract/health.ts'
import { Problem } from '../../shared/problems.ts'
import { makeOk, makeServer, minutesAgo, serverId } from '../scenarios/world.ts'
import { countServers, filterServers, toServerRows } from './server-rows.ts'

const catalog: CatalogState = {
  servers: [
    makeServer('zoo', 'Zoo'),
    makeServer('payroll', 'Accounts', { allowed: false }),
    makeServer('github', 'GitHub', { description: 'Issues and code' }),
    makeServer('new', 'New one'),
  ],
  fetchedAt: minutesAgo(1),
  stale: false,
  problem: null,
}
const health: HealthState = {
  overall: 'broken',
  sentence: '',
  needs: [],
  servers: [
    makeOk('github', 3),
    { server: serverId('zoo'), state: 'broken', since: minutesAgo(4), problem: new Problem('internal').data },
    makeOk('payroll', 1),
  ],
}
const rows = toServerRows(catalog, health)
const names = (found: typeof rows) => found.map(({ server }) => server.name)

test('servers the person may use come first, by name; the rest is blocked whatever its health', () => {
  expect(rows.map(({ server, level }) => [server.name, level])).toEqual([
    ['GitHub', 'ok'],
    ['New one', 'working'],
    ['Zoo', 'broken'],
    ['Accounts', 'blocked'],
  ])
})

test('only what the person may use is counted', () => {
  expect(countServers(rows)).toEqual({ ready: 1, total: 3 })
})

test('search looks at names, ids and descriptions, and each word counts', () => {
  const search = (text: string) => names(filterServers(rows, { search: text, group: 'all' }))
  expect(search('git CODE')).toEqual(['GitHub'])
  expect(search('payroll')).toEqual(['Accounts'])
  expect(search('git zoo')).toEqual([])
  expect(search('  ')).toHaveLength(4)
})

test('groups: what wants attention, and what is not for this person', () => {
  expect(names(filterServers(rows, { search: '', group: 'attention' }))).toEqual(['Zoo'])
  expect(names(filterServers(rows, { search: '', group: 'locked' }))).toEqual(['Accounts'])
})

test('before the core has answered there are no rows', () => {
  expect(toServerRows(null, health)).toEqual([])
})
