import { Problem } from '../../shared/problems.ts'
import type { ServerAuth, ServerConfig } from '../../shared/server-config.ts'
import type { Secret } from '../lib/secret.ts'
import { type ApiKeys, isHeaderValue } from './api-keys.ts'
import type { Audience } from './audience.ts'

type Headers = Record<string, string>
type Refused = { rejected?: Headers; challenge?: string }
type Auth<K extends ServerAuth['kind']> = Extract<ServerAuth, { kind: K }>
type Needs = {
  token: (audience: Audience & { rejected?: string | undefined }) => Promise<Secret>
  /** What to do about a server’s `WWW-Authenticate`: a new token, none, or a sign-in that asks for more. */
  challenged: (server: ServerConfig, challenge: string) => 'renew' | 'refused' | Problem
  exchange: (wanted: Auth<'sso-exchange'>, rejected: string | undefined) => Promise<Secret>
  idJag: (server: ServerConfig, wanted: Auth<'id-jag'>, rejected: string | undefined) => Promise<Secret>
  /** The headers of a sign-in at the server’s own authorization server. */
  ownSignIn: (server: ServerConfig, refused: Refused) => Promise<Headers>
  keys: Pick<ApiKeys, 'find' | 'refuse'>
}

/**
 * What the hub adds to a request, by the server’s kind of sign-in. `rejected` holds the headers that a server refused,
 * `challenge` the `WWW-Authenticate` it refused them with.
 */
export function createServerHeaders({ token, challenged, exchange, idJag, ownSignIn, keys }: Needs) {
  return async function headers(server: ServerConfig, refused: Refused = {}): Promise<Headers> {
    const { auth } = server
    const { rejected, challenge } = refused
    switch (auth.kind) {
      case 'none':
        if (rejected) throw new Problem('auth.server-wants-sign-in', server.name)
        return {}
      case 'headers':
        if (rejected) throw new Problem('auth.server-wants-sign-in', server.name)
        return auth.headers
      case 'sso': {
        const answer = rejected && challenge !== undefined ? challenged(server, challenge) : 'renew'
        if (answer instanceof Problem) throw answer
        return bearer(await token({ ...auth, rejected: answer === 'renew' ? bearerOf(rejected) : undefined }))
      }
      case 'sso-exchange':
        return bearer(await exchange(auth, bearerOf(rejected)))
      case 'id-jag':
        return bearer(await idJag(server, auth, bearerOf(rejected)))
      case 'api-key':
        return apiKey(server, auth, rejected)
      case 'mcp-oauth':
        return ownSignIn(server, refused)
    }
  }

  async function apiKey(server: ServerConfig, { header, prefix }: Auth<'api-key'>, rejected: Headers | undefined) {
    const kept = await keys.find(server)
    if (!kept) throw new Problem('auth.no-api-key', server.name)
    const value = prefix + kept.key
    if (!isHeaderValue(value)) throw new Problem('auth.api-key-invalid', server.name)
    if (rejected && findValue(rejected, header) === value) {
      keys.refuse(server, kept.key)
      throw new Problem('auth.api-key-refused', server.name)
    }
    return { [header]: value }
  }
}

const bearer = (secret: Secret): Headers => ({ authorization: `Bearer ${secret.reveal()}` })

const findValue = (headers: Headers, name: string) =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]

const bearerOf = (headers: Headers | undefined) =>
  headers && /^bearer (.+)$/i.exec(findValue(headers, 'authorization') ?? '')?.[1]
