import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CallRow } from '../../shared/contract/activity.ts'
import { AccountId } from '../../shared/ids.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createActivity } from './activity.ts'
import { exampleRow } from './fixtures/rows.ts'

// A worker thread starts for each test: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 30_000 })

const anna = AccountId.parse('a'.repeat(32))
const ben = AccountId.parse('b'.repeat(32))
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

function openActivity(options: Partial<Parameters<typeof createActivity>[0]> = {}) {
  const { log, lines } = createMemoryLog()
  const activity = createActivity({
    folder,
    account: () => anna,
    keepDays: () => 30,
    now: () => new Date('2026-11-20T12:00:00Z'),
    log,
    retryMs: 20,
    ...options,
  })
  closing.push(activity.close)
  return { ...activity, lines }
}
const everything = { limit: 500, filter: {} }
const targets = ({ rows }: { rows: CallRow[] }) => rows.map(({ target }) => target)
const fileOf = (owner: string) => join(folder, `activity-${owner}.db`)
const waitMs = { timeout: 20_000 }

test('a recorded call is on the next page, is told to listeners with its id, and is there after a restart', async () => {
  const first = openActivity()
  const told: CallRow[] = []
  first.added((rows) => told.push(...rows))
  for (const target of ['a', 'b', 'c']) first.record(exampleRow({ target }))
  expect(targets(await first.page(everything))).toEqual(['c', 'b', 'a'])
  expect(told.map(({ id, target }) => [id, target])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ])
  first.record(exampleRow({ target: 'd' }))
  await first.close()
  first.record(exampleRow({ target: 'too late' }))
  expect(targets(await openActivity().page({ limit: 2, filter: {} }))).toEqual(['d', 'c'])
})

test('calls that come one after the other are written together, ten times a second and no more often', async () => {
  const activity = openActivity()
  await activity.page(everything)
  const told: number[] = []
  activity.added((rows) => told.push(rows.length))
  const since = performance.now()
  let recorded = 0
  for (; performance.now() - since < 600; recorded += 1) {
    activity.record(exampleRow({}))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await vi.waitFor(() => expect(told.reduce((sum, rows) => sum + rows, 0)).toBe(recorded), waitMs)
  expect(told.length).toBeLessThanOrEqual((performance.now() - since) / 100 + 1)
})

test('what was recorded before a question is in its answer, also while earlier calls are being written', async () => {
  const activity = openActivity()
  const before = Array.from({ length: 1200 }, (_, index) => exampleRow({ target: `before-${index}` }))
  for (const row of before) activity.record(row)
  const first = activity.page(everything)
  activity.record(exampleRow({ target: 'meanwhile' }))
  const second = activity.page(everything)
  expect((await first).total).toBeGreaterThanOrEqual(1200)
  expect(targets(await second)[0]).toBe('meanwhile')
})

test('each account has a log of its own, and nobody sees another’s', async () => {
  let account: AccountId | null = anna
  const activity = openActivity({ account: () => account })
  const told: (string | null)[] = []
  activity.added((rows) => told.push(...targets({ rows })))
  activity.record(exampleRow({ target: 'anna’s' }))
  account = null
  activity.record(exampleRow({ target: 'nobody’s' }))
  account = ben
  activity.record(exampleRow({ target: 'ben’s' }))
  await vi.waitFor(async () => expect(targets(await activity.page(everything))).toEqual(['ben’s']), waitMs)
  expect(told).toEqual(['ben’s'])
  account = null
  expect(targets(await activity.page(everything))).toEqual(['nobody’s'])
  account = anna
  expect(targets(await activity.page(everything))).toEqual(['anna’s'])
  expect(readdirSync(folder).filter((name) => name.endsWith('.db'))).toEqual([
    `activity-${anna}.db`,
    `activity-${ben}.db`,
    'activity-local.db',
  ])
})

test('what a client or server sends cannot break the log: too long is cut, malformed is dropped and logged', async () => {
  const activity = openActivity()
  const message = `x\n{"level":"info"}\u001b[31m\u0000${'m'.repeat(1_000_000)}`
  activity.record(exampleRow({ target: 't'.repeat(1_000_000), message, outcome: 'error' }))
  activity.record({ ...exampleRow({}), durationMs: Number.NaN })
  activity.record({ ...exampleRow({}), time: 'yesterday' })
  const { rows } = await activity.page(everything)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.target).toHaveLength(500)
  expect(rows[0]?.message).toBe(message.slice(0, 2000))
  expect(activity.lines.filter((line) => line.includes('activity.row-refused'))).toHaveLength(2)
})

test('keeps the days that were asked for, in the logs of everyone', async () => {
  let account: AccountId | null = ben
  let days = 400
  const activity = openActivity({ account: () => account, keepDays: () => days })
  const fill = () => {
    activity.record(exampleRow({ target: 'old', time: '2026-10-01T00:00:00Z' }))
    for (let count = 0; count < 1200; count += 1)
      activity.record(exampleRow({ target: 'older', time: '2025-12-01T00:00:00Z' }))
    activity.record(exampleRow({ target: 'recent', time: '2026-11-19T00:00:00Z' }))
  }
  fill()
  account = anna
  fill()
  await vi.waitFor(async () => expect((await activity.page(everything)).total).toBe(1202), waitMs)
  await activity.prune()
  expect((await activity.page(everything)).total).toBe(1202)
  days = 30
  await activity.prune()
  expect(targets(await activity.page(everything))).toEqual(['recent'])
  account = ben
  expect(targets(await activity.page(everything))).toEqual(['recent'])
})

test('case 61: a corrupt log is kept aside, a new one is started, and the gap is recorded and said', async () => {
  const first = openActivity()
  first.record(exampleRow({ target: 'before' }))
  await first.close()
  writeFileSync(fileOf(anna), 'not a database'.repeat(500))

  const second = openActivity()
  second.record(exampleRow({ target: 'after' }))
  const page = await second.page(everything)
  expect(targets(page)).toEqual(['after'])
  const aside = `activity-${anna}.damaged-`
  expect(page.problem).toMatchObject({ code: 'activity.set-aside', detail: expect.stringContaining(aside) })
  expect(readFileSync(join(folder, page.problem?.detail ?? ''), 'utf8')).toContain('not a database')
  await second.close()
  expect(gaps()).toEqual([{ reason: expect.stringContaining('damaged, kept as'), calls: null }])
})

test('case 61: a log damaged while it is open is kept aside, too', async () => {
  const first = openActivity()
  for (let count = 0; count < 2000; count += 1) first.record(exampleRow({ target: `tool-${count}` }))
  await first.close()
  const bytes = readFileSync(fileOf(anna))
  bytes.fill(0x5a, 4096 * 4)
  writeFileSync(fileOf(anna), bytes)
  const second = openActivity()
  await second.page(everything)
  second.record(exampleRow({ target: 'after' }))
  await vi.waitFor(async () => expect(targets(await second.page(everything))).toEqual(['after']), waitMs)
  expect((await second.page(everything)).problem?.code).toBe('activity.set-aside')
})

test('a log of a newer version of the app is kept aside whole', async () => {
  const first = openActivity()
  first.record(exampleRow({ target: 'newer' }))
  await first.close()
  const database = new DatabaseSync(fileOf(anna))
  database.exec('PRAGMA user_version = 99')
  database.close()
  const page = await openActivity().page(everything)
  expect(page.rows).toEqual([])
  expect(page.problem?.code).toBe('activity.set-aside')
})

test('case 61: with a full disk the app goes on, says so, and writes and records the gap once there is room', async () => {
  const activity = openActivity({ maxPages: 100, maxWaiting: 100 })
  const old = { time: '2026-01-01T00:00:00Z', message: 'm'.repeat(1000), outcome: 'error' }
  const isFull = async () => (await activity.page({ limit: 1, filter: {} })).problem?.code === 'activity.not-saved'
  // One at a time: the rows in hand when the disk is full stay first, and here they are to be few.
  const recordOne = async () => {
    activity.record(exampleRow(old))
    expect(await isFull()).toBe(true)
  }
  await vi.waitFor(recordOne, { timeout: 60_000, interval: 1 })
  const stored = (await activity.page(everything)).total
  expect(stored).toBeGreaterThan(5)

  for (let count = 0; count < 150; count += 1) activity.record(exampleRow({ target: 'while full', message: null }))
  expect((await activity.page(everything)).total).toBe(stored)
  await activity.prune()
  await vi.waitFor(
    async () => expect((await activity.page({ limit: 1, filter: { search: 'while' } })).total).toBeGreaterThan(90),
    waitMs,
  )
  await vi.waitFor(async () => expect((await activity.page(everything)).problem).toBeUndefined(), waitMs)
  await activity.close()
  expect(gaps()).toEqual([{ reason: 'the disk could not be written', calls: expect.any(Number) }])
  expect(gaps()[0]?.calls).toBeGreaterThan(40)
})

test('case 61: a log that another program holds locked is written as soon as it lets go', async () => {
  const activity = openActivity()
  await activity.page(everything)
  const other = new DatabaseSync(fileOf(anna))
  other.exec('BEGIN IMMEDIATE')
  activity.record(exampleRow({ target: 'waits' }))
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(other.prepare('SELECT count(*) AS calls FROM calls').get()).toEqual({ calls: 0 })
  other.exec('COMMIT')
  other.close()
  await vi.waitFor(async () => expect(targets(await activity.page(everything))).toEqual(['waits']), waitMs)
})

test('a folder that cannot be used is said, and costs the caller nothing', async () => {
  writeFileSync(join(folder, 'file'), '')
  const activity = openActivity({ folder: join(folder, 'file') })
  activity.record(exampleRow({}))
  await expect(activity.page(everything)).rejects.toMatchObject({ code: 'activity.unavailable' })
})

test('a worker that dies is started again, and what was not yet written is', async () => {
  // A worker that ends itself at the first question and is the real one from then on.
  const marker = join(folder, 'died')
  const script = join(folder, 'dying-worker.mjs')
  const real = new URL('./activity-worker.ts', import.meta.url)
  writeFileSync(
    script,
    `import { existsSync, writeFileSync } from 'node:fs'
     import { parentPort } from 'node:worker_threads'
     if (existsSync(${JSON.stringify(marker)})) await import(${JSON.stringify(real.href)})
     else parentPort.on('message', () => { writeFileSync(${JSON.stringify(marker)}, ''); process.exit(1) })`,
  )
  copyFileSync(script, `${script}.bak`)
  const activity = openActivity({ workerUrl: new URL(`file://${script}`) })
  activity.record(exampleRow({ target: 'kept' }))
  await vi.waitFor(() => expect(existsSync(marker)).toBe(true), waitMs)
  await vi.waitFor(async () => expect(targets(await activity.page(everything))).toEqual(['kept']), waitMs)
})

function gaps() {
  const database = new DatabaseSync(fileOf(anna))
  const rows = database.prepare('SELECT reason, calls FROM gaps').all()
  database.close()
  return rows
}
