import * as oidc from 'openid-client'
import { Problem } from '../../shared/problems.ts'
import { type Audience, toAsked } from './audience.ts'
import { describeOffset } from './clock.ts'
import { abortable, type Fetch } from './guarded-fetch.ts'
import type { createIssuer, Sso } from './issuer.ts'
import { openLoopback } from './loopback.ts'
import { type Preset, presets } from './presets.ts'
import { describeRefusal, readRefusal } from './refusal.ts'
import type { More } from './step-up.ts'
import { createTap, isClockFailure } from './tap.ts'

type Issuer = ReturnType<typeof createIssuer>
type Needs = { issuer: Issuer; fetch: Fetch }
type Options = {
  sso: Sso
  audiences: Audience[]
  /** The address of the person who is to sign in again; empty for a first sign-in. */
  loginHint: string | null
  /** What a server or the SSO wants beyond the usual, found out since the last sign-in. */
  more: More
  /** Lets the person choose who they are, although the browser knows somebody already. */
  choose?: boolean | undefined
  signal: AbortSignal
}

/** What a finished sign-in brings. */
export type Redeemed = {
  tokens: oidc.TokenEndpointResponse
  claims: oidc.IDToken
  asked: { scopes: string[]; resources: string[] }
  /** Whom the access token is for. */
  audience: Audience
}

/** What the company cannot choose: these are the protections of the flow. */
const reserved = ['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce']
const reservedPkce = ['code_challenge', 'code_challenge_method', 'request', 'request_uri']
const mostSkewMs = 10 * 60_000

/**
 * One sign-in through the system browser: authorization code with PKCE S256. Verifier, state and nonce live in this
 * call only. `answer` settles when the login page has answered and its code is redeemed.
 */
export async function startAttempt({ issuer, fetch }: Needs, options: Options) {
  const { sso, audiences, loginHint, more, choose = false, signal } = options
  const preset = presets[sso.preset]
  await issuer.discover(sso)
  const config = await issuer.configure(sso)
  const asked = toAsked({ scopes: [...sso.scopes, ...more.scopes], audiences, preset })
  const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()]
  signal.throwIfAborted()
  const loopback = await openLoopback({
    ...{ host: sso.redirectHost, path: sso.redirectPath, ports: sso.redirectPorts, state },
    isGood: (answer) => isGood(answer, config),
  })
  signal.addEventListener('abort', loopback.close, { once: true })
  const parameters = new URLSearchParams({
    ...preset.authorize,
    ...withoutReserved(sso.extraAuthorizeParams),
    ...(asked.audience ? { audience: asked.audience } : {}),
    ...(loginHint ? { login_hint: loginHint } : {}),
    ...(more.claims ? { claims: more.claims } : {}),
    ...(choose ? { prompt: toChoice(sso, preset, config) } : {}),
    redirect_uri: loopback.redirectUri,
    scope: asked.scopes.join(' '),
    state,
    nonce,
    // Always, whatever the metadata says: Entra does not announce it and does it.
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  for (const resource of asked.resources) parameters.append('resource', resource)

  async function finish(): Promise<Redeemed> {
    const answer = await loopback.answer
    // Our own redirect address, never the request’s: what stood in its Host header is not to be believed.
    const callback = new URL(`${loopback.redirectUri}?${answer}`)
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    const resource = asked.first.resource
    const tokens = await redeem({ issuer, sso, fetch: abortable(fetch, signal) }, (client) =>
      oidc.authorizationCodeGrant(
        client,
        callback,
        { ...checks },
        {
          ...(resource ? { resource } : {}),
          ...(more.claims ? { claims: more.claims } : {}),
        },
      ),
    )
    return { ...tokens, asked, audience: asked.first }
  }

  return {
    loginUrl: oidc.buildAuthorizationUrl(config, parameters).href,
    hint: toHint(sso, preset, loopback.redirectUri),
    answer: finish().finally(() => signal.removeEventListener('abort', loopback.close)),
    close: loopback.close,
  }
}

type Grant = (config: oidc.Configuration) => Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers>

/** Redeems once. Where only the clocks disagree, the same answer is checked again by the SSO’s clock. */
export async function redeem({ issuer, sso, fetch }: { issuer: Issuer; sso: Sso; fetch: Fetch }, grant: Grant) {
  const tap = createTap(fetch)
  const once = async (wiring: { fetch: Fetch; skewMs?: number }) => {
    const config = await issuer.configure(sso, wiring)
    const tokens = await grant(config)
    await issuer.remember(sso, config)
    const claims = tokens.claims()
    if (!claims) throw new Problem('auth.answer-refused', 'no ID token came')
    return { tokens, claims }
  }
  try {
    return await once({ fetch: tap.listen })
  } catch (error) {
    const skewMs = tap.skewMs()
    if (!isClockFailure(error) || skewMs === null) throw await toSignInProblem(error, sso)
    if (Math.abs(skewMs) > mostSkewMs)
      throw new Problem('auth.clock-wrong', `${describeOffset(skewMs)} of the company’s`)
    return await once({ fetch: tap.replay, skewMs }).catch(async (again) => {
      throw await toSignInProblem(again, sso)
    })
  }
}

/** What went wrong, without a word of what the browser brought: anybody could have written that. */
async function toSignInProblem(cause: unknown, sso: Sso): Promise<Error> {
  if (cause instanceof Problem) return cause
  const { host } = new URL(sso.issuer)
  if (cause instanceof oidc.AuthorizationResponseError) {
    if (cause.error === 'access_denied') return new Problem('auth.cancelled', undefined, { cause })
    const name = /^[\w.-]{1,64}$/.test(cause.error) ? cause.error : 'unknown error'
    return new Problem('auth.refused-by-sso', `${host} refused (${name})`, { cause })
  }
  const refusal = await readRefusal(cause)
  const detail = `${host} ${describeRefusal(refusal)}`
  if (refusal.kind === 'unreachable' || refusal.kind === 'timeout')
    return new Problem('auth.sso-unreachable', detail, { cause })
  if (refusal.kind === 'captive-portal') return new Problem('auth.network-sign-in', detail, { cause })
  if (refusal.kind === 'proxy') return new Problem('auth.proxy-refused', detail, { cause })
  if (refusal.kind === 'untrusted' || refusal.kind === 'clock')
    return new Problem('auth.answer-refused', detail, { cause })
  return new Problem('auth.refused-by-sso', detail, { cause })
}

/** RFC 9207: an answer of another issuer, or one that should name its issuer and does not, is no success to announce. */
function isGood(answer: URLSearchParams, config: oidc.Configuration) {
  const { issuer, authorization_response_iss_parameter_supported: announced } = config.serverMetadata()
  const iss = answer.get('iss')
  return !answer.has('error') && (iss === null ? !announced : iss === issuer)
}

/** `select_account` where it is known, `login` otherwise; what a refresh token needs is asked for as before. */
function toChoice({ extraAuthorizeParams }: Sso, preset: Preset, config: oidc.Configuration) {
  const known = config.serverMetadata().prompt_values_supported
  const select = Array.isArray(known) && !known.includes('select_account') ? 'login' : 'select_account'
  const usual = (extraAuthorizeParams.prompt ?? preset.authorize.prompt ?? '').split(' ')
  return [...new Set([select, ...usual.filter((prompt) => prompt === 'consent')])].join(' ')
}

const withoutReserved = (parameters: Record<string, string>) =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => ![...reserved, ...reservedPkce].includes(name)))

function toHint({ redirectHost, redirectPath, redirectPorts }: Sso, preset: Preset, redirectUri: string) {
  const uris =
    redirectPorts.length > 0 ? redirectPorts.map((port) => `http://${redirectHost}:${port}${redirectPath}`) : []
  const uri =
    uris.length > 0
      ? uris.join(', ')
      : preset.register.includes('with its port')
        ? redirectUri
        : `http://${redirectHost}${redirectPath}`
  return `If the login page shows an error, IT may have to register this app: ${preset.register.replaceAll('{uri}', uri)}.`
}
