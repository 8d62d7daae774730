import * as oidc from 'openid-client'
import type { createSecret } from '../lib/secret.ts'
import { abortable, type Fetch } from './guarded-fetch.ts'
import type { createIssuer, Sso } from './issuer.ts'
import { describeRefusal, readRefusal } from './refusal.ts'
import type { Session } from './session.ts'

const revocationTimeoutMs = 3000

/**
 * Tells the SSO that this refresh token is no longer used (RFC 7009): ending a browser session leaves it alive. Null
 * when it was told or offers no such thing (Entra ID, AD FS), else why it could not be told, after three seconds.
 */
export async function revoke(
  { issuer, fetch }: { issuer: ReturnType<typeof createIssuer>; fetch: Fetch },
  { sso, session }: { sso: Sso; session: Pick<Session, 'refreshToken' | 'grants'> },
): Promise<string | null> {
  const access = [...session.grants.values()][0]?.accessToken
  const token = session.refreshToken ?? access
  if (!token) return null
  const inTime = abortable(fetch, AbortSignal.timeout(revocationTimeoutMs))
  const hint = { token_type_hint: session.refreshToken ? 'refresh_token' : 'access_token' }
  const send = async (over: Fetch) => {
    const config = await issuer.configure(sso, { fetch: over })
    if (!config.serverMetadata().revocation_endpoint) return
    await oidc.tokenRevocation(config, token.reveal(), hint)
  }
  try {
    await send(inTime).catch(async (error) => {
      // Some SSOs want to see a token of the person where a public client has no secret to show.
      if (!access || !isUnauthorized(error)) throw error
      await send(withBearer(inTime, access))
    })
    return null
  } catch (error) {
    return `${new URL(sso.issuer).host} ${describeRefusal(await readRefusal(error))}`
  }
}

/**
 * Where the browser’s own session ends (OpenID RP-initiated logout); null where the SSO offers none. The ID token only
 * says whose session it is.
 */
export async function findEndSessionUrl(
  issuer: ReturnType<typeof createIssuer>,
  { sso, session }: { sso: Sso; session: Pick<Session, 'idToken'> },
): Promise<string | null> {
  const config = await issuer.configure(sso)
  if (!config.serverMetadata().end_session_endpoint) return null
  const { idToken } = session
  return oidc.buildEndSessionUrl(config, {
    ...(idToken ? { id_token_hint: idToken.reveal() } : {}),
    ...(sso.postLogoutRedirect ? { post_logout_redirect_uri: sso.postLogoutRedirect } : {}),
  }).href
}

const isUnauthorized = (error: unknown) =>
  (error instanceof oidc.ResponseBodyError || error instanceof oidc.WWWAuthenticateChallengeError) &&
  error.status === 401

const withBearer =
  (fetch: Fetch, token: ReturnType<typeof createSecret>): Fetch =>
  (url, init) =>
    fetch(url, {
      ...init,
      headers: { ...(init?.headers as Record<string, string>), authorization: `Bearer ${token.reveal()}` },
    })
