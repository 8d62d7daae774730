/** What a server says it lacks in the token it was sent (RFC 6750 §3, Entra’s claims challenge). */
export type Challenge =
  | { kind: 'scope'; scopes: string[] }
  | { kind: 'claims'; claims: Record<string, unknown> | null }
  | { kind: 'other' }

const longest = 16 * 1024
const longestClaims = 10_000

/** Reads a `WWW-Authenticate` of a server. It is data of a stranger: what is odd about it is left out, never guessed at. */
export function readChallenge(header: string | undefined): Challenge {
  const parameters = readParameters(header)
  const error = parameters.get('error')
  if (error === 'insufficient_scope') return { kind: 'scope', scopes: toScopes(parameters.get('scope') ?? '') }
  if (error === 'insufficient_claims') return { kind: 'claims', claims: toClaims(parameters.get('claims') ?? '') }
  return { kind: 'other' }
}

/** The first of each name; none where there is no header, or one of a size that nobody means. */
export function readParameters(header = ''): Map<string, string> {
  const parameters = new Map<string, string>()
  if (header.length > longest) return parameters
  for (const [, name = '', quoted, bare] of header.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g))
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), quoted ?? bare ?? '')
  return parameters
}

/** RFC 6749 §3.3 says which characters a scope has. */
const toScopes = (text: string) =>
  [...new Set(text.split(' '))].filter((scope) => /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(scope)).slice(0, 32)

function toClaims(text: string): Record<string, unknown> | null {
  if (text.length > longestClaims || !/^[\w+/=-]+$/.test(text)) return null
  try {
    return toClaimsObject(Buffer.from(text, 'base64').toString('utf8'))
  } catch {
    return null
  }
}

/** Throws where the text is not JSON; null where it is not an object. */
export function toClaimsObject(text: string): Record<string, unknown> | null {
  const json: unknown = JSON.parse(text)
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : null
}

/** Tells Entra that this client understands such challenges; without it they are not sent. */
export function withCapability(claims: Record<string, unknown>): string {
  const accessToken = typeof claims.access_token === 'object' && claims.access_token !== null ? claims.access_token : {}
  return JSON.stringify({ ...claims, access_token: { ...accessToken, xms_cc: { values: ['cp1'] } } })
}
