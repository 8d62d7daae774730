import * as oidc from 'openid-client'
import { Problem } from '../../../shared/problems.ts'
import type { CompanyDocument, ServerConfig } from '../../../shared/server-config.ts'
import { createSecret } from '../../lib/secret.ts'
import { type Clock, expiryIn } from '../clock.ts'
import { abortable, type Fetch } from '../guarded-fetch.ts'
import { openLoopback } from '../loopback.ts'
import { describeRefusal, readRefusal } from '../refusal.ts'
import { configure } from './configure.ts'
import type { IssuerMetadata, Resource } from './discovery.ts'
import type { createIdentity } from './identity.ts'
import type { Client, SignedIn } from './record.ts'
import { chooseScopes } from './scopes.ts'

type Needs = { identity: ReturnType<typeof createIdentity>; clock: Clock }
export type Auth = Extract<ServerConfig['auth'], { kind: 'mcp-oauth' }>
type Options = {
  url: string
  auth: Auth
  company: Pick<CompanyDocument, 'sso' | 'allowedIssuers' | 'clientMetadataUrl'> | null
  resource: Resource
  metadata: IssuerMetadata
  /** The sign-in this one is to replace. */
  before: SignedIn | null
  challenged: string | undefined
  fetch: Fetch
  signal: AbortSignal
}

/** One sign-in at a server’s own authorization server: code + PKCE S256, the way the company’s own goes. */
export async function startServerSignIn({ identity, clock }: Needs, options: Options) {
  const { url, auth, company, resource, metadata, before, challenged, signal } = options
  const fetch = abortable(options.fetch, signal)
  const allowed = company?.allowedIssuers.find(({ issuer }) => issuer === metadata.issuer)
  const own = company?.sso.issuer === metadata.issuer ? company.sso : undefined
  const state = oidc.randomState()
  const last = await identity.find(metadata.issuer)
  const loopback = await openLoopback({
    ports: [...(last ? [Number(new URL(last.redirectUri).port)] : []), 0],
    state,
    isGood: (answer) => isGood(answer, metadata),
  })
  signal.addEventListener('abort', loopback.close, { once: true })
  try {
    const asked = await chooseScopes({
      configured: auth.scope,
      challenged,
      supported: resource.scopes,
      before: before?.issuer === metadata.issuer ? before.asked : [],
      offered: metadata.scopes_supported ?? [],
    })
    const scope = asked.join(' ') || undefined
    const client = await identity.get({
      metadata,
      registered: toRegistered(auth) ?? toRegistered(allowed) ?? toRegistered(own),
      document: company?.clientMetadataUrl,
      redirectUri: loopback.redirectUri,
      fetch,
    })
    signal.throwIfAborted()
    const config = configure({ metadata, client, fetch })
    const target = toTarget(resource.resource, allowed?.audience ?? 'resource')
    const verifier = oidc.randomPKCECodeVerifier()
    const loginUrl = oidc.buildAuthorizationUrl(config, {
      redirect_uri: loopback.redirectUri,
      state,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(scope ? { scope } : {}),
      // OpenID Connect core §11: offline_access is ignored without it.
      ...(asked.includes('offline_access') ? { prompt: 'consent' } : {}),
      ...target,
    })
    const finish = async (): Promise<SignedIn> => {
      const answer = await loopback.answer
      const callback = new URL(`${loopback.redirectUri}?${answer}`)
      const checks = { pkceCodeVerifier: verifier, expectedState: state }
      const tokens = await oidc.authorizationCodeGrant(config, callback, checks, target).catch(async (cause) => {
        throw await toProblem(cause, metadata.issuer)
      })
      return toSignedIn({ url, metadata, client, target, asked, tokens, before }, clock)
    }
    const answer = finish().finally(() => signal.removeEventListener('abort', loopback.close))
    return { loginUrl: loginUrl.href, answer, close: loopback.close }
  } catch (error) {
    loopback.close()
    throw error
  }
}

type Named = { clientId?: string | undefined; clientSecret?: string | undefined }
const toRegistered = (named: Named | undefined) =>
  named?.clientId === undefined ? undefined : { id: named.clientId, secret: named.clientSecret }

/** The server as its issuer wants it named, exactly as the server wrote it. */
function toTarget(resource: string | null, policy: string): Record<string, string> {
  if (resource === null || policy === 'omit' || policy === 'scope') return {}
  return policy === 'audience' ? { audience: resource } : { resource }
}

type Given = {
  url: string
  metadata: IssuerMetadata
  client: Client
  target: Record<string, string>
  asked: string[]
  tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers
  before: SignedIn | null
}

function toSignedIn({ tokens, before, ...given }: Given, clock: Clock): SignedIn {
  const claims = tokens.claims()
  const account = [claims?.name, claims?.email, claims?.preferred_username].find((name) => typeof name === 'string')
  return {
    ...given,
    issuer: given.metadata.issuer,
    account: typeof account === 'string' ? account.slice(0, 256) : null,
    since: clock.now().toISOString(),
    generation: Math.max(clock.now().getTime(), (before?.generation ?? 0) + 1),
    refreshToken: tokens.refresh_token ? createSecret(tokens.refresh_token) : null,
    accessToken: createSecret(tokens.access_token),
    scope: tokens.scope ?? null,
    expiry: tokens.expires_in === undefined ? null : expiryIn(clock, tokens.expires_in * 1000),
  }
}

/** RFC 9207: decides only what the browser shows; openid-client judges the answer itself. */
function isGood(answer: URLSearchParams, metadata: IssuerMetadata) {
  const iss = answer.get('iss')
  const announced = metadata.authorization_response_iss_parameter_supported === true
  return !answer.has('error') && (iss === null ? !announced : iss === metadata.issuer)
}

async function toProblem(cause: unknown, issuer: string): Promise<Error> {
  const { host } = new URL(issuer)
  if (cause instanceof Problem) return cause
  if (cause instanceof oidc.AuthorizationResponseError) {
    if (cause.error === 'access_denied') return new Problem('auth.cancelled', undefined, { cause })
    const name = /^[\w.-]{1,64}$/.test(cause.error) ? cause.error : 'unknown error'
    return new Problem('auth.server-sso-refused', `${host} refused (${name})`, { cause })
  }
  const refusal = await readRefusal(cause)
  const detail = `${host} ${describeRefusal(refusal)}`
  if (refusal.kind === 'unreachable' || refusal.kind === 'timeout')
    return new Problem('auth.server-sso-unreachable', detail, { cause })
  if (refusal.kind === 'captive-portal') return new Problem('auth.network-sign-in', detail, { cause })
  if (refusal.kind === 'proxy') return new Problem('auth.proxy-refused', detail, { cause })
  if (refusal.kind === 'untrusted') return new Problem('auth.answer-refused', detail, { cause })
  return new Problem('auth.server-sso-refused', detail, { cause })
}
