import { beforeEach, expect, test } from 'vitest'
import type { CoreClient } from '../../shared/contract/contract.ts'
import { Problem } from '../../shared/problems.ts'
import { runCli } from './cli.ts'
import { toPlain, toTable } from './print.ts'
import type { AgentOptions } from './session.ts'

let out: string[]
let err: string[]
let closed: number
let bridges = 0
let agent: AgentOptions | null
const given: unknown[] = []
/** Remembers what a call was given. */
const recorded =
  <T>(answer: T) =>
  async (input: unknown) => {
    given.push(input)
    return answer
  }
beforeEach(() => {
  out = []
  err = []
  closed = 0
  agent = null
  given.length = 0
})

function run(api: unknown, argv: string[], { running = true, ended = new Promise<void>(() => {}) } = {}) {
  return runCli(
    {
      connect: async () => ({ api: api as CoreClient, running, ended, close: async () => void closed++ }),
      connectFiles: async () => ({ api: api as CoreClient, running, ended, close: async () => void closed++ }),
      runBridge: async () => void bridges++,
      team: undefined as never,
      policyFiles: undefined as never,
      runAgent: async (options) => {
        agent = options
        return 0
      },
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      version: '1.2.3',
    },
    argv,
  )
}
const rejects = (problem: unknown) => async () => {
  throw problem
}

test('a problem is a sentence, a code and a command on stderr, and exit code 1', async () => {
  const api = { catalog: { snapshot: rejects(new Problem('auth.signed-out')) } }
  expect(await run(api, ['servers'])).toBe(1)
  expect(err.join('\n')).toBe('You are signed out [auth.signed-out]\nRun: causeway login')
  expect(out).toEqual([])
  expect(closed).toBe(1)
})

test('the same problem with --json is data on stdout', async () => {
  const api = { catalog: { snapshot: rejects(new Problem('auth.signed-out')) } }
  expect(await run(api, ['servers', '--json'])).toBe(1)
  expect(JSON.parse(out.join('\n'))).toMatchObject({ error: { code: 'auth.signed-out', remedy: 'sign-in' } })
  expect(err).toEqual([])
})

test('the newest calls are a table, with the filter handed on', async () => {
  const row = {
    time: '2026-11-20T10:00:00Z',
    client: 'cursor',
    clientName: null,
    server: 'github',
    method: 'tools/call',
    target: 'search',
    outcome: 'ok',
    code: null,
    durationMs: 12.4,
  }
  const api = {
    activity: { page: recorded({ rows: [row], next: null, total: 1 }) },
  }
  expect(await run(api, ['activity', '--limit', '5', '--search', 'git'])).toBe(0)
  expect(given).toEqual([{ limit: 5, filter: { search: 'git' } }])
  expect(out.join('\n')).toMatch(
    /TIME +APP +SERVER +TOOL +OUTCOME +DURATION\n2026-11-20T10:00:00Z +cursor +github +search +ok +12 ms/,
  )
})

test('the exit code of status says what is the matter', async () => {
  const health = (overall: string) => ({ overall, sentence: 'x', needs: [], servers: [] })
  const api = (overall: string) => ({
    app: { snapshot: async () => ({ company: null, pid: 1, version: '1' }) },
    auth: { snapshot: async () => ({ state: 'signed-out', problem: null }) },
    vault: { snapshot: async () => ({}) },
    health: { snapshot: async () => health(overall) },
  })
  const codes = []
  for (const overall of ['ok', 'working', 'needs-you', 'waiting', 'broken'])
    codes.push(await run(api(overall), ['status']))
  expect(codes).toEqual([0, 0, 3, 4, 5])
})

test.each([[['fly']], [['activity', '--limit', '0']], [['tools']], [['agent', '--port', 'high']]])(
  '%j is wrong usage: exit code 2, a sentence, no connection',
  async (argv) => {
    expect(await run({}, argv)).toBe(2)
    expect(err.join('')).not.toBe('')
    expect(closed).toBe(0)
  },
)

test('apps alone lists, and takes --json', async () => {
  const api = {
    clients: {
      host: async () => 'ssh',
      rescan: async () => [{ id: 'cursor', name: 'Cursor', installed: true, state: 'set-up', configPath: '/x' }],
    },
  }
  expect(await run(api, ['apps'])).toBe(0)
  expect(await run(api, ['apps', '--json'])).toBe(0)
  expect(out[0]).toContain('over SSH. docs/remote.md')
  expect(JSON.parse(out[1] ?? '')).toMatchObject({ host: 'ssh', apps: [{ id: 'cursor' }] })
})

test('apply writes what the preview it made just before has shown', async () => {
  const api = {
    clients: {
      preview: async () => ({ token: 't1', entries: [{ server: 'github', result: 'add' }] }),
      apply: recorded({ name: 'Cursor', configPath: '/x', entries: [], toFinish: 'Restart Cursor', problem: null }),
    },
  }
  expect(await run(api, ['apps', 'apply', 'cursor'])).toBe(0)
  expect(given).toEqual([{ client: 'cursor', token: 't1' }])
  expect(out.join('\n')).toBe('Cursor is set up (/x).\nRestart Cursor')
})

test('tools of a server that does not answer is a problem, for scripts as well', async () => {
  const problem = new Problem('auth.signed-out').data
  const api = {
    health: { recheck: async () => ({ server: 'github', state: 'needs-you', problem }), tools: async () => [] },
  }
  expect(await run(api, ['tools', 'github'])).toBe(1)
  expect(await run(api, ['tools', 'github', '--json'])).toBe(1)
})

test('open shows the window of the running app, and says where there is none', async () => {
  const api = { app: { open: async () => ({ address: 'http://127.0.0.1:1/#token=t' }) } }
  expect(await run(api, ['open'])).toBe(0)
  expect(out).toEqual(['The window: http://127.0.0.1:1/#token=t'])
  expect(await run(api, ['open'], { running: false })).toBe(1)
  expect(err.join('')).toContain('[app.not-running]')
})

test('agent takes its options without connecting to anything', async () => {
  expect(await run({}, ['agent', '--ui', '--no-open', '--port', '4000'])).toBe(0)
  expect(agent).toMatchObject({ ui: true, open: false, port: 4000 })
})

test('a full disk is said in words, wherever the write was', async () => {
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' })
  expect(await run({ catalog: { snapshot: rejects(full) } }, ['servers'])).toBe(1)
  expect(err.join('')).toContain('[app.disk-full]')
})

test('an agent beside a running app says so', async () => {
  const problem = new Problem('app.already-running')
  const needs = {
    connect: rejects(problem),
    connectFiles: rejects(problem),
    runBridge: async () => {},
    runAgent: rejects(problem),
    out: () => {},
    err: (text: string) => err.push(text),
    version: '1',
  }
  expect(await runCli(needs as never, ['agent'])).toBe(1)
  expect(err.join('')).toContain('[app.already-running]')
})

/** The core’s half of a sign-in: what it says now, and to whoever listens. */
function createRoom(first: unknown, onSignIn: (say: (state: unknown) => void) => void) {
  const listeners = new Set<(state: unknown) => void>()
  let now = first
  let signIns = 0
  const say = (next: unknown) => {
    now = next
    for (const listener of listeners) listener(next)
  }
  const auth = {
    snapshot: async () => now,
    changed(listener: (state: unknown) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async signIn() {
      signIns += 1
      onSignIn(say)
      return now
    },
    signOut: async () => ({ state: 'signed-out', problem: null }),
  }
  return { api: { auth }, say, signIns: () => signIns }
}
const account = { name: 'Ada Lovelace', groups: ['engineering'] }
const signedIn = { state: 'signed-in', account, kept: 'keychain' }
const signingIn = { state: 'signing-in', loginUrl: 'https://sso/login', browserOpened: false }
const signedOut = (problem: Problem | null = null) => ({ state: 'signed-out', problem: problem?.data ?? null })

test('a sign-in that ends badly is a problem', async () => {
  const { api } = createRoom(signedOut(), (say) => {
    say(signingIn)
    setTimeout(() => say(signedOut(new Problem('auth.signed-out', 'cancelled'))))
  })
  expect(await run(api, ['login'])).toBe(1)
  expect(err.join('\n')).toContain('https://sso/login')
  expect(err.join('\n')).toContain('cancelled')
})

test('what the sign-out before a login left to say is not taken for the end of that login', async () => {
  const { api } = createRoom(signedOut(), (say) => {
    say(signedOut(new Problem('auth.sign-out-incomplete')))
    say(signingIn)
    setTimeout(() => say(signedIn))
  })
  expect(await run(api, ['login'])).toBe(0)
  expect(out.join('')).toBe('Signed in as Ada Lovelace (engineering).')
})

test('an app that has just started is asked again: whoever is signed in needs no login page, and is named at logout', async () => {
  for (const [command, said] of [
    ['login', 'Already signed in as Ada Lovelace.'],
    ['logout', 'Signed out. Ada Lovelace’s tokens are deleted.'],
  ] as const) {
    const room = createRoom(signedOut(new Problem('auth.opening')), () => {})
    setTimeout(() => room.say(signedIn))
    expect(await run(room.api, [command])).toBe(0)
    expect(out.pop()).toBe(said)
    expect(room.signIns()).toBe(0)
  }
})

test('a sign-in that is not kept says why and until when', async () => {
  for (const [running, said] of [
    [true, 'It ends with the app: The keychain is locked.'],
    [false, 'It ends with this command: The keychain is locked.'],
  ] as const) {
    const { api } = createRoom(signedOut(), (say) => say({ ...signedIn, kept: 'memory' }))
    const vault = { snapshot: async () => ({ state: 'locked', problem: new Problem('vault.locked').data }) }
    expect(await run({ ...api, vault }, ['login'], { running })).toBe(0)
    expect(out.pop()).toContain(said)
  }
})

test('a logout that cannot read whose sign-in is kept is a problem, not “nobody”', async () => {
  const { api } = createRoom(signedOut(new Problem('vault.locked')), () => {})
  const auth = { ...api.auth, signOut: async () => signedOut(new Problem('vault.locked')) }
  expect(await run({ auth }, ['logout'])).toBe(1)
  expect(err.join('')).toContain('[vault.locked]')
})

test('an app that ends while somebody signs in ends the login with it', async () => {
  const { api } = createRoom(signedOut(), (say) => say(signingIn))
  const ended = new Promise<void>((resolve) => void setTimeout(resolve, 5))
  expect(await run(api, ['login'], { ended })).toBe(1)
  expect(err.join('\n')).toContain('[app.not-running]')
})

test('remote text cannot draw on the terminal', () => {
  expect(toPlain('a\u001b[31mb\u202ec\nd')).toBe('a\ufffd[31mb\ufffdc\ufffdd')
  expect(toTable(['tool'], [['x\n{"level":"error"}']]).split('\n')).toHaveLength(2)
})

test('bridge is handed over as it stands, whatever its options mean', async () => {
  bridges = 0
  expect(await run({}, ['bridge', 'https://mcp.example.com', '--header', 'X: y', '--help'])).toBe(0)
  expect(bridges).toBe(1)
  expect(out).toEqual([])
})
