import { domainToUnicode } from 'node:url'
import type { ServerId } from '../../../shared/ids.ts'
import { Problem, toProblem } from '../../../shared/problems.ts'
import type { ServerConfig } from '../../../shared/server-config.ts'
import type { Log } from '../../lib/log.ts'
import type { Clock } from '../clock.ts'
import { type Fetch, isSafeUrl } from '../guarded-fetch.ts'
import type { Vault } from '../session-store.ts'
import { discoverIssuer, discoverResource } from './discovery.ts'
import type { createIdentity } from './identity.ts'
import { type Asks, type Attempt, type Known, type KnownServers, urlOf } from './known-servers.ts'
import type { SignedIn } from './record.ts'
import { type Auth, startServerSignIn } from './server-sign-in.ts'
import type { createServerTokens } from './server-tokens.ts'
import type { Company, TrustedIssuers } from './trusted-issuers.ts'

type Needs = {
  company: () => Company | null
  trusted: TrustedIssuers
  known: KnownServers
  vault: Pick<Vault, 'lock'>
  tokens: Pick<ReturnType<typeof createServerTokens>, 'find' | 'keep'>
  identity: ReturnType<typeof createIdentity>
  fetchFor: (server: ServerConfig) => Fetch
  openUrl: (url: string) => Promise<boolean>
  allowInsecure: boolean
  changed: () => void
  connected: (server: ServerId) => void
  clock: Clock
  log: Log
}

const limitMs = 5 * 60_000

/** A person’s clicks on “connect”: one attempt at a time for each server, and none that outlives five minutes. */
export function createAttempts({ company, trusted, known, vault, tokens, identity, ...needs }: Needs) {
  const { fetchFor, openUrl, allowInsecure, changed, connected, clock, log } = needs

  /** Ends once the browser is open, or with the question whether this issuer may be asked at all. */
  async function connect(server: ServerConfig, agreed: string | undefined) {
    const mine = known.get(server)
    if (mine.attempt?.loginUrl) {
      await openUrl(mine.attempt.loginUrl).catch(() => false)
      return
    }
    mine.attempt?.controller.abort()
    const controller = new AbortController()
    const attempt: Attempt = { controller, issuer: null, loginUrl: null }
    Object.assign(mine, { attempt, asks: null })
    changed()
    try {
      const begun = await begin(mine, agreed, controller.signal)
      if (!begun) return end(mine, attempt, null)
      Object.assign(attempt, { loginUrl: begun.loginUrl, issuer: begun.issuer })
      follow(mine, attempt, begun.answer)
      changed()
      await openUrl(begun.loginUrl).catch(() => false)
    } catch (error) {
      end(mine, attempt, error)
      if (!controller.signal.aborted) throw error
    }
  }

  function follow(mine: Known, attempt: Attempt, answer: Promise<SignedIn>) {
    const { signal } = attempt.controller
    const stop = clock.after(limitMs, () => attempt.controller.abort(new Problem('auth.timed-out')))
    signal.addEventListener('abort', () => end(mine, attempt, signal.reason), { once: true })
    void answer
      .then((record) => arrived(mine, record, signal))
      .then(
        () => end(mine, attempt, null),
        (error: unknown) => end(mine, attempt, error),
      )
      .finally(stop)
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
    const vouched = trusted.list().includes(issuer)
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
    const first = issuers.find((issuer) => trusted.list().includes(issuer))
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

  function end(mine: Known, attempt: Attempt, error: unknown) {
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

  const giveUpRegistration = ({ issuer }: Attempt) => {
    if (issuer) identity.forget(issuer).catch((error: unknown) => log.warn('registration.not-deleted', { error }))
  }

  function cancel(server: ServerConfig) {
    const mine = known.get(server)
    const { attempt } = mine
    Object.assign(mine, { attempt: null, asks: null })
    attempt?.controller.abort(new Problem('auth.cancelled'))
    if (attempt) giveUpRegistration(attempt)
    changed()
  }

  return { connect, cancel }
}

function toAsks(issuer: string): Asks {
  const { host, hostname, port } = new URL(issuer)
  return { issuer, host, unicodeHost: `${domainToUnicode(hostname) || hostname}${port ? `:${port}` : ''}` }
}
