import { beforeEach, expect, test } from 'vitest'
import type { Connection as Joined } from '../../shared/contract/connections.ts'
import { ConnectionId } from '../../shared/contract/connections.ts'
import type { CoreClient } from '../../shared/contract/contract.ts'
import { Problem } from '../../shared/problems.ts'
import { runCli } from './cli.ts'
import type { Needs } from './session.ts'

let out: string[]
let err: string[]
let given: unknown[]
beforeEach(() => {
  out = []
  err = []
  given = []
})

const joined = (more: Partial<Joined> = {}): Joined => ({
  ...{ id: ConnectionId.parse('wiki'), kind: 'mcp-oauth', name: 'Port wiki', state: 'ok', account: null, issuer: null },
  ...{ since: null, expiresAt: null, problem: null, asks: null, loginUrl: null },
  ...more,
})
const recorded =
  <T>(answer: T) =>
  async (input: unknown) => {
    given.push(input)
    return answer
  }

function run(api: unknown, argv: string[], secrets: string[] = []) {
  const needs = {
    connect: async () => ({
      api: api as CoreClient,
      running: true,
      ended: new Promise(() => {}),
      close: async () => {},
    }),
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    version: '1',
    readSecret: async () => secrets.shift() ?? '',
  }
  return runCli(needs as unknown as Needs, argv)
}

test('the list names what waits for the person, in words and as exit code 3', async () => {
  const waiting = joined({ state: 'needs-you', problem: new Problem('auth.connect-needed').data })
  const api = (list: Joined[]) => ({ connections: { snapshot: async () => list } })
  expect(await run(api([waiting]), ['connections'])).toBe(3)
  expect(out.join('\n')).toMatch(/wiki +mcp-oauth +needs-you/)
  expect(out.join('\n')).toContain('Run: causeway connections connect')
  expect(await run(api([joined()]), ['connections', '--json'])).toBe(0)
  expect(JSON.parse(out[1] ?? '')).toEqual({ connections: [joined()] })
})

test('a sign-in the company has not named is a question, in both spellings, and --yes agrees to that one only', async () => {
  const asks = { issuer: 'https://xn--uth-5cd.example', host: 'xn--uth-5cd.example', unicodeHost: 'аuth.example' }
  const api = { connections: { connect: recorded(joined({ state: 'asks', asks })), changed: () => () => {} } }
  expect(await run(api, ['connections', 'connect', 'wiki'])).toBe(3)
  expect(out.join('')).toContain('xn--uth-5cd.example')
  expect(out.join('')).toContain('аuth.example')
  const agreed = { connections: { connect: recorded(joined({ account: 'Ana' })), changed: () => () => {} } }
  expect(await run(agreed, ['connections', 'connect', 'wiki', '--yes', asks.issuer])).toBe(0)
  expect(given).toEqual([{ id: 'wiki' }, { id: 'wiki', issuer: asks.issuer }])
  expect(out.at(-1)).toBe('Connected to Port wiki as Ana.')
})

test('connect waits for the browser and says how it ended', async () => {
  for (const [ended, code] of [
    [joined(), 0],
    [joined({ state: 'needs-you', problem: new Problem('auth.timed-out').data }), 1],
  ] as const) {
    let tell = (_: Joined[]) => {}
    let now: Joined | null = null
    const connecting = joined({ state: 'connecting', loginUrl: 'https://auth.example/authorize' })
    const api = {
      connections: {
        changed: (listener: typeof tell) => {
          tell = listener
          return () => {}
        },
        connect: async () => {
          now = connecting
          setImmediate(() => {
            tell([connecting])
            tell([ended])
          })
          return connecting
        },
        snapshot: async () => (now ? [now] : []),
      },
    }
    expect(await run(api, ['connections', 'connect', 'wiki'])).toBe(code)
    expect(err.join('\n')).toContain('https://auth.example/authorize')
  }
})

test('a key is read, never an argument, and never printed', async () => {
  const api = { connections: { setKey: recorded(joined({ kind: 'api-key' })) } }
  expect(await run(api, ['connections', 'set-key', 'wiki', 'k-secret'])).toBe(2)
  expect(await run(api, ['connections', 'set-key', 'wiki'], ['k-secret'])).toBe(0)
  expect(await run(api, ['connections', 'set-key', 'wiki'], [''])).toBe(1)
  expect(given).toEqual([{ id: 'wiki', key: 'k-secret' }])
  expect([...out, ...err].join('\n')).not.toContain('k-secret')
})

test('a connection nobody knows is a sentence and a code', async () => {
  expect(await run({ connections: {} }, ['connections', 'disconnect', 'Not A Server'])).toBe(1)
  expect(err.join('')).toContain('[auth.unknown-connection]')
})

test('disconnect, renew, and the company’s own sign-in by its short name', async () => {
  const sso = joined({ id: '@sso', kind: 'sso', name: 'Fernhill', state: 'none' })
  const api = { connections: { disconnect: recorded(sso), renewAll: async () => [sso] } }
  expect(await run(api, ['connections', 'disconnect', 'sso'])).toBe(0)
  expect(given).toEqual([{ id: '@sso' }])
  expect(await run(api, ['connections', 'renew'])).toBe(0)
})

test('the passphrase is read unseen, and a wrong one is said', async () => {
  const unlocked = { state: 'ready', backend: 'passphrase', problem: null }
  const api = {
    vault: { unlock: recorded(unlocked), setPassphrase: recorded(unlocked), snapshot: async () => unlocked },
  }
  expect(await run(api, ['vault', 'unlock'], ['correct horse battery'])).toBe(0)
  expect(await run(api, ['vault', 'set-passphrase'], ['correct horse battery', 'correct horse battery'])).toBe(0)
  expect(given).toEqual([{ passphrase: 'correct horse battery' }, { passphrase: 'correct horse battery' }])
  expect(await run(api, ['vault'])).toBe(0)
  expect([...out, ...err].join('\n')).not.toContain('horse')
  const wrong = {
    vault: {
      unlock: async () => {
        throw new Problem('vault.passphrase-wrong')
      },
    },
  }
  expect(await run(wrong, ['vault', 'unlock'], ['x'])).toBe(1)
  expect(err.join('')).toContain('[vault.passphrase-wrong]')
})

test('a locked vault waits for the person: asked again once it is unlocked, or left aside', async () => {
  const locked = { state: 'locked', backend: 'keychain', problem: new Problem('vault.locked').data }
  const ready = { state: 'ready', backend: 'keychain', problem: null }
  const api = (now: object) => ({
    vault: { snapshot: async () => now, retry: recorded(ready), startAfresh: recorded(ready) },
    auth: { retry: recorded({ state: 'signed-in' }) },
  })
  expect(await run(api(locked), ['vault'])).toBe(3)
  expect(out.join('\n')).toContain('causeway vault retry')
  expect(await run(api(locked), ['vault', 'retry'])).toBe(0)
  expect(given).toHaveLength(2)
  expect(await run(api(locked), ['vault', 'start-afresh'])).toBe(0)
  expect(out.at(-1)).toBe('ready, keychain')
  expect(await run(api(ready), ['vault', 'start-afresh'])).toBe(0)
  expect(out.at(-1)).toContain('Nothing is in the way.')
})

test('without a keychain both ways out are named', async () => {
  const memory = { state: 'memory', backend: 'memory', problem: new Problem('vault.no-keychain').data }
  expect(await run({ vault: { snapshot: async () => memory } }, ['vault'])).toBe(0)
  expect(out.join('\n')).toMatch(/\[vault.no-keychain\]\n.*vault retry\n.*vault set-passphrase$/)
})

test('a company’s sign-in that cannot be read is something to do, for scripts too', async () => {
  const sso = joined({ id: '@sso', kind: 'sso', state: 'none', problem: new Problem('vault.locked').data })
  expect(await run({ connections: { snapshot: async () => [sso] } }, ['connections'])).toBe(3)
})

test('a sign-in on another device shows the code and a picture of it', async () => {
  const account = { name: 'Ana', groups: [] }
  const device = { userCode: 'ABCD-EFGH', verificationUrl: 'https://sso.example/device', qr: ['110', '011', '101'] }
  let tell = (_: unknown) => {}
  let now: unknown = { state: 'signed-out', problem: null }
  const api = {
    auth: {
      snapshot: async () => now,
      changed: (listener: typeof tell) => {
        tell = listener
        return () => {}
      },
      signInWithDevice: async () => {
        setTimeout(() => tell({ state: 'signed-in', account, kept: 'keychain' }), 50)
        now = { state: 'signing-in', loginUrl: `${device.verificationUrl}?user_code=ABCD-EFGH`, device }
        return now
      },
    },
  }
  expect(await run(api, ['login', '--device'])).toBe(0)
  expect(err.join('\n')).toContain('ABCD-EFGH')
  expect(err.join('\n')).toContain('███████\n██')
})
