import type { AuthState } from '../../shared/contract/auth.ts'
import type { Connection, ConnectionId } from '../../shared/contract/connections.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import type { ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Expiry } from './clock.ts'
import type { ServerSignIns } from './oauth/server-sign-ins.ts'

type Derived = { grant?: { expiry: Expiry | null }; since?: string; problem: ProblemData | null }
type Needs = {
  /** Settles once it is known whose connections these are. */
  opened: () => Promise<unknown>
  /** The company’s servers that this person may use. */
  servers: () => ServerConfig[]
  company: () => { name: string; issuer: string } | null
  sso: {
    snapshot: () => AuthState
    since: () => string | null
    signIn: () => Promise<unknown>
    cancel: () => Promise<unknown>
    signOut: () => Promise<unknown>
    renew: () => Promise<unknown>
  }
  signIns: ServerSignIns
  keys: ApiKeys
  /** Tokens made from the company’s sign-in: where they stand, a new one, and none. */
  derived: {
    status: (server: ServerConfig) => Derived
    get: (server: ServerConfig) => Promise<unknown>
    forget: (server: ServerConfig) => void
  }
  /** A key was set: what waited for it can go on. */
  connected: (server: ServerConfig['id']) => void
  log: Log
}

const sso = '@sso'
const kinds = new Set(['mcp-oauth', 'sso-exchange', 'id-jag', 'api-key'])
/** What passes by itself when the network is back. */
const passing = new Set<ProblemData['code']>([
  'auth.sso-unreachable',
  'auth.server-sso-unreachable',
  'auth.network-sign-in',
  'auth.proxy-refused',
])

/** One list of every sign-in and secret, and what a person can do about each. It never shows one. */
export function createConnections(needs: Needs) {
  const { servers, company, signIns, keys, derived, connected, log } = needs
  const changed = createSignal<Connection[]>()
  let shown = ''
  let isTelling = false

  function listed(): ServerConfig[] {
    const mine = servers().filter(({ auth }) => kinds.has(auth.kind))
    const ids = new Set(servers().map(({ id }) => id))
    return [...mine, ...signIns.others().filter(({ id }) => !ids.has(id))]
  }

  async function snapshot(): Promise<Connection[]> {
    const own = describeSso()
    const others = await Promise.all(listed().map(describe))
    return own ? [own, ...others] : others
  }

  function describeSso(): Connection | null {
    const known = company()
    if (!known) return null
    const state = needs.sso.snapshot()
    const states = {
      'signed-out': 'none',
      'signing-in': 'connecting',
      'signed-in': 'ok',
      offline: 'offline',
      'needs-sign-in': 'expired',
    } as const
    return {
      ...blank({ id: sso, kind: 'sso', name: known.name }),
      state: states[state.state],
      account: 'account' in state ? state.account.name : null,
      issuer: known.issuer,
      since: 'account' in state ? needs.sso.since() : null,
      expiresAt: state.state === 'signed-in' ? state.expiresAt : null,
      problem: ('problem' in state && state.problem) || null,
      loginUrl: state.state === 'signing-in' ? state.loginUrl : null,
    }
  }

  async function describe(server: ServerConfig): Promise<Connection> {
    try {
      if (server.auth.kind === 'api-key') return await describeKey(server)
      return server.auth.kind === 'mcp-oauth' ? await describeOwn(server) : describeDerived(server)
    } catch (error) {
      const kind = server.auth.kind as Connection['kind']
      return { ...blank({ id: server.id, kind, name: server.name }), state: 'needs-you', problem: toProblem(error) }
    }
  }

  async function describeKey(server: ServerConfig): Promise<Connection> {
    const base = blank({ id: server.id, kind: 'api-key', name: server.name })
    const kept = await keys.find(server)
    if (!kept) return { ...base, state: 'needs-you', problem: new Problem('auth.no-api-key').data }
    if (keys.isRefused(server, kept.key))
      return { ...base, state: 'needs-you', since: kept.since, problem: new Problem('auth.api-key-refused').data }
    return { ...base, state: 'ok', since: kept.since }
  }

  async function describeOwn(server: ServerConfig): Promise<Connection> {
    const { record, asks, attempt, wanted, isLeft, isOver, problem } = await signIns.describe(server)
    const base = {
      ...blank({ id: server.id, kind: 'mcp-oauth', name: server.name }),
      account: record?.account ?? null,
      issuer: record?.issuer ?? null,
      since: record?.since ?? null,
      expiresAt: record?.expiry ? new Date(record.expiry.wallMs).toISOString() : null,
      problem,
    }
    if (asks) return { ...base, state: 'asks', asks }
    if (attempt) return { ...base, state: 'connecting', loginUrl: attempt.loginUrl, problem: null }
    if (!record) {
      if (!wanted && !problem) return { ...base, state: 'none' }
      return { ...base, state: 'needs-you', problem: problem ?? new Problem('auth.connect-needed').data }
    }
    if (isOver) return { ...base, state: 'expired' }
    if (problem?.code === 'auth.more-access-needed') return { ...base, state: 'needs-you' }
    if (isLeft) return { ...base, state: 'ok' }
    if (!record.refreshToken) return { ...base, state: 'expired', problem: new Problem('auth.connection-ended').data }
    return { ...base, state: problem && passing.has(problem.code) ? 'offline' : 'ok' }
  }

  function describeDerived(server: ServerConfig): Connection {
    const { grant, since, problem } = derived.status(server)
    const state = needs.sso.snapshot()
    return {
      ...blank({ id: server.id, kind: server.auth.kind as 'id-jag', name: server.name }),
      state: problem ? (passing.has(problem.code) ? 'offline' : 'refused') : grant ? 'ok' : 'none',
      account: 'account' in state ? state.account.name : null,
      issuer: company()?.issuer ?? null,
      since: since ?? null,
      expiresAt: grant?.expiry ? new Date(grant.expiry.wallMs).toISOString() : null,
      problem,
    }
  }

  /** Says it again where something a person can see has changed; however often it is called, once at a time. */
  function tell() {
    if (isTelling) return
    isTelling = true
    Promise.resolve()
      .then(() => {
        isTelling = false
        return snapshot()
      })
      .then((list) => {
        const text = JSON.stringify(list)
        if (text === shown) return
        shown = text
        changed.emit(list)
      })
      .catch((error: unknown) => log.error('connections.not-told', { error }))
  }

  function get(id: ConnectionId): ServerConfig {
    const found = listed().find((server) => server.id === id)
    if (!found) throw new Problem('auth.unknown-connection', id)
    return found
  }

  async function one(id: ConnectionId): Promise<Connection> {
    const own = id === sso ? describeSso() : null
    if (id === sso && !own) throw new Problem('app.no-company')
    return own ?? describe(get(id))
  }

  async function connect({ id, issuer }: { id: ConnectionId; issuer?: string | undefined }) {
    if (id === sso) await needs.sso.signIn()
    else await connectServer(get(id), issuer)
    tell()
    return one(id)
  }

  async function connectServer(server: ServerConfig, issuer: string | undefined) {
    if (server.auth.kind === 'api-key') throw new Problem('auth.no-api-key', server.name)
    if (server.auth.kind === 'mcp-oauth') return signIns.connect(server, issuer)
    derived.forget(server)
    await derived.get(server)
  }

  async function cancel({ id }: { id: ConnectionId }) {
    if (id === sso) await needs.sso.cancel()
    else signIns.cancel(get(id))
    tell()
    return one(id)
  }

  async function disconnect({ id }: { id: ConnectionId }) {
    if (id === sso) await needs.sso.signOut()
    else await disconnectServer(get(id))
    tell()
    return one(id)
  }

  async function disconnectServer(server: ServerConfig) {
    if (server.auth.kind === 'api-key') return keys.delete(server)
    if (server.auth.kind === 'mcp-oauth') return signIns.disconnect(server)
    derived.forget(server)
  }

  async function setKey({ id, key }: { id: ConnectionId; key: string }) {
    const server = id === sso ? null : get(id)
    if (server?.auth.kind !== 'api-key') throw new Problem('auth.unknown-connection', `${id} takes no key`)
    await keys.set(server, key)
    connected(server.id)
    tell()
    return one(id)
  }

  /** Each on its own: one that fails says so in its own line. */
  async function renewAll() {
    await needs.sso.renew().catch((error: unknown) => log.info('connection.not-renewed', { id: sso, error }))
    const renewable = listed().filter(({ auth }) => auth.kind !== 'api-key')
    await Promise.all(
      renewable.map((server) =>
        renew(server).catch((error: unknown) => log.info('connection.not-renewed', { id: server.id, error })),
      ),
    )
    tell()
    return snapshot()
  }

  async function renew(server: ServerConfig) {
    if (server.auth.kind === 'mcp-oauth') return signIns.renew(server)
    // One nobody has used yet is made when it is used.
    if (!derived.status(server).grant && !derived.status(server).problem) return
    derived.forget(server)
    await derived.get(server)
  }

  const opened =
    <I, O>(run: (input: I) => Promise<O>) =>
    async (input: I) => {
      await needs.opened()
      return run(input)
    }

  return {
    room: {
      ...{ snapshot, changed: changed.on },
      ...{ connect: opened(connect), cancel: opened(cancel), disconnect: opened(disconnect), setKey: opened(setKey) },
      renewAll: () => needs.opened().then(renewAll),
    },
    tell,
  }
}

const blank = ({ id, kind, name }: Pick<Connection, 'id' | 'kind' | 'name'>) => ({
  ...{ id, kind, name, account: null, issuer: null, since: null, expiresAt: null },
  ...{ problem: null, asks: null, loginUrl: null },
})
