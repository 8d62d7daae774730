import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { PolicyState } from '../../shared/contract/policy.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createFolderSource } from './folder-source.ts'
import type { PolicyValues } from './keys.ts'
import { openPolicy, type Policy } from './policy.ts'

// Files here belong to whoever runs the test; that only root's count in the product is tested where there is a root.
const owner = process.getuid?.() ?? 0
const patience = { timeout: 60_000, interval: 20 }

let folder: string
let open: Policy[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'))
  open = []
})
afterEach(async () => {
  for (const policy of open) await policy.close()
  rmSync(folder, { recursive: true, force: true })
})

const file = (name = 'policy.json') => join(folder, 'causeway', name)
function write(mandatory: object, { name = 'policy.json', recommended = {} } = {}) {
  mkdirSync(join(folder, 'causeway/policy.d'), { recursive: true })
  writeFileSync(file(`${name}.new`), JSON.stringify({ schemaVersion: 1, mandatory, recommended }))
  renameSync(file(`${name}.new`), file(name))
}
async function start({ person = {} as Partial<PolicyValues>, settleMs = 10, pollMs = 60_000 } = {}) {
  const { log, lines } = createMemoryLog()
  const sources = createFolderSource({ folder: join(folder, 'causeway'), owner })
  const policy = await openPolicy({ sources, person: () => person, company: () => ({}), log, settleMs, pollMs })
  open.push(policy)
  const told: PolicyState[] = []
  policy.changed((state) => told.push(state))
  return { policy, told, lines }
}
const rowOf = ({ policy }: { policy: Policy }, key: string) => policy.snapshot().rows.find((row) => row.key === key)

test('without a policy everything is the person’s', async () => {
  const { policy } = await start({ person: { activityDays: 7 } })
  expect(policy.snapshot().sources).toEqual([])
  expect(policy.snapshot().rows.filter(({ locked }) => locked)).toEqual([])
  expect(policy.get('activityDays')).toBe(7)
  expect(policy.settle({ activityDays: 3 })).toEqual({ activityDays: 3 })
})

test('a file in policy.d goes before policy.json, and a later one before an earlier one', async () => {
  write({ activityDays: 1, answerMb: 5, allowAdHoc: false })
  write({ activityDays: 2, answerMb: 6 }, { name: 'policy.d/10-a.json' })
  write({ activityDays: 3 }, { name: 'policy.d/20-b.json' })
  writeFileSync(file('policy.d/.hidden.json'), 'not json')
  writeFileSync(file('policy.d/README'), 'not json')
  const { policy } = await start()
  expect(policy.snapshot().sources.map(({ source }) => source)).toEqual([
    file('policy.d/20-b.json'),
    file('policy.d/10-a.json'),
    file(),
  ])
  expect(rowOf({ policy }, 'activityDays')).toMatchObject({ value: 3, source: file('policy.d/20-b.json') })
  expect(policy.get('answerMb')).toBe(6)
  expect(policy.get('allowAdHoc')).toBe(false)
})

test('names that mean nothing are said and ignored', async () => {
  write({ allowAdhok: false }, { recommended: { theme: 'dark' } })
  const { policy } = await start()
  expect(policy.snapshot().unknown.map(({ code, detail }) => [code, detail])).toEqual([
    ['policy.key-unknown', `allowAdhok in ${file()}`],
    ['policy.key-unknown', `theme in ${file()}`],
  ])
  expect(policy.get('allowAdHoc')).toBe(true)
})

test.each([
  ['cut short', '{"schemaVersion": 1, "mand', 'not valid JSON'],
  ['empty', '', 'not valid JSON'],
  [
    'a limit twice',
    '{"schemaVersion":1,"mandatory":{"allowAdHoc":false,"allowAdHoc":true}}',
    '“allowAdHoc” stands in it twice',
  ],
  ['a table twice', '{"schemaVersion":1,"mandatory":{},"mandatory":{}}', '“mandatory” stands in it twice'],
  ['a list', '[]', 'the document'],
  ['without a version', '{"mandatory":{}}', 'schemaVersion'],
  ['of a later version', '{"schemaVersion":2,"mandatory":{}}', 'schemaVersion'],
  ['with a key where none belongs', '{"schemaVersion":1,"allowAdHoc":false}', 'allowAdHoc'],
  ['with a list for a table', '{"schemaVersion":1,"mandatory":[]}', 'mandatory'],
  ['not UTF-8', Buffer.from('{"schemaVersion":1,"mandatory":{"company":"\xff"}}', 'latin1'), 'not valid'],
])('a file that is %s is no empty policy: every limit holds', async (_, text, reason) => {
  mkdirSync(join(folder, 'causeway'))
  writeFileSync(file(), text)
  const { policy } = await start({ person: { allowAdHoc: true } })
  expect(policy.get('allowAdHoc')).toBe(false)
  expect(policy.isLocked('company')).toBe(true)
  const [source] = policy.snapshot().sources
  expect(source).toMatchObject({ source: file(), problem: { code: 'policy.unreadable' } })
  expect(source?.problem?.detail).toContain(reason)
  expect(() => policy.demand('company')).toThrow(expect.objectContaining({ code: 'policy.unreadable' }))
})

test('a file with a byte order mark is read', async () => {
  mkdirSync(join(folder, 'causeway'))
  writeFileSync(file(), '\ufeff{"schemaVersion":1,"mandatory":{"allowAdHoc":false}}')
  expect((await start()).policy.snapshot().sources).toEqual([{ source: file(), problem: null }])
})

test('what IT writes while the app runs holds soon, and is told once, without the value in the log', async () => {
  const { policy, told, lines } = await start({ person: { proxy: { mode: 'none' } } })
  write({ proxy: { mode: 'fixed', url: 'http://proxy.corp.example:3128' } })
  await vi.waitFor(() => expect(told).toHaveLength(1), patience)
  expect(policy.isLocked('proxy')).toBe(true)
  expect(lines.join()).toContain('key.changed')
  expect(lines.join()).not.toContain('proxy.corp.example')
  // A second change is seen as well: the folder is watched, and each writer replaces the file.
  write({ proxy: { mode: 'none' } })
  await vi.waitFor(() => expect(policy.get('proxy')).toEqual({ mode: 'none' }), patience)
  write({ allowAdHoc: false }, { name: 'policy.d/50.json' })
  await vi.waitFor(() => expect(policy.get('allowAdHoc')).toBe(false), patience)
  rmSync(join(folder, 'causeway'), { recursive: true })
  await vi.waitFor(() => expect(policy.snapshot().sources).toEqual([]), patience)
  expect(policy.isLocked('proxy')).toBe(false)
})

test('where no change is told, it is found by looking', async () => {
  const { policy } = await start({ settleMs: 1_000_000, pollMs: 20 })
  write({ allowAdHoc: false })
  await vi.waitFor(() => expect(policy.get('allowAdHoc')).toBe(false), patience)
})

test('a policy that becomes unreadable keeps what it said in this run, and says so; the next start refuses', async () => {
  write({ activityDays: 3, allowAdHoc: true })
  const { policy } = await start()
  writeFileSync(file(), '{')
  await policy.reload()
  expect(policy.get('activityDays')).toBe(3)
  expect(policy.get('allowAdHoc')).toBe(true)
  expect(policy.snapshot().sources[0]?.problem).toMatchObject({ code: 'policy.unreadable' })
  expect((await start()).policy.get('allowAdHoc')).toBe(false)
  write({ activityDays: 4 })
  await policy.reload()
  expect(policy.snapshot().sources).toEqual([{ source: file(), problem: null }])
  expect(policy.get('activityDays')).toBe(4)
})

test('a file under a second name could be changed by that name', async () => {
  write({ allowAdHoc: true })
  linkSync(file(), join(folder, 'other.json'))
  const { policy } = await start()
  expect(policy.snapshot().sources[0]?.problem?.detail).toContain('hard link')
  expect(policy.get('allowAdHoc')).toBe(false)
})

test('a certificate in a folder of everybody’s is left out', async () => {
  const safe = file('root.pem')
  write({ caFiles: [safe] })
  writeFileSync(safe, 'x')
  expect((await start()).policy.get('caFiles')).toEqual([safe])
  linkSync(safe, join(folder, 'other.pem'))
  const second = await start()
  expect(second.policy.get('caFiles')).toEqual([])
  expect(rowOf(second, 'caFiles')?.problem).toMatchObject({ code: 'policy.file-untrusted' })
})
