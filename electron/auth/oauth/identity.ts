import { brand } from '../../../shared/brand.ts'
import { Problem } from '../../../shared/problems.ts'
import type { Log } from '../../lib/log.ts'
import { createSecret } from '../../lib/secret.ts'
import type { Clock } from '../clock.ts'
import type { Fetch } from '../guarded-fetch.ts'
import type { Vault } from '../session-store.ts'
import type { IssuerMetadata } from './discovery.ts'
import { type Client, Registration, registrationName } from './record.ts'

type Needs = { vault: Pick<Vault, 'get' | 'set' | 'delete'>; clock: Clock; log: Log }
/** Who the app is by somebody’s word: IT’s, or that of a command line. */
export type Registered = { id: string; secret: string | undefined }
type Wanted = {
  metadata: IssuerMetadata
  /** Given by IT for this server or this issuer. */
  registered: Registered | undefined
  /** The address of the app’s own metadata, which may be its client id (CIMD). */
  document: string | undefined
  redirectUri: string
  fetch: Fetch
}

/** Who the app is at an authorization server, in the order of MCP: as IT registered it, by its own document, by registering. */
export function createIdentity({ vault, clock, log }: Needs) {
  async function get(wanted: Wanted): Promise<Client> {
    const { metadata, registered, document } = wanted
    if (registered) return toRegisteredClient(registered, metadata)
    if (document && metadata.client_id_metadata_document_supported === true) return publicClient(document)
    const known = await find(metadata.issuer)
    if (known?.redirectUri === wanted.redirectUri) return toClient(known)
    return register(wanted)
  }

  /** The ports of the last registration: some authorization servers compare them (against RFC 8252 §7.3). */
  async function find(issuer: string): Promise<Registration | null> {
    const text = await vault.get(registrationName(issuer))
    const parsed = text ? Registration.safeParse(parse(text)) : null
    if (!parsed?.success || parsed.data.issuer !== issuer) return null
    const { expiresAt } = parsed.data
    return expiresAt !== null && expiresAt * 1000 <= clock.now().getTime() ? null : parsed.data
  }

  async function register({ metadata, redirectUri, fetch }: Wanted): Promise<Client> {
    const { host } = new URL(metadata.issuer)
    if (!metadata.registration_endpoint)
      throw new Problem('auth.server-sso-refused', `${host} only takes apps that IT has registered there`)
    const offered = metadata.token_endpoint_auth_methods_supported ?? ['none']
    const method = offered.includes('none') ? 'none' : (offered.find(isKnown) ?? 'client_secret_basic')
    const { registerClient, selectClientAuthMethod } = await import('@modelcontextprotocol/client')
    // No scope: some refuse to register those of a resource (RFC 8707), and what is asked for later may be more.
    const information = await registerClient(metadata.issuer, {
      metadata,
      clientMetadata: {
        client_name: brand.product,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: method,
        application_type: 'native',
      },
      fetchFn: (url, init) => fetch(String(url), init as RequestInit),
    }).catch((cause: unknown) => {
      if (cause instanceof Problem) throw cause
      throw new Problem('auth.server-sso-refused', `${host} did not register the app`, { cause })
    })
    const registration: Registration = {
      version: 1,
      issuer: metadata.issuer,
      redirectUri,
      client: {
        id: information.client_id,
        secret: information.client_secret ?? null,
        method: selectClientAuthMethod(information, offered),
      },
      expiresAt: information.client_secret_expires_at || null,
    }
    await vault.set(registrationName(metadata.issuer), JSON.stringify(registration))
    log.info('client.registered', { issuer: metadata.issuer })
    return toClient(registration)
  }

  return {
    get,
    find,
    /** An issuer that lost its registrations shows an error page and never calls back: the next try registers anew. */
    forget: (issuer: string) => vault.delete(registrationName(issuer)),
  }
}

const isKnown = (method: string) => method === 'client_secret_basic' || method === 'client_secret_post'
/** It shows its secret, where it has one, in the way the authorization server names. */
export async function toRegisteredClient({ id, secret }: Registered, metadata: IssuerMetadata): Promise<Client> {
  if (secret === undefined) return publicClient(id)
  const { selectClientAuthMethod } = await import('@modelcontextprotocol/client')
  const offered = metadata.token_endpoint_auth_methods_supported ?? []
  const method = selectClientAuthMethod({ client_id: id, client_secret: secret }, offered)
  return { id, secret: createSecret(secret), method }
}

const publicClient = (id: string): Client => ({ id, secret: null, method: 'none' })
const toClient = ({ client }: Registration): Client => ({
  ...client,
  secret: client.secret === null ? null : createSecret(client.secret),
})

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
