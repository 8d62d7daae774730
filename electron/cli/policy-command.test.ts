import { expect, test } from 'vitest'
import type { PolicyState } from '../../shared/contract/policy.ts'
import { Problem } from '../../shared/problems.ts'
import { runCli } from './cli.ts'
import type { Needs } from './session.ts'

const unknown = [new Problem('policy.key-unknown', 'theme in bad.json').data]

const judge = async (path: string) => ({ path, set: ['allowAdHoc'], problems: path === 'good.json' ? [] : unknown })

async function run(state: PolicyState, ...argv: string[]) {
  const out: string[] = []
  const api = { policy: { snapshot: async () => state } }
  const needs = {
    connect: async () => ({ api, running: true, close: async () => {} }),
    out: (text: string) => out.push(text),
    err: (text: string) => out.push(text),
    version: '1',
    policyFiles: {
      check: judge,
      convert: async (path: string, to: string) => ({
        ...(await judge(path)),
        written: path === 'good.json' ? to : null,
      }),
      templates: async (folder: string) => [`${folder}/a.admx`, `${folder}/en-US/a.adml`],
    },
  }
  return { code: await runCli(needs as unknown as Needs, ['policy', ...argv]), text: out.join('\n') }
}

const source = '/etc/causeway/policy.json'
const row = { title: 'Days of activity kept', key: 'activityDays', problem: null }
const decided = { ...row, value: 90, origin: 'mandatory' as const, source, locked: true }
const state = (more: Partial<PolicyState> = {}): PolicyState => ({
  rows: [decided],
  sources: [{ source, problem: null }],
  unknown: [],
  ...more,
})

test('shows each key with its value, who said so, and whether it can be changed', async () => {
  const { code, text } = await run(state())
  expect(code).toBe(0)
  expect(text).toMatch(/activityDays +90 +IT +locked +\/etc\/causeway\/policy\.json$/)
  expect(JSON.parse((await run(state(), 'show', '--json')).text)).toEqual(state())
  const free = { ...row, value: 7, origin: 'person' as const, source: null, locked: false }
  expect((await run(state({ rows: [free], sources: [] }))).text).toMatch(/activityDays +7 +you\n\nIT has set nothing/)
})

test('what is wrong is said once, with exit code 5; a name nobody knows is said and is no failure', async () => {
  const bad = new Problem('policy.unreadable', `${source}: it is a link`).data
  const broken = state({ rows: [{ ...decided, problem: bad }], sources: [{ source, problem: bad }] })
  const { code, text } = await run(broken)
  expect(code).toBe(5)
  expect(text.split('[policy.unreadable]')).toHaveLength(2)
  const unknown = [new Problem('policy.key-unknown', `theme in ${source}`).data]
  const other = await run(state({ unknown }))
  expect(other.code).toBe(0)
  expect(other.text).toContain('theme in /etc/causeway/policy.json [policy.key-unknown]')
})

test('a draft is judged without an app: 0 where it is right, 1 where something in it is wrong', async () => {
  expect(await run(state(), 'check', 'good.json')).toEqual({ code: 0, text: 'It sets allowAdHoc.' })
  const { code, text } = await run(state(), 'check', 'bad.json')
  expect(code).toBe(1)
  expect(text).toMatch(/theme in bad\.json \[policy\.key-unknown\]\nIt sets allowAdHoc\.$/)
  expect(JSON.parse((await run(state(), 'check', 'bad.json', '--json')).text)).toMatchObject({ problems: unknown })
  expect((await run(state(), 'check')).code).toBe(2)
})

test('a draft becomes a file for a management tool, or nothing where something in it is wrong', async () => {
  const good = await run(state(), 'convert', 'good.json', 'out.reg')
  expect(good).toEqual({ code: 0, text: 'out.reg was written. It sets allowAdHoc.' })
  const { code, text } = await run(state(), 'convert', 'bad.json', 'out.reg')
  expect(code).toBe(1)
  expect(text).toMatch(/theme in bad\.json \[policy\.key-unknown\]\nNothing was written\.$/)
  expect(JSON.parse((await run(state(), 'convert', 'bad.json', 'out.reg', '--json')).text)).toMatchObject({
    written: null,
  })
  expect((await run(state(), 'convert', 'good.json')).code).toBe(2)
  expect((await run(state(), 'templates', 'x')).text).toBe('x/a.admx\nx/en-US/a.adml')
})
