import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ActivityFilter } from '../../shared/contract/activity.ts'
import { createActivityStore } from './activity-store.ts'
import type { NewRow } from './appender.ts'
import { exampleRow } from './fixtures/rows.ts'
import { calls } from './migrations/001-calls.ts'
import { NewerSchema } from './migrations/migrate.ts'

let folder: string
let path: string
let closing: (() => void)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-activity-'))
  path = join(folder, 'activity.db')
  closing = []
})
afterEach(() => {
  for (const close of closing) close()
  rmSync(folder, { recursive: true })
})

function openStore() {
  const store = createActivityStore({ path, now: () => new Date('2026-11-20T12:00:00Z') })
  closing.push(store.close)
  return store
}
const find = (store: ReturnType<typeof openStore>, filter: ActivityFilter | Record<string, string> = {}) => {
  const { rows, total } = store.page({ limit: 500, filter: filter as ActivityFilter })
  expect(total).toBe(rows.length)
  return rows.map(({ target }) => target)
}

test('the schema is this, and changes only by a new migration', () => {
  openStore()
  const database = new DatabaseSync(path)
  const columns = (table: string) =>
    database
      .prepare(`SELECT name || ' ' || type AS text FROM pragma_table_info('${table}')`)
      .all()
      .map(({ text }) => text)
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 3 })
  expect(columns('calls')).toEqual([
    'id INTEGER',
    'time TEXT',
    'client TEXT',
    'client_name TEXT',
    'server TEXT',
    'method TEXT',
    'target TEXT',
    'outcome TEXT',
    'code TEXT',
    'message TEXT',
    'duration_ms REAL',
    'request_bytes INTEGER',
    'response_bytes INTEGER',
    'wording INTEGER',
  ])
  expect(columns('wordings')).toEqual([
    'id INTEGER',
    'target TEXT',
    'server TEXT',
    'client TEXT',
    'client_name TEXT',
    'message TEXT',
    'calls INTEGER',
  ])
  expect(columns('tallies')).toEqual(['server TEXT', 'client TEXT', 'outcome TEXT', 'calls INTEGER'])
  expect(columns('gaps')).toEqual([
    'id INTEGER',
    'noticed TEXT',
    'reason TEXT',
    'calls INTEGER',
    'since TEXT',
    'until TEXT',
  ])
  const others =
    "SELECT name FROM sqlite_schema WHERE type IN ('index', 'trigger') AND name LIKE 'calls%' ORDER BY name"
  expect(
    database
      .prepare(others)
      .all()
      .map(({ name }) => name),
  ).toEqual(['calls_by_client', 'calls_by_outcome', 'calls_by_server', 'calls_by_wording', 'calls_removed'])
  database.close()
})

test('gives a row back as it came, newest first, with ids that grow by one', () => {
  const store = openStore()
  const plain: NewRow = exampleRow({ target: 'first' })
  const bare = exampleRow({ client: null, clientName: null, target: null, code: null, message: null, durationMs: 0.25 })
  expect(store.append([plain, bare], null)).toEqual([
    { id: 1, ...plain },
    { id: 2, ...bare },
  ])
  expect(store.page({ limit: 10, filter: {} })).toEqual({
    rows: [
      { id: 2, ...bare },
      { id: 1, ...plain },
    ],
    next: null,
    total: 2,
  })
})

test('pages by key: nothing is missed or seen twice while new rows come in', () => {
  const store = openStore()
  store.append(
    Array.from({ length: 25 }, (_, index) => exampleRow({ target: `t${index}` })),
    null,
  )
  const seen: number[] = []
  let before: number | undefined
  for (;;) {
    const page = store.page({ limit: 10, filter: {}, ...(before === undefined ? {} : { before }) })
    seen.push(...page.rows.map(({ id }) => id))
    store.append([exampleRow({ target: 'new' })], null)
    if (page.next === null) break
    before = page.next
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index))
})

test('filters by server, app and outcome, alone and together, and counts what matches', () => {
  const store = openStore()
  store.append(
    [
      exampleRow({ target: 'a', server: 'crm', client: 'cursor', outcome: 'ok' }),
      exampleRow({ target: 'b', server: 'crm', client: 'vscode', outcome: 'error' }),
      exampleRow({ target: 'c', server: 'git', client: 'cursor', outcome: 'error' }),
      exampleRow({ target: 'd', server: 'git', client: null, outcome: 'ok' }),
    ],
    null,
  )
  expect(find(store)).toEqual(['d', 'c', 'b', 'a'])
  expect(find(store, { server: 'crm' })).toEqual(['b', 'a'])
  expect(find(store, { client: 'cursor' })).toEqual(['c', 'a'])
  expect(find(store, { outcome: 'error' })).toEqual(['c', 'b'])
  expect(find(store, { outcome: 'error', client: 'cursor', server: 'git' })).toEqual(['c'])
  expect(find(store, { outcome: 'refused' })).toEqual([])
})

test('finds any part of tool, server, app and message, in any case, all words together, with filters', () => {
  const store = openStore()
  store.append(
    [
      exampleRow({ target: 'create_issue', server: 'github', clientName: null }),
      exampleRow({
        target: 'search',
        server: 'sentry',
        clientName: 'Visual Studio Code',
        message: 'Größe: 100% "quoted"',
      }),
      exampleRow({ target: 'x_y', server: 'iam', client: 'cursor', clientName: 'Cursor' }),
    ],
    null,
  )
  for (const [search, expected] of Object.entries({
    ISSUE: ['create_issue'],
    'git issue': ['create_issue'],
    'issue sentry': [],
    'studio cod': ['search'],
    grö: ['search'],
    '"quoted"': ['search'],
    '100%': ['search'],
    x_: ['x_y'],
    'x% y': [],
    'cursor x_': ['x_y'],
    'OR AND NOT': [],
    'a* NEAR(b': [],
    '  ': ['x_y', 'search', 'create_issue'],
    'issue\0': ['create_issue'],
  }))
    expect([search, find(store, { search })]).toEqual([search, expected])
  expect(find(store, { search: 'issue', server: 'github' })).toEqual(['create_issue'])
  expect(find(store, { search: 'issue', server: 'sentry' })).toEqual([])
})

test('removes what is old, a clock that once jumped ahead notwithstanding, and keeps count', () => {
  const store = openStore()
  const at = (time: string, target: string) => exampleRow({ time, target })
  store.append(
    [
      at('2026-10-01T00:00:00.000Z', 'old-1'),
      at('2030-01-01T00:00:00.000Z', 'ahead'),
      at('2026-10-02T00:00:00.000Z', 'old-2'),
      at('2026-11-19T00:00:00.000Z', 'recent'),
    ],
    null,
  )
  let from: number | null = 0
  while (from !== null) from = store.prune({ olderThan: '2026-10-21T00:00:00.000Z', from, size: 2 })
  expect(find(store)).toEqual(['recent', 'ahead'])
  expect(find(store, { search: 'old' })).toEqual([])
  expect(store.append([at('2026-11-20T00:00:00.000Z', 'next')], null)[0]?.id).toBe(5)
})

test('a wording is kept as long as a call has it, and counted', () => {
  const store = openStore()
  const at = (time: string, target: string) => exampleRow({ time, target })
  const old = '2026-10-01T00:00:00.000Z'
  const recent = '2026-11-19T00:00:00.000Z'
  store.append([at(old, 'both'), at(old, 'gone'), at(old, 'gone'), at(recent, 'both')], null)
  const database = new DatabaseSync(path)
  const kept = () =>
    database
      .prepare('SELECT target, calls FROM wordings ORDER BY target')
      .all()
      .map((row) => ({ ...row }))
  expect(kept()).toEqual([
    { target: 'both', calls: 2 },
    { target: 'gone', calls: 2 },
  ])
  store.prune({ olderThan: '2026-10-21T00:00:00.000Z', from: 0, size: 10 })
  expect(kept()).toEqual([{ target: 'both', calls: 1 }])
  const indexed = database.prepare('SELECT count(*) AS found FROM words WHERE words MATCH \'"gone"\'').get()
  expect(indexed).toEqual({ found: 0 })
  database.close()
})

test('a log of the first version is found in as before', () => {
  const database = new DatabaseSync(path)
  database.exec(`${calls} PRAGMA user_version = 1`)
  const add = database.prepare(`INSERT INTO calls
    (time, client, client_name, server, method, target, outcome, duration_ms, request_bytes, response_bytes)
    VALUES ('2026-11-19T00:00:00.000Z', ?, NULL, 'git', 'tools/call', ?, 'ok', 1, 2, 3)`)
  add.run(null, 'create_issue')
  add.run('cursor', 'create_issue')
  add.run('cursor', 'close_issue')
  database.close()
  const store = openStore()
  expect(find(store, { search: 'issue' })).toEqual(['close_issue', 'create_issue', 'create_issue'])
  expect(find(store, { search: 'create', client: 'cursor' })).toEqual(['create_issue'])
  store.append([exampleRow({ target: 'create_issue', server: 'git', client: null, clientName: null })], null)
  expect(find(store, { search: 'create' })).toHaveLength(3)
  store.prune({ olderThan: '2026-11-20T00:00:00.000Z', from: 0, size: 10 })
  expect(find(store, { search: 'close' })).toEqual([])
})

test('writes a batch whole or not at all', () => {
  const store = openStore()
  const broken = { ...exampleRow({}), server: null as unknown as NewRow['server'] }
  expect(() => store.append([exampleRow({}), broken], null)).toThrow('NOT NULL')
  expect(find(store)).toEqual([])
  store.append([exampleRow({ target: 'after' })], { reason: 'full', calls: 3, since: null, until: null })
  expect(find(store)).toEqual(['after'])
})

test('refuses a database of a newer version of the app', () => {
  openStore()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(openStore).toThrow(NewerSchema)
})

test.runIf(process.platform !== 'win32')('can be read by its owner only', () => {
  openStore().append([exampleRow({})], null)
  for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600)
})
