import { Problem } from '../../shared/problems.ts'
import type { ServerAuth, ServerConfig } from '../../shared/server-config.ts'
import type { Secret } from '../lib/secret.ts'
import type { Audience } from './audience.ts'
import type { Vault } from './session-store.ts'

type Headers = Record<string, string>
type Refused = { rejected?: Headers; challenge?: string }
type Needs = {
  token: (audience: Audience & { rejected?: string | undefined }) => Promise<Secret>
  /** What to do about a server’s `WWW-Authenticate`: a new token, none, or a sign-in that asks for more. */
  challenged: (server: ServerConfig, challenge: string) => 'renew' | 'refused' | Problem
  exchange: (wanted: Extract<ServerAuth, { kind: 'sso-exchange' }>, rejected: string | undefined) => Promise<Secret>
  vault: Pick<Vault, 'get' | 'set'>
}

/** Names of keys in the vault. */
const keyName = (server: ServerConfig) =>
  `api-key:${(server.auth.kind === 'api-key' ? server.auth.secret : undefined) ?? server.id}`

/** What may stand in a header (RFC 9110 §5.5), so that a key cannot smuggle in another one. */
const isHeaderValue = (text: string) =>
  /^[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(text)

/**
 * What the hub adds to a request, by the server’s kind of sign-in. `rejected` holds the headers that a server refused,
 * `challenge` the `WWW-Authenticate` it refused them with.
 */
export function createServerHeaders({ token, challenged, exchange, vault }: Needs) {
  async function headers(server: ServerConfig, { rejected, challenge }: Refused = {}): Promise<Headers> {
    const { auth } = server
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
      case 'api-key': {
        const key = await vault.get(keyName(server))
        if (!key) throw new Problem('auth.no-api-key', server.name)
        const value = auth.prefix + key
        if (!isHeaderValue(value)) throw new Problem('auth.api-key-invalid', server.name)
        if (rejected && findValue(rejected, auth.header) === value)
          throw new Problem('auth.api-key-refused', server.name)
        return { [auth.header]: value }
      }
      case 'mcp-oauth':
        throw new Problem('auth.kind-unsupported', `${server.name} has a sign-in of its own`)
    }
  }

  /** The person’s own key for a server that wants one. */
  async function setApiKey(server: ServerConfig, key: string) {
    if (!isHeaderValue(key)) throw new Problem('auth.api-key-invalid', server.name)
    await vault.set(keyName(server), key)
  }

  return { headers, setApiKey }
}

const bearer = (secret: Secret): Headers => ({ authorization: `Bearer ${secret.reveal()}` })

const findValue = (headers: Headers, name: string) =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]

const bearerOf = (headers: Headers | undefined) =>
  headers && /^bearer (.+)$/i.exec(findValue(headers, 'authorization') ?? '')?.[1]
