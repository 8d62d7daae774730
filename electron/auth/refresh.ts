import * as oidc from 'openid-client'
import { Problem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { createSecret } from '../lib/secret.ts'
import { toAccount } from './account.ts'
import { type Audience, audienceKey, toRefreshParameters } from './audience.ts'
import { type Clock, expiryIn, remainingMs } from './clock.ts'
import { abortable, type Fetch } from './guarded-fetch.ts'
import type { createIssuer, Sso } from './issuer.ts'
import { presets } from './presets.ts'
import { type Refusal, readRefusal } from './refusal.ts'
import type { Grant, Session } from './session.ts'
import type { SessionStore } from './session-store.ts'
import { createTap } from './tap.ts'

type Needs = { issuer: ReturnType<typeof createIssuer>; store: SessionStore; fetch: Fetch; clock: Clock; log: Log }
type Request = {
  sso: Sso
  session: Session
  audience: Audience
  /** An access token a server has refused, which is then no good although it has not ended. */
  rejected?: string | undefined
  signal: AbortSignal
}
/** `saved` is false when the vault could not take it: the session lives in memory and must be written again. */
export type Refreshed = { session: Session; saved: boolean }

/** Thrown with what the SSO’s answer means; what to do about it is decided by whoever asked. */
export class RefreshRefused extends Error {
  override name = 'RefreshRefused'
  readonly refusal: Refusal
  constructor(refusal: Refusal, options?: { cause?: unknown }) {
    super(refusal.kind, options)
    this.refusal = refusal
  }
}

const idTokenTimeoutMs = 5000

/**
 * Fetches one new access token with the refresh token. Under the vault’s lock it first looks what another process has
 * done meanwhile, and what it receives is in the vault before anybody uses it.
 */
export function createRefresh({ issuer, store, fetch, clock, log }: Needs) {
  async function refresh(request: Request): Promise<Refreshed> {
    return store.lock(async () => {
      request.signal.throwIfAborted()
      const { session, adopted } = await adopt(request.session)
      if (adopted && isUsable(session, request)) return { session, saved: true }
      return redeem({ ...request, session })
    })
  }

  /** What another process has stored is newer than ours exactly when its generation is higher. */
  async function adopt(session: Session) {
    const stored = await readStored(session)
    if (stored && stored.generation > session.generation) return { session: stored, adopted: true }
    return { session, adopted: false }
  }

  async function readStored(session: Session) {
    try {
      const stored = await store.reread(session.account.id)
      if (!stored) throw new Problem('auth.signed-out')
      return stored
    } catch (error) {
      // Our copy in memory is whole; writing it mends the record.
      if (error instanceof Problem && error.code === 'auth.record-unreadable') return null
      throw error
    }
  }

  function isUsable(session: Session, { audience, rejected }: Request) {
    const grant = session.grants.get(audienceKey(audience))
    if (!grant || grant.accessToken.reveal() === rejected) return false
    return grant.expiry === null || remainingMs(clock, grant.expiry) > 0
  }

  async function redeem({ sso, session, audience, signal }: Request): Promise<Refreshed> {
    if (!session.refreshToken)
      throw new RefreshRefused({ kind: 'dead', certain: true, error: 'no refresh token was given' })
    const tap = createTap(abortable(fetch, signal))
    const tokens = await ask({ sso, refreshToken: session.refreshToken.reveal(), audience, tap })
    const next = withTokens(session, audience, tokens)
    const saved = await save(next, signal)
    const checked = tap.hasIdToken() ? await withIdToken({ sso, session: next, tap }) : next
    return { session: checked, saved: checked === next ? saved : await save(checked, signal) }
  }

  type Ask = { sso: Sso; refreshToken: string; audience: Audience; tap: ReturnType<typeof createTap> }
  async function ask(request: Ask, retried = false): Promise<oidc.TokenEndpointResponse> {
    const { sso, refreshToken, audience, tap } = request
    const parameters = toRefreshParameters(audience, presets[sso.preset])
    try {
      const listening = await issuer.configure(sso, {
        fetch: async (url, init) => {
          await tap.listen(url, init)
          return tap.replayWithoutIdToken(url, init)
        },
      })
      return await oidc.refreshTokenGrant(listening, refreshToken, parameters)
    } catch (error) {
      if (error instanceof Problem) throw error
      const refusal = await readRefusal(error)
      // The SSO may have rotated the token and the answer was lost; most accept the same one again for a few seconds.
      if (refusal.kind === 'timeout' && !retried) return ask(request, true)
      if (refusal.kind === 'unreachable' && refusal.gone) issuer.forget()
      throw new RefreshRefused(refusal, { cause: error })
    }
  }

  function withTokens(session: Session, audience: Audience, tokens: oidc.TokenEndpointResponse): Session {
    return {
      ...session,
      generation: session.generation + 1,
      // AD FS gives a refresh token once and never another: none in the answer means the old one stays.
      refreshToken: tokens.refresh_token ? createSecret(tokens.refresh_token) : session.refreshToken,
      grants: new Map([...session.grants, [audienceKey(audience), toGrant(tokens, clock)]]),
    }
  }

  /** After a sign-out nothing may be written back, whichever process it happened in. */
  async function save(next: Session, signal: AbortSignal): Promise<boolean> {
    const still = await store.reread(next.account.id).catch(() => next)
    if (!still || signal.aborted) throw new Problem('auth.signed-out')
    try {
      await store.write(next)
      return true
    } catch (error) {
      log.warn('session.not-saved', { account: next.account.id, error })
      return false
    }
  }

  /** The newest ID token and groups. Its failure costs nothing: the tokens are already stored. */
  async function withIdToken({ sso, session, tap }: { sso: Sso; session: Session; tap: Ask['tap'] }): Promise<Session> {
    try {
      const config = await issuer.configure(sso, {
        fetch: tap.replay,
        skewMs: tap.skewMs() ?? 0,
        timeoutMs: idTokenTimeoutMs,
      })
      const tokens = await oidc.refreshTokenGrant(config, 'replayed')
      await issuer.remember(sso, config)
      const { account, groups } = toAccount(tokens.claims())
      if (account.id !== session.account.id) throw new Problem('auth.other-person', account.name)
      const said = { ...session.account, ...named(account), ...(groups === 'said' ? { groups: account.groups } : {}) }
      return { ...session, account: said, idToken: createSecret(tokens.id_token ?? '') }
    } catch (error) {
      if (error instanceof Problem) throw error
      log.warn('id-token.ignored', { account: session.account.id, error })
      return session
    }
  }

  return refresh
}

/** A refreshed ID token may leave out what the first one said. */
const named = ({ name, email, subject }: Session['account']) =>
  name === subject ? {} : email ? { name, email } : { name }

export function toGrant(tokens: oidc.TokenEndpointResponse, clock: Clock): Grant {
  return {
    accessToken: createSecret(tokens.access_token),
    scope: tokens.scope ?? null,
    expiry: tokens.expires_in === undefined ? null : expiryIn(clock, tokens.expires_in * 1000),
  }
}
