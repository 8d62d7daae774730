import * as oidc from 'openid-client'
import { Problem } from '../../shared/problems.ts'
import type { ServerAuth } from '../../shared/server-config.ts'
import type { Secret } from '../lib/secret.ts'
import { type Clock, remainingMs } from './clock.ts'
import type { createIssuer, Sso } from './issuer.ts'
import { toGrant } from './refresh.ts'
import { describeRefusal, readRefusal } from './refusal.ts'
import type { Grant } from './session.ts'

type Wanted = Extract<ServerAuth, { kind: 'sso-exchange' }>
type Needs = { issuer: ReturnType<typeof createIssuer>; clock: Clock }
type Subject = { sso: Sso; account: string; token: () => Promise<Secret>; rejected?: string | undefined }

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const marginMs = 30_000

/** Trades the person’s token for one that is good for a single server (RFC 8693). Nothing of it is stored. */
export function createExchange({ issuer, clock }: Needs) {
  const held = new Map<string, Grant>()
  const running = new Map<string, Promise<Grant>>()

  async function get({ audience, resource, scope }: Wanted, subject: Subject): Promise<Secret> {
    const key = JSON.stringify([subject.account, audience, resource ?? null, scope ?? null])
    const grant = held.get(key)
    if (grant && isFresh(grant) && grant.accessToken.reveal() !== subject.rejected) return grant.accessToken
    const already = running.get(key)
    if (already) return (await already).accessToken
    const parameters = { audience, ...(resource ? { resource } : {}), ...(scope ? { scope } : {}) }
    const work = trade(parameters, subject).finally(() => running.delete(key))
    running.set(key, work)
    const next = await work
    held.set(key, next)
    return next.accessToken
  }

  const isFresh = ({ expiry }: Grant) =>
    expiry !== null && remainingMs(clock, expiry) > Math.min(marginMs, expiry.lifeMs / 5)

  async function trade(parameters: Record<string, string>, { sso, token }: Subject): Promise<Grant> {
    const subjectToken = await token()
    try {
      const config = await issuer.configure(sso)
      const tokens = await oidc.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
        subject_token: subjectToken.reveal(),
        subject_token_type: accessTokenType,
        requested_token_type: accessTokenType,
        ...parameters,
      })
      return toGrant(tokens, clock)
    } catch (cause) {
      if (cause instanceof Problem) throw cause
      const refusal = await readRefusal(cause)
      const detail = `${new URL(sso.issuer).host} ${describeRefusal(refusal)}`
      const away = refusal.kind === 'unreachable' || refusal.kind === 'timeout'
      throw new Problem(away ? 'auth.sso-unreachable' : 'auth.audience-refused', detail, { cause })
    }
  }

  return { get, clear: () => held.clear() }
}
