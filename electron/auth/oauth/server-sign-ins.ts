import { domainToUnicode } from 'node:url'
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client'
import * as oidc from 'openid-client'
import type { ServerId } from '../../../shared/ids.ts'
import { Problem, type ProblemData, toProblem } from '../../../shared/problems.ts'
import type { CompanyDocument, ServerConfig } from '../../../shared/server-config.ts'
import type { Log } from '../../lib/log.ts'
import { readChallenge } from '../challenge.ts'
import type { Clock } from '../clock.ts'
import { abortable, type Fetch, isSafeUrl } from '../guarded-fetch.ts'
import type { Vault } from '../session-store.ts'
import { type AddressGuard, createAddressGuard } from './addresses.ts'
import { configure } from './configure.ts'
import { discoverIssuer, discoverResource } from './discovery.ts'
import { createIdentity } from './identity.ts'
import type { SignedIn } from './record.ts'
import { type Auth, startServerSignIn } from './server-sign-in.ts'
import { createServerTokens } from './server-tokens.ts'
import { createStrangerFetch } from './stranger-fetch.ts'

type Headers = Record<string, string>
type Company = Pick<CompanyDocument, 'sso' | 'allowedIssuers' | 'clientMetadataUrl'>
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
type Asks = { issuer: string; host: string; unicodeHost: string }
/** What is known of one server beyond what the vault holds. */
type Known = {
  server: ServerConfig
  /** What its refusal said. */
  challenge: { metadataUrl: string | undefined; scope: string | undefined } | null
  asks: Asks | null
  attempt: { controller: AbortController; issuer: string | null; loginUrl: string | null } | null
  problem: ProblemData | null
  stepUps: { key: string; atMs: number }[]
}

const limitMs = 5 * 60_000
const mostStepUps = 2
const perMs = 3_600_000

/** Knows the sign-ins at servers that have an authorization server of their own. It opens a browser at a click only. */
export function createServerSignIns(needs: Needs) {
  const { company, vault, namespace, openUrl, allowInsecure, changed, connected, clock, log } = needs
  const { guard = createAddressGuard(), timeoutMs = 10_000 } = needs
  const strangerFetch = createStrangerFetch({ fetch: needs.fetch, guard, allowInsecure, timeoutMs })
  const tokens = createServerTokens({ vault, namespace, clock, log })
  const identity = createIdentity({ vault, clock, log })
  const known = new Map<ServerId, Known>()

  function know(server: ServerConfig): Known {
    const found = known.get(server.id)
    if (found && urlOf(found.server) === urlOf(server)) return Object.assign(found, { server })
    const fresh: Known = { server, challenge: null, asks: null, attempt: null, problem: null, stepUps: [] }
    known.set(server.id, fresh)
    return fresh
  }

  const fetchFor = (server: ServerConfig) => strangerFetch(urlOf(server), isTrustedHost)
  const isTrustedHost = (host: string) => trustedIssuers().some((issuer) => new URL(issuer).hostname === host)
  function trustedIssuers() {
    const document = company()
    return document ? [document.sso.issuer, ...document.allowedIssuers.map(({ issuer }) => issuer)] : []
  }

  /** What to send to the server; throws where only the person can go on. */
  async function headers(server: ServerConfig, { rejected, challenge }: { rejected?: Headers; challenge?: string }) {
    const mine = know(server)
    const record = await tokens.find(server.id, urlOf(server))
    if (!record) {
      if (rejected) learn(mine, challenge)
      if (mine.challenge) throw new Problem('auth.connect-needed', server.name)
      // Whether it wants a sign-in, and which, it says itself.
      return {}
    }
    const sent = rejected && bearerOf(rejected)
    if (sent === record.accessToken.reveal()) await onRefused(mine, record, challenge)
    const fetch = fetchFor(server)
    try {
      return bearer(await tokens.get({ server: server.id, name: server.name, record, rejected: sent, fetch }))
    } finally {
      changed()
    }
  }

  /** The server has refused what it was sent: it wants more, or another token, or has moved to another issuer. */
  async function onRefused(mine: Known, record: SignedIn, challenge: string | undefined) {
    const { server } = mine
    const read = readChallenge(challenge)
    if (read.kind === 'scope') throw stepUp(mine, record, read.scopes)
    learn(mine, challenge)
    const moved = await findMove(mine, record)
    if (moved) throw tokens.end(server.id, new Problem('auth.connect-needed', `${server.name} moved to ${moved}`))
  }

  function learn(mine: Known, challenge: string | undefined) {
    const { resourceMetadataUrl, scope } = readHeader(challenge)
    mine.challenge = { metadataUrl: toMetadataUrl(mine.server, resourceMetadataUrl), scope }
    changed()
  }

  /** Only the server’s own word for where its metadata lies, or that of an issuer IT named. */
  function toMetadataUrl(server: ServerConfig, url: URL | undefined) {
    if (!url) return undefined
    const isIts = url.origin === new URL(urlOf(server)).origin
    if (isIts || isTrustedHost(url.hostname)) return url.href
    log.warn('challenge.ignored', { server: server.id, reason: 'metadata of another host' })
    return undefined
  }

  async function findMove({ server, challenge }: Known, record: SignedIn): Promise<string | null> {
    const asked = { server: urlOf(server), fetch: fetchFor(server), metadataUrl: challenge?.metadataUrl }
    const found = await discoverResource(asked).catch(() => null)
    if (!found || found.resource === null || found.issuers.includes(record.issuer)) return null
    return new URL(found.issuers[0] ?? record.issuer).host
  }

  /** The union with what was asked before; the same wish twice an hour at most, so that a loop ends with a refusal. */
  function stepUp(mine: Known, record: SignedIn, scopes: string[]) {
    const wanted = new Set([...record.asked, ...(mine.challenge?.scope?.split(' ') ?? []), ...scopes])
    const key = [...scopes].sort().join(' ')
    mine.stepUps = mine.stepUps.filter(({ atMs }) => clock.monotonic() - atMs < perMs)
    const isPending = mine.problem?.code === 'auth.more-access-needed'
    if (!isPending) {
      if (scopes.length === 0 || mine.stepUps.filter((tried) => tried.key === key).length >= mostStepUps)
        return new Problem('auth.server-sso-refused', `${mine.server.name} is not satisfied with what was granted`)
      mine.stepUps.push({ key, atMs: clock.monotonic() })
    }
    mine.challenge = { metadataUrl: mine.challenge?.metadataUrl, scope: [...wanted].join(' ') }
    const problem = new Problem('auth.more-access-needed', mine.server.name)
    mine.problem = problem.data
    changed()
    return problem
  }

  /** A person’s click. Ends once the browser is open, or with the question whether this issuer may be asked at all. */
  async function connect(server: ServerConfig, agreed: string | undefined) {
    const mine = know(server)
    if (mine.attempt?.loginUrl) {
      await openUrl(mine.attempt.loginUrl).catch(() => false)
      return
    }
    mine.attempt?.controller.abort()
    const controller = new AbortController()
    const attempt: NonNullable<Known['attempt']> = { controller, issuer: null, loginUrl: null }
    Object.assign(mine, { attempt, asks: null })
    changed()
    try {
      const begun = await begin(mine, agreed, controller.signal)
      if (!begun) return end(mine, attempt, null)
      Object.assign(attempt, { loginUrl: begun.loginUrl, issuer: begun.issuer })
      const stop = clock.after(limitMs, () => controller.abort(new Problem('auth.timed-out')))
      controller.signal.addEventListener('abort', () => end(mine, attempt, controller.signal.reason), { once: true })
      void begun.answer
        .then((record) => arrived(mine, record, controller.signal))
        .then(
          () => end(mine, attempt, null),
          (error: unknown) => end(mine, attempt, error),
        )
        .finally(stop)
      changed()
      await openUrl(begun.loginUrl).catch(() => false)
    } catch (error) {
      end(mine, attempt, error)
      if (!controller.signal.aborted) throw error
    }
  }

  async function begin(mine: Known, agreed: string | undefined, signal: AbortSignal) {
    const { server, challenge } = mine
    const url = urlOf(server)
    const fetch = fetchFor(server)
    const resource = await discoverResource({ server: url, fetch, metadataUrl: challenge?.metadataUrl })
    const before = await tokens.find(server.id, url).catch(() => null)
    const issuer = choose(resource.issuers, before)
    if (!isSafeUrl(issuer, allowInsecure && url.startsWith('http:')))
      throw new Problem('auth.server-sso-invalid', `${server.name} names an issuer that is not https`)
    const vouched = trustedIssuers().includes(issuer)
    const isItself = new URL(issuer).origin === new URL(url).origin
    if (!vouched && !isItself && before?.issuer !== issuer && agreed !== issuer) {
      mine.asks = toAsks(issuer)
      return null
    }
    const guessed = resource.resource === null
    const metadata = await discoverIssuer({ issuer, fetch, guessed, vouched, allowInsecure })
    const begun = await startServerSignIn(
      { identity, clock },
      {
        ...{ url, auth: server.auth as Auth, company: company(), resource, metadata, before, fetch, signal },
        challenged: challenge?.scope,
      },
    )
    return { ...begun, issuer }
  }

  function choose(issuers: string[], before: SignedIn | null) {
    const trusted = trustedIssuers()
    const first = issuers.find((issuer) => trusted.includes(issuer))
    const same = issuers.find((issuer) => issuer === before?.issuer)
    return first ?? same ?? issuers[0] ?? ''
  }

  async function arrived(mine: Known, record: SignedIn, signal: AbortSignal) {
    if (signal.aborted) return
    await vault.lock(() => tokens.keep(mine.server.id, record))
    Object.assign(mine, { challenge: null, problem: null })
    log.info('connection.made', { server: mine.server.id, issuer: record.issuer })
    connected(mine.server.id)
  }

  function end(mine: Known, attempt: NonNullable<Known['attempt']>, error: unknown) {
    if (mine.attempt !== attempt) return
    mine.attempt = null
    if (error !== null) {
      giveUpRegistration(attempt)
      const problem = toProblem(error)
      if (problem.code === 'internal') log.error('connection.failed', { server: mine.server.id, error })
      else log.info('connection.ended', { server: mine.server.id, code: problem.code, detail: problem.detail })
      if (problem.code !== 'auth.cancelled') mine.problem = problem
    }
    changed()
  }

  const giveUpRegistration = ({ issuer }: NonNullable<Known['attempt']>) => {
    if (issuer) identity.forget(issuer).catch((error: unknown) => log.warn('registration.not-deleted', { error }))
  }

  function cancel(server: ServerConfig) {
    const mine = know(server)
    const { attempt } = mine
    Object.assign(mine, { attempt: null, asks: null })
    attempt?.controller.abort(new Problem('auth.cancelled'))
    if (attempt) giveUpRegistration(attempt)
    changed()
  }

  async function disconnect(server: ServerConfig) {
    cancel(server)
    const mine = know(server)
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
      const fetch = abortable(strangerFetch(url, isTrustedHost), AbortSignal.timeout(3000))
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
    const { asks, attempt, challenge, problem } = know(server)
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
    connect,
    cancel,
    disconnect,
    renew,
    describe,
    /** Servers that asked for a sign-in although no list names them: those of a command line. */
    others: () => [...known.values()].map(({ server }) => server),
    /** Somebody else, or nobody, is signed in. */
    reset() {
      for (const { server } of known.values()) cancel(server)
      known.clear()
      tokens.reset()
    },
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

function urlOf({ endpoint }: ServerConfig): string {
  if (endpoint.transport === 'stdio') throw new Problem('auth.server-sso-invalid', 'a local server has no sign-in')
  return endpoint.transport === 'sse-split' ? endpoint.streamUrl : endpoint.url
}

function toAsks(issuer: string): Asks {
  const { host, hostname, port } = new URL(issuer)
  return { issuer, host, unicodeHost: `${domainToUnicode(hostname) || hostname}${port ? `:${port}` : ''}` }
}

/** A header of a stranger: one that cannot be read says nothing. */
function readHeader(challenge: string | undefined) {
  if (!challenge || challenge.length > 16_384) return {}
  try {
    return extractWWWAuthenticateParams(new Response(null, { headers: { 'www-authenticate': challenge } }))
  } catch {
    return {}
  }
}

const bearer = ({ accessToken }: SignedIn): Headers => ({ authorization: `Bearer ${accessToken.reveal()}` })
const bearerOf = (headers: Headers) =>
  Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .map(([, value]) => /^bearer (.+)$/i.exec(value)?.[1])[0]
