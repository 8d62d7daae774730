import * as oidc from 'openid-client'
import { Problem } from '../../shared/problems.ts'
import type { AllowedIssuer, ServerAuth, ServerConfig } from '../../shared/server-config.ts'
import { createSecret, type Secret } from '../lib/secret.ts'
import { type Clock, expiryIn, remainingMs } from './clock.ts'
import type { createDerived } from './derived.ts'
import type { Fetch } from './guarded-fetch.ts'
import type { createIssuer, Sso } from './issuer.ts'
import { configure } from './oauth/configure.ts'
import { discoverIssuer, type Resource } from './oauth/discovery.ts'
import { toRegisteredClient } from './oauth/identity.ts'
import { toGrant } from './refresh.ts'
import { describeRefusal, readRefusal } from './refusal.ts'
import type { Grant } from './session.ts'

type Wanted = Extract<ServerAuth, { kind: 'id-jag' }>
type Needs = {
  issuer: ReturnType<typeof createIssuer>
  derived: ReturnType<typeof createDerived>
  discover: (server: ServerConfig) => Promise<{ resource: Resource; fetch: Fetch }>
  allowedIssuers: () => AllowedIssuer[]
  allowInsecure: boolean
  clock: Clock
}
type Subject = { sso: Sso; account: string; idToken: () => Promise<Secret>; rejected?: string | undefined }
type Assertion = Pick<Grant, 'accessToken' | 'expiry'>
type Target = { issuer: string; resource: string | null; fetch: Fetch }

const grants = {
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  bearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
}
const types = { idJag: 'urn:ietf:params:oauth:token-type:id-jag', idToken: 'urn:ietf:params:oauth:token-type:id_token' }
/** How an IdP says that its policy does not allow it (RFC 8693 §2.2.2, RFC 6749 §5.2). */
const policy = new Set(['access_denied', 'invalid_grant', 'invalid_target', 'invalid_scope'])

export const idJagKey = (server: ServerConfig, account: string) => JSON.stringify(['id-jag', account, server.id])

/**
 * Enterprise-managed authorization: the company’s SSO vouches for the person to a server’s authorization server, without
 * a browser. When the company says no it is no: there is no other way in.
 */
export function createIdJag({ issuer, derived, discover, allowedIssuers, allowInsecure, clock }: Needs) {
  const assertions = new Map<string, Assertion>()

  const get = (server: ServerConfig, wanted: Wanted, subject: Subject): Promise<Secret> =>
    derived.get(idJagKey(server, subject.account), subject.rejected, () => make(server, wanted, subject))

  async function make(server: ServerConfig, wanted: Wanted, subject: Subject): Promise<Grant> {
    const target = await findTarget(server, wanted)
    const key = JSON.stringify([subject.account, server.id, target.issuer, wanted.scope ?? null])
    const kept = assertions.get(key)
    if (kept?.expiry && remainingMs(clock, kept.expiry) > 5000) {
      const grant = await redeem(kept, target, wanted).catch(() => null)
      if (grant) return grant
    }
    const assertion = await assert(target, wanted, subject)
    assertions.set(key, assertion)
    return redeem(assertion, target, wanted)
  }

  async function findTarget(server: ServerConfig, wanted: Wanted): Promise<Target> {
    const { resource, fetch } = await discover(server)
    const found = wanted.issuer ?? resource.issuers[0]
    if (!found) throw new Problem('auth.server-sso-invalid', `${server.name} names no issuer`)
    const named = wanted.resource ?? resource.resource
    const send = allowedIssuers().find((one) => one.issuer === found)?.audience ?? 'resource'
    return { issuer: found, resource: send === 'resource' ? named : null, fetch }
  }

  /** The company’s word for the person, addressed to the server’s authorization server; good for minutes. */
  async function assert(target: Target, { scope }: Wanted, { sso, idToken }: Subject): Promise<Assertion> {
    const subjectToken = await idToken()
    try {
      const config = await issuer.configure(sso)
      const answer = await oidc.genericGrantRequest(config, grants.exchange, {
        requested_token_type: types.idJag,
        audience: target.issuer,
        subject_token: subjectToken.reveal(),
        subject_token_type: types.idToken,
        ...(target.resource ? { resource: target.resource } : {}),
        ...(scope ? { scope } : {}),
      })
      if (answer.issued_token_type !== types.idJag)
        throw new Problem('auth.answer-refused', `${new URL(sso.issuer).host} sent another kind of token`)
      const expiry = answer.expires_in === undefined ? null : expiryIn(clock, answer.expires_in * 1000)
      return { accessToken: createSecret(answer.access_token), expiry }
    } catch (cause) {
      throw await toProblem(cause, sso)
    }
  }

  async function toProblem(cause: unknown, sso: Sso): Promise<Problem> {
    if (cause instanceof Problem) return cause
    const refusal = await readRefusal(cause)
    const detail = `${new URL(sso.issuer).host} ${describeRefusal(refusal)}`
    if (cause instanceof oidc.ResponseBodyError && policy.has(cause.error))
      return new Problem('auth.policy-refused', detail, { cause })
    if (refusal.kind === 'interaction') return new Problem('auth.interaction-needed', detail, { cause })
    const away = refusal.kind === 'unreachable' || refusal.kind === 'timeout'
    return new Problem(away ? 'auth.sso-unreachable' : 'auth.refused-by-sso', detail, { cause })
  }

  async function redeem({ accessToken }: Assertion, target: Target, wanted: Wanted): Promise<Grant> {
    const { clientId, clientSecret, scope } = wanted
    const { host } = new URL(target.issuer)
    try {
      // No code travels here, so PKCE, which metadata may leave unsaid, does not matter.
      const metadata = await discoverIssuer({ ...target, guessed: false, vouched: true, allowInsecure })
      const client = await toRegisteredClient({ id: clientId, secret: clientSecret }, metadata)
      const config = configure({ metadata, client, fetch: target.fetch })
      const tokens = await oidc.genericGrantRequest(config, grants.bearer, {
        assertion: accessToken.reveal(),
        ...(target.resource ? { resource: target.resource } : {}),
        ...(scope ? { scope } : {}),
      })
      return toGrant(tokens, clock)
    } catch (cause) {
      if (cause instanceof Problem) throw cause
      const refusal = await readRefusal(cause)
      const away = refusal.kind === 'unreachable' || refusal.kind === 'timeout'
      const code = away ? 'auth.server-sso-unreachable' : 'auth.server-sso-refused'
      throw new Problem(code, `${host} ${describeRefusal(refusal)}`, { cause })
    }
  }

  return { get, clear: () => assertions.clear() }
}
