import type { AuthorizationServerMetadata, FetchLike } from '@modelcontextprotocol/client'
import { Problem } from '../../../shared/problems.ts'
import { type Fetch, isSafeUrl, UnsafeAnswer } from '../guarded-fetch.ts'
import { describeRefusal, readRefusal } from '../refusal.ts'

/** What a server says of who signs its people in. */
export type Resource = {
  /** The server’s name for tokens, exactly as it wrote it; null where it publishes none (before 2025-06-18). */
  resource: string | null
  issuers: string[]
  scopes: string[]
}
/** An authorization server, found and believed. */
export type IssuerMetadata = AuthorizationServerMetadata & { issuer: string }

/** Loaded by the first sign-in at a server: it would be a tenth of the memory of an app that never needs it. */
const library = () => import('@modelcontextprotocol/client')

type Asked = { server: string; fetch: Fetch; metadataUrl: string | undefined }

/**
 * RFC 9728: where the 401 said, else the well-known address with the server’s path, then at the root. A server that
 * publishes nothing is its own authorization server (MCP 2025-03-26).
 */
export async function discoverResource({ server, fetch, metadataUrl }: Asked): Promise<Resource> {
  const found = await readResource({ server, fetch, metadataUrl })
  if (!found) return { resource: null, issuers: [new URL(server).origin], scopes: [] }
  const { resource, authorization_servers: issuers = [], scopes_supported: scopes = [] } = found
  if (!(await covers(resource, server)))
    throw new Problem('auth.server-sso-invalid', `${new URL(server).host} describes another server than itself`)
  return { resource, issuers: issuers.length > 0 ? issuers.map(String) : [new URL(server).origin], scopes }
}

async function readResource({ server, fetch, metadataUrl }: Asked) {
  let absent = false
  const noting: FetchLike = async (url, init) => {
    const response = await fetch(String(url), init as RequestInit)
    // What is not JSON describes nothing: many servers answer every path with the same page or the same 401.
    absent = !response.ok || !response.headers.get('content-type')?.includes('json')
    return response
  }
  try {
    const options = metadataUrl ? { resourceMetadataUrl: metadataUrl } : {}
    const { discoverOAuthProtectedResourceMetadata } = await library()
    return await discoverOAuthProtectedResourceMetadata(server, options, noting)
  } catch (cause) {
    if (absent) return null
    throw await toProblem(server, cause)
  }
}

async function covers(resource: string, server: string) {
  const { checkResourceAllowed } = await library()
  return URL.canParse(resource) && checkResourceAllowed({ requestedResource: server, configuredResource: resource })
}

type Issuer = {
  issuer: string
  fetch: Fetch
  /** The server published nothing, so this issuer is a guess and may have no metadata either. */
  guessed: boolean
  /** IT vouches that S256 works there, whatever the metadata says. */
  vouched: boolean
  allowInsecure: boolean
}

/** RFC 8414 and OpenID discovery, in the order of MCP; the issuer they name must be the one asked for. */
export async function discoverIssuer(asked: Issuer): Promise<IssuerMetadata> {
  const { issuer, guessed, vouched } = asked
  const { host } = new URL(issuer)
  const metadata = await readIssuer(asked)
  if (!metadata) {
    if (guessed) return legacy(issuer)
    throw new Problem('auth.server-sso-invalid', `${host} does not describe itself`)
  }
  const unsafe = endpoints.find((name) => !isSafe(metadata[name as keyof typeof metadata], asked))
  if (unsafe) throw new Problem('auth.server-sso-invalid', `${host}: ${unsafe} is not an https address`)
  const methods = metadata.code_challenge_methods_supported
  // Without PKCE a code that is caught on its way is worth a token. Entra ID does it without saying so.
  if (methods ? !methods.includes('S256') : !vouched)
    throw new Problem('auth.server-sso-invalid', `${host} does not say that it protects sign-ins (PKCE S256)`)
  return metadata as IssuerMetadata
}

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'revocation_endpoint',
  'jwks_uri',
]
const isSafe = (url: unknown, { issuer, allowInsecure }: Issuer) =>
  url === undefined || (typeof url === 'string' && isSafeUrl(url, allowInsecure && issuer.startsWith('http:')))

async function readIssuer({ issuer, fetch }: Issuer) {
  try {
    const { discoverAuthorizationServerMetadata } = await library()
    return await discoverAuthorizationServerMetadata(issuer, {
      fetchFn: (url, init) => fetch(String(url), init as RequestInit),
    })
  } catch (cause) {
    throw await toProblem(issuer, cause)
  }
}

/** The addresses every authorization server had before it could describe itself (MCP 2025-03-26). */
const legacy = (issuer: string): IssuerMetadata => ({
  issuer,
  authorization_endpoint: new URL('/authorize', issuer).href,
  token_endpoint: new URL('/token', issuer).href,
  registration_endpoint: new URL('/register', issuer).href,
  response_types_supported: ['code'],
})

async function toProblem(address: string, cause: unknown): Promise<Problem> {
  if (cause instanceof Problem) return cause
  const { host } = new URL(address)
  if (cause instanceof UnsafeAnswer) return new Problem('auth.server-sso-invalid', cause.message, { cause })
  if (cause instanceof Error && cause.name === 'IssuerMismatchError')
    return new Problem('auth.server-sso-invalid', `${host} describes another issuer than itself`, { cause })
  if (cause instanceof SyntaxError || (cause instanceof Error && cause.name === 'ZodError'))
    return new Problem('auth.server-sso-invalid', `${host} sent a description that cannot be read`, { cause })
  const status = cause instanceof Error ? /^HTTP (\d{3}) /.exec(cause.message)?.[1] : undefined
  const what = status ? `answered HTTP ${status}` : describeRefusal(await readRefusal(cause))
  return new Problem('auth.server-sso-unreachable', `${host} ${what}`, { cause })
}
