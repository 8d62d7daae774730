import * as oidc from 'openid-client'
import { Problem } from '../../shared/problems.ts'
import { UnsafeAnswer } from './guarded-fetch.ts'

/** What an SSO’s refusal means, judged by status and shape: messages are written for people and change. */
export type Refusal =
  /** The request was sent and nothing came back: the SSO may have acted on it. */
  | { kind: 'timeout' }
  | { kind: 'aborted' }
  | { kind: 'unreachable'; reason: string; retryAfterMs: number | null; gone: boolean }
  | { kind: 'captive-portal' }
  | { kind: 'proxy'; status: number }
  /** The refresh token is dead; `certain` is false where another cause would look the same. */
  | { kind: 'dead'; certain: boolean; error: string }
  | { kind: 'interaction'; error: string; claims: string | null }
  | { kind: 'configuration'; error: string }
  /** This audience only: the session itself is fine. */
  | { kind: 'audience'; error: string }
  | { kind: 'clock' }
  /** An ID token or an answer that fails its checks. */
  | { kind: 'untrusted'; reason: string }

const interaction = new Set([
  'interaction_required',
  'consent_required',
  'login_required',
  'account_selection_required',
])
const configuration = new Set(['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_request'])
const audience = new Set(['invalid_scope', 'invalid_target', 'insufficient_scope'])
const passing = new Set(['server_error', 'temporarily_unavailable', 'slow_down'])

/** Reads what openid-client threw. */
export async function readRefusal(error: unknown): Promise<Refusal> {
  const chain = causes(error)
  const named = (name: string) => chain.some((cause) => cause instanceof Error && cause.name === name)
  if (named('TimeoutError')) return { kind: 'timeout' }
  if (named('AbortError')) return { kind: 'aborted' }
  const unsafe = chain.find((cause) => cause instanceof UnsafeAnswer)
  if (unsafe) return { kind: 'untrusted', reason: unsafe.message }
  if (error instanceof oidc.ResponseBodyError) return fromBody(error.status, error.cause, error.response)
  const response = chain.find((cause) => cause instanceof Response) ?? challenged(error)
  if (response) return fromResponse(response)
  const problem = chain.find((cause) => cause instanceof Problem)
  if (problem) return unreachable(`cannot be reached: ${problem.message}`)
  if (error instanceof oidc.ClientError) return fromClientError(error)
  const code = chain.map((cause) => (cause as { code?: unknown } | null)?.code).find((text) => typeof text === 'string')
  return unreachable(`does not answer (${code ?? 'no connection'})`)
}

const unreachable = (reason: string, retryAfterMs: number | null = null, gone = false): Refusal => ({
  kind: 'unreachable',
  reason,
  retryAfterMs,
  gone,
})

function fromClientError(error: oidc.ClientError): Refusal {
  if (error.code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') return { kind: 'clock' }
  if (error.code === undefined) {
    const code = causes(error.cause).map((cause) => (cause as { code?: unknown } | null)?.code)
    return unreachable(`does not answer (${code.find((text) => typeof text === 'string') ?? 'no connection'})`)
  }
  return { kind: 'untrusted', reason: error.code }
}

const challenged = (error: unknown) =>
  error instanceof oidc.WWWAuthenticateChallengeError ? error.response : undefined

async function fromResponse(response: Response): Promise<Refusal> {
  const { status } = response
  const body = await readJson(response)
  if (status >= 400 && status < 500 && body) return fromBody(status, body, response)
  const html = response.headers.get('content-type')?.includes('html') === true
  if (status === 407 || (status === 403 && html)) return { kind: 'proxy', status }
  if (status < 400)
    return body ? { kind: 'untrusted', reason: 'the answer is not complete' } : { kind: 'captive-portal' }
  if (status === 400 || status === 401) return { kind: 'dead', certain: false, error: `HTTP ${status}` }
  return unreachable(
    `answered HTTP ${status}`,
    toRetryAfterMs(response),
    status === 404 || status === 405 || status === 410,
  )
}

function fromBody(status: number, body: unknown, response: Response): Refusal {
  const given = (body ?? {}) as Record<string, unknown>
  const error = toErrorName(given.error)
  const claims = typeof given.claims === 'string' && given.claims.length <= 10_000 ? given.claims : null
  if (interaction.has(error) || (given.error === 'invalid_grant' && (claims || given.suberror)))
    return { kind: 'interaction', error: detailed(error, given), claims }
  if (configuration.has(error)) return { kind: 'configuration', error: detailed(error, given) }
  if (audience.has(error)) return { kind: 'audience', error: detailed(error, given) }
  if (passing.has(error) || (status !== 400 && status !== 401))
    return unreachable(`answered HTTP ${status}`, toRetryAfterMs(response))
  return { kind: 'dead', certain: error === 'invalid_grant', error: detailed(error, given) }
}

/** An error name is shown to people only when it looks like one. */
const toErrorName = (error: unknown) =>
  typeof error === 'string' && /^[\w.-]{1,64}$/.test(error) ? error : 'unknown error'

/** Microsoft’s number is what an admin searches for; the rest of its text names people and tenants. */
const detailed = (error: string, { error_description }: Record<string, unknown>) => {
  const number = typeof error_description === 'string' ? /\bAADSTS\d{4,8}\b/.exec(error_description)?.[0] : undefined
  return number ? `${error}, ${number}` : error
}

async function readJson(response: Response): Promise<Record<string, unknown> | null> {
  if (response.bodyUsed) return null
  try {
    const json: unknown = await response.clone().json()
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function toRetryAfterMs(response: Response): number | null {
  const text = response.headers.get('retry-after')?.trim()
  if (!text) return null
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : null
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let at = error; at !== undefined && at !== null && chain.length < 8; at = (at as { cause?: unknown }).cause)
    chain.push(at)
  return chain
}

/** The second half of a sentence that starts with the SSO’s host. */
export function describeRefusal(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'timeout':
      return 'does not answer in time'
    case 'aborted':
      return 'was not waited for'
    case 'unreachable':
      return refusal.reason
    case 'captive-portal':
      return 'answered with a web page or a redirect: the address is wrong, or this network wants a sign-in of its own'
    case 'proxy':
      return `is behind a proxy that answered HTTP ${refusal.status}`
    case 'clock':
      return 'lives in another time than this computer'
    case 'untrusted':
      return `sent an answer that cannot be trusted (${refusal.reason})`
    default:
      return `refused (${refusal.error})`
  }
}
