import * as oidc from 'openid-client'
import type { ServerId } from '../../../shared/ids.ts'
import { Problem, toProblem } from '../../../shared/problems.ts'
import type { ServerConfig } from '../../../shared/server-config.ts'
import type { Log } from '../../lib/log.ts'
import type { Clock } from '../clock.ts'
import { abortable, type Fetch } from '../guarded-fetch.ts'
import type { Vault } from '../session-store.ts'
import { type AddressGuard, createAddressGuard } from './addresses.ts'
import { createAttempts } from './attempts.ts'
import { configure } from './configure.ts'
import { discoverResource } from './discovery.ts'
import { createIdentity } from './identity.ts'
import { createKnownServers, urlOf } from './known-servers.ts'
import type { SignedIn } from './record.ts'
import { createRefusals } from './refusals.ts'
import { createServerTokens } from './server-tokens.ts'
import { createStrangerFetch } from './stranger-fetch.ts'
import { type Company, createTrustedIssuers } from './trusted-issuers.ts'

type Headers = Record<string, string>
type Needs = {
  company: () => Company | null
  vault: Pick<Vault, 'get' | 'set' | 'delete' | 'names' | 'reread' | 'lock'>
  namespace: () => string
  openUrl: (url: string) => Promise<boolean>
  fetch: Fetch
  guard?: AddressGuard
  allowInsecure: boolean
  changed: () => void
  /** A sign-in has come back: what waited for it can go on. */
  connected: (server: ServerId) => void
  clock: Clock
  log: Log
  timeoutMs?: number
}

/** Knows the sign-ins at servers that have an authorization server of their own. It opens a browser at a click only. */
export function createServerSignIns(needs: Needs) {
  const { company, vault, namespace, openUrl, allowInsecure, changed, connected, clock, log } = needs
  const { guard = createAddressGuard(), timeoutMs = 10_000 } = needs
  const strangerFetch = createStrangerFetch({ fetch: needs.fetch, guard, allowInsecure, timeoutMs })
  const tokens = createServerTokens({ vault, namespace, clock, log })
  const identity = createIdentity({ vault, clock, log })
  const known = createKnownServers()
  const trusted = createTrustedIssuers(company)
  const fetchFor = (server: ServerConfig) => strangerFetch(urlOf(server), trusted.isHost)
  const refusals = createRefusals({ trusted, tokens, fetchFor, changed, clock, log })
  const attempts = createAttempts({
    ...{ company, trusted, known, vault, tokens, identity, fetchFor, openUrl, allowInsecure },
    ...{ changed, connected, clock, log },
  })

  /** What to send to the server; throws where only the person can go on. */
  async function headers(server: ServerConfig, { rejected, challenge }: { rejected?: Headers; challenge?: string }) {
    const mine = known.get(server)
    const record = await tokens.find(server.id, urlOf(server))
    if (!record) {
      if (rejected) refusals.learn(mine, challenge)
      if (mine.challenge) throw new Problem('auth.connect-needed', server.name)
      // Whether it wants a sign-in, and which, it says itself.
      return {}
    }
    const sent = rejected && bearerOf(rejected)
    if (sent === record.accessToken.reveal()) await refusals.judge(mine, record, challenge)
    const fetch = fetchFor(server)
    try {
      return bearer(await tokens.get({ server: server.id, name: server.name, record, rejected: sent, fetch }))
    } finally {
      changed()
    }
  }

  async function disconnect(server: ServerConfig) {
    attempts.cancel(server)
    const mine = known.get(server)
    Object.assign(mine, { challenge: null, problem: null })
    const record = await tokens.find(server.id, urlOf(server)).catch(() => null)
    await tokens.forget(server.id)
    changed()
    if (record) await revoke(record)
  }

  /** Told where it can be told, and never waited for. */
  async function revoke({ url, issuer, metadata, client, refreshToken, accessToken }: SignedIn) {
    if (!metadata.revocation_endpoint) return
    try {
      const fetch = abortable(strangerFetch(url, trusted.isHost), AbortSignal.timeout(3000))
      await oidc.tokenRevocation(configure({ metadata, client, fetch }), (refreshToken ?? accessToken).reveal())
    } catch (error) {
      log.warn('connection.not-revoked', { issuer, error })
    }
  }

  async function renew(server: ServerConfig) {
    const record = await tokens.find(server.id, urlOf(server))
    if (!record?.refreshToken) return
    const rejected = record.accessToken.reveal()
    await tokens.renew({ server: server.id, name: server.name, record, rejected, fetch: fetchFor(server) })
  }

  async function describe(server: ServerConfig) {
    const { asks, attempt, challenge, problem } = known.get(server)
    const read = await tokens.find(server.id, urlOf(server)).then(
      (record) => ({ record, unreadable: null }),
      (error: unknown) => ({ record: null, unreadable: toProblem(error) }),
    )
    return {
      ...read,
      asks,
      attempt,
      wanted: challenge !== null,
      isLeft: read.record !== null && tokens.isLeft(read.record),
      isOver: tokens.isOver(server.id),
      problem: problem ?? read.unreadable ?? tokens.problem(server.id)?.data ?? null,
    }
  }

  return {
    headers,
    connect: attempts.connect,
    cancel: attempts.cancel,
    disconnect,
    renew,
    describe,
    /** Servers that asked for a sign-in although no list names them: those of a command line. */
    others: known.servers,
    /** Somebody else, or nobody, is signed in. */
    reset() {
      for (const server of known.servers()) attempts.cancel(server)
      known.clear()
      tokens.reset()
    },
    settled: tokens.settled,
    /** Signed out: gone from here at once, and told to each issuer afterwards. */
    async signOut(person: string) {
      const records = await tokens.takeAll(person)
      return () => Promise.all(records.map(revoke))
    },
    discover: async (server: ServerConfig) => {
      const fetch = fetchFor(server)
      const resource = await discoverResource({ server: urlOf(server), fetch, metadataUrl: undefined })
      return { resource, fetch }
    },
  }
}
export type ServerSignIns = ReturnType<typeof createServerSignIns>

const bearer = ({ accessToken }: SignedIn): Headers => ({ authorization: `Bearer ${accessToken.reveal()}` })
const bearerOf = (headers: Headers) =>
  Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .map(([, value]) => /^bearer (.+)$/i.exec(value)?.[1])[0]
