import * as oidc from 'openid-client'
import { Problem } from '../../shared/problems.ts'
import type { ServerAuth } from '../../shared/server-config.ts'
import type { Secret } from '../lib/secret.ts'
import type { Clock } from './clock.ts'
import type { createDerived } from './derived.ts'
import type { createIssuer, Sso } from './issuer.ts'
import { toGrant } from './refresh.ts'
import { describeRefusal, readRefusal } from './refusal.ts'
import type { Grant } from './session.ts'

type Wanted = Extract<ServerAuth, { kind: 'sso-exchange' }>
type Needs = { issuer: ReturnType<typeof createIssuer>; derived: ReturnType<typeof createDerived>; clock: Clock }
type Subject = { sso: Sso; account: string; token: () => Promise<Secret>; rejected?: string | undefined }

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/** Two servers share a token only where their configuration is the same. */
export const exchangeKey = ({ audience, resource, scope }: Wanted, account: string) =>
  JSON.stringify(['exchange', account, audience, resource ?? null, scope ?? null])

/** Trades the person’s token for one that is good for a single server (RFC 8693). Nothing of it is stored. */
export function createExchange({ issuer, derived, clock }: Needs) {
  const get = (wanted: Wanted, subject: Subject): Promise<Secret> =>
    derived.get(exchangeKey(wanted, subject.account), subject.rejected, () => trade(wanted, subject))

  async function trade({ audience, resource, scope }: Wanted, { sso, token }: Subject): Promise<Grant> {
    const subjectToken = await token()
    try {
      const config = await issuer.configure(sso)
      const tokens = await oidc.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
        subject_token: subjectToken.reveal(),
        subject_token_type: accessTokenType,
        requested_token_type: accessTokenType,
        audience,
        ...(resource ? { resource } : {}),
        ...(scope ? { scope } : {}),
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

  return { get }
}
