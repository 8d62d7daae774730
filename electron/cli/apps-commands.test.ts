import { beforeEach, describe, expect, test } from 'vitest'
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

const needs = (answers: Answers) => ({
  connect: async () => ({
    api: toApi(answers),
    running: true,
    ended: new Promise<void>(() => {}),
    close: async () => {},
  }),
  connectFiles: async () => ({
    api: toApi({ ...answers, ...(answers.files as object) }),
    running: false,
    ended: new Promise<void>(() => {}),
    close: async () => {},
  }),
  team: undefined as never,
  policyFiles: undefined as never,
  runAgent: async () => 0,
  runBridge: async () => {},
  out: (text: string) => out.push(text),
  err: (text: string) => err.push(text),
  version: '1.2.3',
})
const run = (answers: Answers, ...argv: string[]) => runCli(needs(answers), ['apps', ...argv])
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

describe('a change of an app that would undo it while it runs', () => {
  const waiting = { kind: 'apply', since: '2026-11-20T08:00:00.000Z', servers: ['iam'], problem: null }
  const waits = app('claude', { name: 'Claude', canUndo: false, toFinish: 'Quit and reopen Claude', waiting })
  const preview = { token: 't', diff: '+ x', waits: true, entries: [{ server: 'iam', result: 'add' }] }
  const answers: Answers = {
    'clients.preview': preview,
    'clients.apply': waits,
    'clients.rescan': [waits],
    'clients.host': 'desktop',
  }

  test('waits: said with the one thing to do, exit code 4, and the state as JSON', async () => {
    expect(await run(answers, 'apply', 'claude')).toBe(4)
    expect(said()).toBe(
      'Nothing is written yet for Claude: it runs, and would undo the change. It is made as soon as Claude has quit. ' +
        '--now makes it at once.\nQuit and reopen Claude',
    )
    expect(await run(answers, 'apply', '--all', '--json')).toBe(4)
    expect(JSON.parse(out[1] ?? '')).toMatchObject({ results: [{ client: 'claude', app: { waiting } }] })
    await run(answers, 'preview', 'claude')
    expect(out.at(-1)).toContain('made once the app has quit')
    await run(answers)
    expect(out.at(-1)).toMatch(/claude +Claude +waiting +\/claude.json\n\nClaude: Quit and reopen Claude$/)
  })

  test('is made now where that is asked for', async () => {
    await run({ ...answers, 'clients.apply': app('claude') }, 'apply', 'claude', '--now')
    expect(calls).toContainEqual(['clients.apply', { client: 'claude', token: 't', now: true }])
    calls.length = 0
    await run({ ...answers, 'clients.previewUndo': preview, 'clients.undo': app('claude') }, 'undo', 'claude', '--now')
    expect(calls).toContainEqual(['clients.undo', { client: 'claude', token: 't', now: true }])
  })

  test('without a running app of ours, says what will make it', async () => {
    const alone = { api: toApi(answers), running: false, ended: new Promise<void>(() => {}), close: async () => {} }
    await runCli({ ...needs(answers), connect: async () => alone }, ['apps', 'apply', 'claude'])
    expect(said()).toContain('Run this again when it has quit, or start the app (or: causeway agent)')
  })

  test('undo forgets what was not written yet, waits itself, and says where there is nothing of ours', async () => {
    const undo = (before: object, after: object) =>
      run({ 'clients.rescan': [before], 'clients.previewUndo': preview, 'clients.undo': after }, ...['undo', 'claude'])
    expect(await undo(waits, app('claude'))).toBe(0)
    expect(out.at(-1)).toBe('Nothing was written for claude yet; the change that waited is forgotten.')
    expect(await undo(app('claude'), { ...waits, waiting: { ...waiting, kind: 'undo' } })).toBe(4)
    expect(out.at(-1)).toContain('Nothing is changed yet in the file of Claude: it runs')
    expect(await undo(app('claude', { canUndo: false }), app('claude'))).toBe(0)
    expect(out.at(-1)).toBe('There is nothing of ours in the file of claude (/claude.json).')
  })

  test('that could not be made says why in the list', async () => {
    const failed = { ...waits, toFinish: null, waiting: { ...waiting, problem: new Problem('clients.disk-full').data } }
    await run({ ...answers, 'clients.rescan': [failed] })
    expect(said()).toContain('[clients.disk-full]')
  })
})

test('an app is found by its name as people write it, and a word that is no command is named', async () => {
  await run({ 'clients.preview': { diff: '', entries: [], path: '/x' } }, 'preview', 'Claude Code')
  expect(calls).toEqual([['clients.preview', { client: 'claude-code' }]])
  expect(await run({}, 'cursor')).toBe(2)
  expect(err.join('')).toContain("unknown command 'cursor'")
})
