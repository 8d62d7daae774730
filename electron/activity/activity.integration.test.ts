import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ActivityFilter, CallRow } from '../../shared/contract/activity.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createActivity } from './activity.ts'
import { createAppender } from './appender.ts'
import { exampleRow } from './fixtures/rows.ts'

let folder: string
let closing: (() => Promise<void>)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-activity-'))
  closing = []
})
afterEach(async () => {
  for (const close of closing) await close()
  rmSync(folder, { recursive: true })
})

function openActivity() {
  const { log } = createMemoryLog()
  const activity = createActivity({ folder, account: () => null, keepDays: () => 365, now: () => new Date(0), log })
  closing.push(activity.close)
  return activity
}

test('what was said to be written survives a kill -9 at any moment', async () => {
  const said: { id: number; target: string }[] = []
  for (const stopAfter of [1, 700, 1500]) {
    const script = join(import.meta.dirname, 'fixtures', 'record-child.ts')
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    const until = said.length + stopAfter
    for await (const line of createInterface(child.stdout)) {
      said.push(JSON.parse(line) as (typeof said)[number])
      if (said.length === until) child.kill('SIGKILL')
    }
    if (child.signalCode === null) await once(child, 'exit')
  }
  const stored = new Map<number, string | null>()
  const activity = openActivity()
  for await (const row of walk(activity, {})) stored.set(row.id, row.target)
  for (const { id, target } of said) expect([id, stored.get(id)]).toEqual([id, target])
  expect([...stored.keys()].sort((a, b) => a - b)).toEqual(Array.from(stored.keys(), (_, index) => index + 1))
}, 120_000)

test('case 62: a million rows page from the newest to the oldest, filtered and searched, with the right totals', async () => {
  const first = openActivity()
  first.record(exampleRow({ target: 'seed' }))
  await first.page({ limit: 1, filter: {} })
  await first.close()
  seed(999_999)

  const activity = openActivity()
  let expected = 1_000_000
  for await (const { id } of walk(activity, {})) {
    if (id !== expected) throw new Error(`row ${id} came where ${expected} belongs`)
    expected -= 1
  }
  expect(expected).toBe(0)

  const count = async (filter: Record<string, string>) => {
    let rows = 0
    for await (const _ of walk(activity, filter as ActivityFilter)) rows += 1
    const { total } = await activity.page({ limit: 1, filter: filter as ActivityFilter })
    expect(total).toBe(rows)
    return rows
  }
  expect(await count({ outcome: 'error' })).toBe(999)
  expect(await count({ outcome: 'error', server: 'server-3' })).toBe(143)
  expect(await count({ search: 'number 777' })).toBe(1)
  expect(await count({ search: 'failed NUMBER', server: 'server-3' })).toBe(143)
  expect(await count({ search: 'no such words' })).toBe(0)
  expect((await activity.page({ limit: 1, filter: { search: 'studio' } })).total).toBe(1_000_000)
}, 240_000)

async function* walk(activity: ReturnType<typeof openActivity>, filter: ActivityFilter): AsyncGenerator<CallRow> {
  for (let before: number | undefined; ; ) {
    const page = await activity.page({ before, limit: 500, filter })
    yield* page.rows
    if (page.next === null) return
    before = page.next
  }
}

/** Row `n` of these is an error when `n` is a thousand; there are seven servers and fifty tools. */
function seed(rows: number) {
  const database = new DatabaseSync(join(folder, 'activity-local.db'))
  const append = createAppender(database)
  database.exec('BEGIN')
  for (let from = 1; from <= rows; from += 500) {
    const count = Math.min(500, rows - from + 1)
    append(Array.from({ length: count }, (_, index) => seedRow(from + index)))
  }
  database.exec('COMMIT')
  database.close()
}
const seedRow = (n: number) =>
  exampleRow({
    time: new Date((1_790_000_000 + n) * 1000).toISOString(),
    server: `server-${n % 7}`,
    target: `tool_${n % 50}`,
    outcome: n % 1000 === 0 ? 'error' : 'ok',
    message: n % 1000 === 0 ? `failed number ${n / 1000}` : null,
  })
