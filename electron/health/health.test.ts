import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AuthState } from '../../shared/contract/auth.ts'
import { AccountId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createHealth, type Probe } from './health.ts'
import type { Concern } from './summary.ts'

const github = ServerId.parse('github')
const iam = ServerId.parse('iam')
const account = {
  id: AccountId.parse('a'.repeat(32)),
  issuer: 'https://sso.example',
  subject: 'ana',
  name: 'Ana',
  email: null,
  groups: [],
}
const signedIn: AuthState = { state: 'signed-in', account, expiresAt: null, kept: 'keychain' }
const signedOut: AuthState = { state: 'signed-out', problem: null }
const fine: Probe = { latencyMs: 12, protocolVersion: '2025-11-25', serverName: 'github 1', tools: [] }

let auth: AuthState
let concerns: Concern[]
let servers: { id: ServerId; name: string; allowed: boolean; needsSignIn: boolean }[]
let probe: (server: ServerId) => Promise<Probe>
let asked: ServerId[]
beforeEach(() => {
  vi.useFakeTimers()
  auth = signedIn
  concerns = []
  servers = [{ id: github, name: 'GitHub', allowed: true, needsSignIn: true }]
  asked = []
  probe = async () => fine
})
afterEach(() => vi.useRealTimers())

const make = () =>
  createHealth({
    servers: () => servers,
    auth: () => auth,
    concerns: () => concerns,
    probe: (server) => {
      asked.push(server)
      return probe(server)
    },
    now: () => new Date(),
    random: () => 0.5,
    log: createMemoryLog().log,
  })
const fail = (problem: Problem) => () => Promise.reject(problem)

test('everything works once every server has answered', async () => {
  const health = make()
  expect(health.snapshot()).toMatchObject({ overall: 'working', sentence: 'Checking the servers' })
  health.reconsider()
  await vi.advanceTimersByTimeAsync(0)
  expect(health.snapshot()).toMatchObject({ overall: 'ok', sentence: 'Everything works', needs: [] })
})

test('signed out is one need, not one per server, and nobody is asked', async () => {
  auth = signedOut
  servers.push({ id: iam, name: 'IAM', allowed: false, needsSignIn: true })
  const health = make()
  const state = await health.recheckAll()
  expect(asked).toEqual([])
  expect(state).toMatchObject({ overall: 'needs-you', sentence: 'Sign in to start' })
  expect(state.needs.map(({ id }) => id)).toEqual(['auth'])
  expect(state.servers.map(({ state }) => state)).toEqual(['needs-you', 'needs-you'])
})

test('a locked keychain is one need as well, and the sentence does not ask for a sign-in that would not help', async () => {
  const problem = new Problem('vault.locked').data
  auth = { state: 'signed-out', problem }
  concerns.push({ id: 'vault', subject: 'Keychain', problem })
  const state = await make().recheckAll()
  expect(state.needs).toMatchObject([{ id: 'vault', problem }])
  expect(state.sentence).toBe('1 thing needs you')
})

test('without a company that is the one need: there is nobody to sign in with', () => {
  auth = signedOut
  const problem = new Problem('app.no-company').data
  concerns.push({ id: 'company', subject: 'Causeway', problem })
  expect(make().snapshot()).toMatchObject({
    overall: 'needs-you',
    sentence: 'Set up your company to start',
    needs: [{ id: 'company', problem }],
  })
})

test('after the sign-in no server is said to wait for it any more, also before it has answered', async () => {
  auth = signedOut
  const health = make()
  await health.recheckAll()
  auth = signedIn
  health.reconsider()
  expect(health.snapshot()).toMatchObject({ needs: [], servers: [{ state: 'working' }] })
})

test('a server of other groups is blocked and troubles nobody', async () => {
  servers.push({ id: iam, name: 'IAM', allowed: false, needsSignIn: true })
  const state = await make().recheckAll()
  expect(state).toMatchObject({ overall: 'ok', needs: [] })
  expect(state.servers[1]).toMatchObject({ state: 'blocked', problem: { code: 'catalog.not-allowed' } })
})

test('a server that is down is broken since the first failure, and is asked ever later', async () => {
  const health = make()
  probe = fail(new Problem('bridge.unreachable', 'mcp.example'))
  const first = await health.recheck({ server: github })
  expect(health.snapshot()).toMatchObject({ overall: 'broken', sentence: '1 thing needs you' })
  await vi.advanceTimersByTimeAsync(5_000)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(asked).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(asked).toHaveLength(3)
  expect(health.snapshot().servers[0]).toEqual(first)
  probe = async () => fine
  await vi.advanceTimersByTimeAsync(20_000)
  expect(health.snapshot().overall).toBe('ok')
})

test('no network is waited for, not broken', async () => {
  probe = fail(new Problem('bridge.offline'))
  expect(await make().recheckAll()).toMatchObject({ overall: 'waiting', sentence: 'Waiting for the network' })
})

test('a failing call makes a server be asked at once; a working one ends a bad state', async () => {
  const health = make()
  await health.recheckAll()
  health.traffic({ server: github, ok: true })
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toHaveLength(1)
  probe = fail(new Problem('bridge.unreachable'))
  health.traffic({ server: github, ok: false })
  await vi.advanceTimersByTimeAsync(0)
  expect(health.snapshot().overall).toBe('broken')
  probe = async () => fine
  health.traffic({ server: github, ok: true })
  await vi.advanceTimersByTimeAsync(0)
  expect(health.snapshot().overall).toBe('ok')
})

test('two questions at once are one probe', async () => {
  const health = make()
  const [a, b] = await Promise.all([health.recheck({ server: github }), health.recheck({ server: github })])
  expect(asked).toHaveLength(1)
  expect(a).toBe(b)
})

test('at most four servers are asked at once, and all in the end', async () => {
  servers = Array.from({ length: 20 }, (_, n) => ({
    id: ServerId.parse(`s${n}`),
    name: `${n}`,
    allowed: true,
    needsSignIn: false,
  }))
  let open = 0
  let most = 0
  probe = async () => {
    most = Math.max(most, ++open)
    await new Promise((resolve) => setTimeout(resolve, 10))
    open -= 1
    return fine
  }
  const health = make()
  health.reconsider()
  await vi.advanceTimersByTimeAsync(200)
  expect(most).toBe(4)
  expect(health.snapshot().servers.every(({ state }) => state === 'ok')).toBe(true)
})

test('a server that left the catalog leaves the list and is asked no more', async () => {
  const health = make()
  await health.recheckAll()
  servers = []
  health.reconsider()
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(asked).toHaveLength(1)
  expect(health.snapshot().servers).toEqual([])
  expect(() => health.recheck({ server: github })).toThrow(expect.objectContaining({ code: 'bridge.unknown-server' }))
})

test('a concern of another room is in the list with its own button', () => {
  servers = []
  concerns = [{ id: 'catalog', subject: 'Servers', problem: new Problem('catalog.invalid').data }]
  expect(make().snapshot()).toMatchObject({ overall: 'broken', sentence: '1 thing needs you' })
})

test('after close nobody is asked', async () => {
  const health = make()
  await health.recheckAll()
  health.close()
  health.reconsider()
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(asked).toHaveLength(1)
})
