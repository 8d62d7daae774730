import { join } from 'node:path'
import * as oidc from 'openid-client'
import { z } from 'zod'
import { Problem } from '../../shared/problems.ts'
import type { CompanyDocument } from '../../shared/server-config.ts'
import { createCachedDocument } from '../lib/cached-document.ts'
import type { Log } from '../lib/log.ts'
import { type Fetch, isSafeUrl } from './guarded-fetch.ts'
import { describeRefusal, readRefusal } from './refusal.ts'

export type Sso = CompanyDocument['sso']

type Needs = { fetch: Fetch; cacheFolder: string; allowInsecure: boolean; timeoutMs: number; now: () => Date; log: Log }

/** What one request to the SSO may differ in. */
export type Wiring = {
  /** Stands in for the network, to watch an answer or to give it once more. */
  fetch?: Fetch
  /** How far this computer’s clock is behind the SSO’s. */
  skewMs?: number
  timeoutMs?: number
}

const wellKnown = 'openid-configuration'
const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'revocation_endpoint',
  'userinfo_endpoint',
  'device_authorization_endpoint',
]
const Metadata = z.looseObject({
  issuer: z.string().min(1),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
})
const Kept = z.object({ metadata: Metadata, jwks: z.looseObject({ uat: z.number() }).optional() })
type Kept = z.infer<typeof Kept>

/** Knows the SSO: its endpoints and its keys, from the network when somebody signs in, else from the last good copy. */
export function createIssuer({ fetch, cacheFolder, allowInsecure, timeoutMs, now, log }: Needs) {
  const cache = createCachedDocument({ path: join(cacheFolder, 'sso.json'), schema: Kept, log })
  let held: { issuer: string; kept: Kept } | null = null
  let distrusted = false
  let closed = false
  let writing: Promise<unknown> = Promise.resolve()

  async function keep(issuer: string, kept: Kept) {
    held = { issuer, kept }
    distrusted = false
    if (closed) return
    const written = cache.keep({ source: issuer, fetchedAt: now().toISOString(), document: kept })
    writing = Promise.all([writing, written])
    await written
  }

  /** Waits for the copy that is being written, and writes none after it. */
  async function close() {
    closed = true
    await writing
  }

  async function find(issuer: string): Promise<Kept | null> {
    if (held?.issuer === issuer) return held.kept
    const kept = distrusted ? null : await cache.find(issuer)
    if (kept) held = { issuer, kept: kept.document }
    return kept?.document ?? null
  }

  /** Asks the SSO for its settings. What is wrong with them is a Problem, and nothing is kept then. */
  async function discover({ issuer }: Sso): Promise<Kept> {
    if (!isSafeUrl(issuer, allowInsecure))
      throw new Problem('auth.issuer-invalid', `${issuer} must be an https address`)
    try {
      const config = await oidc.discovery(new URL(issuer), 'discovery', undefined, oidc.None(), {
        timeout: timeoutMs / 1000,
        [oidc.customFetch]: fetch as oidc.CustomFetch,
        execute: insecure(issuer),
      })
      const parsed = Metadata.safeParse(config.serverMetadata())
      if (!parsed.success)
        throw new Problem(
          'auth.issuer-invalid',
          `${new URL(issuer).host}: ${parsed.error.issues[0]?.path.join('.')} is missing`,
        )
      const unsafe = endpoints.find((name) => !isSafeEndpoint(parsed.data[name], issuer))
      if (unsafe) throw new Problem('auth.issuer-invalid', `${new URL(issuer).host}: ${unsafe} is not an https address`)
      const kept: Kept = { metadata: parsed.data }
      if (held?.issuer === issuer && held.kept.jwks) kept.jwks = held.kept.jwks
      await keep(issuer, kept)
      return kept
    } catch (error) {
      if (error instanceof Problem) throw error
      throw await toDiscoveryProblem(issuer, error)
    }
  }

  /**
   * A client of the SSO for one task. It is made through `discovery` again, from the copy, because that is where
   * openid-client knows Entra’s `{tenantid}`.
   */
  async function configure(sso: Sso, wiring: Wiring = {}): Promise<oidc.Configuration> {
    const { metadata, jwks } = (await find(sso.issuer)) ?? (await discover(sso))
    const skew = Math.round((wiring.skewMs ?? 0) / 1000)
    const config = await oidc.discovery(
      new URL(sso.issuer),
      sso.clientId,
      { [oidc.clockTolerance]: 60, [oidc.clockSkew]: skew },
      sso.clientSecret ? oidc.ClientSecretPost(sso.clientSecret) : oidc.None(),
      {
        [oidc.customFetch]: async () => Response.json(metadata),
        execute: [oidc.enableNonRepudiationChecks, ...insecure(sso.issuer)],
      },
    )
    config[oidc.customFetch] = (wiring.fetch ?? fetch) as oidc.CustomFetch
    config.timeout = (wiring.timeoutMs ?? timeoutMs) / 1000
    if (jwks) oidc.setJwksCache(config, jwks as unknown as Parameters<typeof oidc.setJwksCache>[1])
    return config
  }

  /** Keeps the keys this client has fetched, so that the next one need not. */
  async function remember({ issuer }: Sso, config: oidc.Configuration) {
    const jwks = oidc.getJwksCache(config)
    if (!jwks || held?.issuer !== issuer || held.kept.jwks?.uat === jwks.uat) return
    await keep(issuer, { metadata: held.kept.metadata, jwks: { ...jwks } })
  }

  /** The copy is no good any more, such as when an endpoint it names is gone. */
  const forget = () => {
    held = null
    distrusted = true
  }

  /** A loopback issuer may keep to http; an https issuer may not lead down to it. */
  const isSafeEndpoint = (url: unknown, issuer: string) =>
    url === undefined || (typeof url === 'string' && isSafeUrl(url, allowInsecure && issuer.startsWith('http:')))

  const insecure = (issuer: string) =>
    allowInsecure && isSafeUrl(issuer, true) && issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []

  return { discover, configure, remember, forget, close }
}

async function toDiscoveryProblem(issuer: string, cause: unknown): Promise<Problem> {
  const { host } = new URL(issuer)
  if (cause instanceof oidc.ClientError && cause.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
    return new Problem('auth.issuer-invalid', `${host} describes another issuer than ${issuer}`, { cause })
  const refusal = await readRefusal(cause)
  if ((refusal.kind === 'unreachable' && !refusal.gone) || refusal.kind === 'timeout')
    return new Problem('auth.sso-unreachable', `${host} ${describeRefusal(refusal)}`, { cause })
  return new Problem('auth.issuer-invalid', `${host}/…/${wellKnown}: ${describeRefusal(refusal)}`, { cause })
}
