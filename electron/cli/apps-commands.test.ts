import { beforeEach, expect, test } from 'vitest'
import type { CoreClient } from '../../shared/contract/contract.ts'
import { Problem } from '../../shared/problems.ts'
import { runCli } from './cli.ts'

let out: string[]
let err: string[]
const calls: [string, unknown][] = []
beforeEach(() => {
  out = []
  err = []
  calls.length = 0
})

const app = (id: string, more: object = {}) => ({
  ...{ id, name: id, installed: true, state: 'not-set-up', configPath: `/${id}.json`, entries: [], toFinish: null },
  ...{ problem: null, canUndo: true, ...more },
})
type Answers = Record<string, unknown>

/** A core that answers from a table and remembers what it was asked. */
function toApi(answers: Answers) {
  const room = (name: string) =>
    new Proxy({} as Record<string, unknown>, {
      get: (_, key: string) => async (input: unknown) => {
        calls.push([`${name}.${key}`, input])
        const answer = answers[`${name}.${key}`]
        if (answer instanceof Error) throw answer
        return typeof answer === 'function' ? answer(input) : answer
      },
    })
  return { clients: room('clients'), auth: room('auth'), catalog: room('catalog') } as unknown as CoreClient
}

const run = (answers: Answers, ...argv: string[]) =>
  runCli(
    {
      connect: async () => ({ api: toApi(answers), running: true, close: async () => {} }),
      connectFiles: async () => ({
        api: toApi({ ...answers, ...(answers.files as object) }),
        running: false,
        close: async () => {},
      }),
      team: undefined as never,
      runAgent: async () => 0,
      runBridge: async () => {},
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      version: '1.2.3',
    },
    ['apps', ...argv],
  )
const said = () => out.join('\n')

test('without a server nothing is said to be set up, and the reason is asked for', async () => {
  const answers = {
    'clients.preview': { token: 't', entries: [], diff: '' },
    'clients.apply': app('cursor'),
    'auth.snapshot': { state: 'signed-in' },
    'catalog.snapshot': { servers: [], problem: null },
  }
  expect(await run(answers, 'apply', 'cursor')).toBe(3)
  expect(said()).toBe('No server is assigned to you, so nothing was written for cursor. Ask your IT department.')
  expect(await run({ ...answers, 'auth.snapshot': { state: 'signed-out' } }, 'apply', 'cursor')).toBe(1)
  expect(err.join('')).toContain('[auth.signed-out]')
})

test('conflicts and hand edits are named, nothing claims to be done, and the exit code is 3', async () => {
  const left = {
    entries: [
      { server: 'iam', state: 'conflict' },
      { server: 'pdf', state: 'drift' },
    ],
  }
  const answers = {
    'clients.preview': {
      token: 't',
      diff: '',
      entries: [
        { server: 'iam', result: 'conflict' },
        { server: 'pdf', result: 'drift' },
      ],
    },
    'clients.apply': app('cursor', left),
  }
  expect(await run(answers, 'apply', 'cursor')).toBe(3)
  expect(said()).toMatch(
    /^Nothing was written for cursor\.\niam: the name is taken .*\npdf: somebody edited .*--overwrite/,
  )
})

test('--overwrite goes along with the preview and with the change', async () => {
  const answers = {
    'clients.preview': { token: 't', diff: 'x', entries: [{ server: 'iam', result: 'update' }] },
    'clients.apply': app('cursor'),
  }
  expect(await run(answers, 'apply', 'cursor', '--overwrite')).toBe(0)
  expect(calls).toEqual([
    ['clients.preview', { client: 'cursor', overwrite: true }],
    ['clients.apply', { client: 'cursor', overwrite: true, token: 't' }],
  ])
})

test('apply --all goes on past an app that cannot be set up, and says which', async () => {
  const answers = {
    'clients.rescan': [app('cursor'), app('zed'), app('kiro', { installed: false })],
    'clients.preview': ({ client }: { client: string }) => {
      if (client === 'cursor') throw new Problem('clients.unreadable', '/cursor.json: line 3')
      return { token: 't', diff: 'x', entries: [{ server: 'iam', result: 'add' }] }
    },
    'clients.apply': app('zed', { state: 'set-up' }),
  }
  expect(await run(answers, 'apply', '--all')).toBe(1)
  expect(said()).toMatch(/cursor: .*line 3 \[clients.unreadable\]/)
  expect(said()).toContain('zed is set up (/zed.json).')
  expect(said()).not.toContain('kiro')
})

test.each([
  [['apply']],
  [['apply', 'cursor', '--all']],
  [['restore']],
  [['restore', 'cursor']],
  [['restore', '--all', 'x']],
])('%j is wrong usage', async (argv) => {
  expect(await run({}, ...argv)).toBe(2)
  expect(calls).toEqual([])
})

test('repair puts back what was lost or is outdated and leaves what a person changed', async () => {
  const entries = [
    { server: 'github', state: 'lost' },
    { server: 'iam', state: 'outdated' },
    { server: 'pdf', state: 'drift' },
    { server: 'db', state: 'absent' },
  ]
  const answers = {
    'clients.rescan': [app('cursor', { entries }), app('zed')],
    'clients.preview': { token: 't', diff: 'x', entries: [] },
    'clients.apply': app('cursor', { entries: [{ server: 'pdf', state: 'drift' }] }),
  }
  expect(await run(answers, 'repair')).toBe(3)
  expect(calls[1]).toEqual(['clients.preview', { client: 'cursor', servers: ['github', 'iam'] }])
  expect(said()).toContain('cursor is repaired: github, iam (/cursor.json).\npdf: somebody edited')
  expect(said()).toContain('Nothing to repair in zed.')
})

test('verify is a table with exit code 5 where a server cannot be reached', async () => {
  const problem = new Problem('auth.signed-out').data
  const checks = [
    { server: 'github', state: 'ok', tools: 3, milliseconds: 40 },
    { server: 'iam', state: 'failed', problem },
  ]
  expect(await run({ 'clients.verify': checks }, 'verify', 'cursor')).toBe(5)
  expect(said()).toMatch(
    /cursor +github +ok +3 tools, 40 ms\ncursor +iam +failed +You are signed out \[auth.signed-out\]/,
  )
  expect(await run({ 'clients.verify': checks.slice(0, 1) }, 'verify', 'cursor', '--json')).toBe(0)
  expect(JSON.parse(out[1] ?? '')).toEqual({
    results: [{ client: 'cursor', checks: checks.slice(0, 1), problem: null }],
  })
})

test('verify without an app checks every one that is set up, also past one that cannot be checked', async () => {
  const answers = {
    'clients.rescan': [app('cursor'), app('zed'), app('kiro', { canUndo: false })],
    'clients.verify': ({ client }: { client: string }) => {
      if (client === 'cursor') throw new Problem('clients.unreadable', '/cursor.json: line 3')
      return [{ server: 'github', state: 'ok', tools: 3, milliseconds: 40 }]
    },
  }
  expect(await run(answers, 'verify')).toBe(5)
  expect(said()).toMatch(/cursor +failed .*line 3 \[clients.unreadable\]\nzed +github +ok/)
})

test('a copy is shown against now, and put back by its preview', async () => {
  const answers = {
    'clients.previewRestore': { token: 't', path: '/x', diff: '-gone', entries: [] },
    'clients.restore': app('cursor'),
  }
  expect(await run(answers, 'backups', 'cursor', '--show', 'c1')).toBe(0)
  expect(said()).toBe('-gone')
  expect(await run(answers, 'restore', 'cursor', 'c1')).toBe(0)
  expect(calls.at(-1)).toEqual(['clients.restore', { client: 'cursor', backup: 'c1', token: 't' }])
})

test('restore --all needs no app, tells each file, and fails where one could not be given back', async () => {
  const results = [
    { client: 'cursor', path: '/a', left: [], problem: null },
    { client: 'zed', path: '/b', left: ['pdf'], problem: null },
  ]
  expect(await run({ files: { 'clients.restoreAll': results } }, 'restore', '--all')).toBe(0)
  expect(said()).toBe('/a: given back\n/b: given back; pdf changed by hand since, and stays')
  const failed = [{ ...results[0], problem: new Problem('clients.disk-full').data }]
  expect(await run({ files: { 'clients.restoreAll': failed } }, 'restore', '--all')).toBe(1)
  expect(await run({ files: { 'clients.restoreAll': [] } }, 'restore', '--all')).toBe(0)
  expect(out.at(-1)).toBe('There is nothing to give back.')
})

test('a policy of the app is told with the rule that IT must add', async () => {
  const rule = { where: '/etc/claude-code/managed-settings.json', text: '{"serverCommand":["/b"]}' }
  const policy = {
    verdict: 'blocked',
    source: rule.where,
    reason: 'The company’s list does not name it',
    servers: [],
    rule,
  }
  const answers = {
    'clients.preview': { token: 't', diff: 'x', entries: [{ server: 'iam', result: 'add' }], policy },
    'clients.apply': app('claude-code', { policy }),
  }
  expect(await run(answers, 'apply', 'claude-code')).toBe(3)
  expect(said()).toContain('IT must add to /etc/claude-code/managed-settings.json:\n{"serverCommand":["/b"]}')
})
