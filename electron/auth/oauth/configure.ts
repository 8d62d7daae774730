import * as oidc from 'openid-client'
import type { Fetch } from '../guarded-fetch.ts'
import type { Client } from './record.ts'

type Metadata = { issuer: string; token_endpoint: string } & Record<string, unknown>

/**
 * RFC 6749 §2.3.1 wants id and secret form-encoded. Many servers do not decode them, so nothing is encoded but what must
 * be: openid-client’s own also encodes hyphens and dots, which those servers then refuse.
 */
function client_secret_basic(secret: string): oidc.ClientAuth {
  return (_metadata, { client_id: id }, _body, headers) =>
    headers.set('authorization', `Basic ${btoa(`${encode(id)}:${encode(secret)}`)}`)
}
const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+')

const ways = {
  none: () => oidc.None(),
  client_secret_basic,
  client_secret_post: (secret: string) => oidc.ClientSecretPost(secret),
}

/** The app as a client of one authorization server, for one task. */
export function configure({ metadata, client, fetch }: { metadata: Metadata; client: Client; fetch: Fetch }) {
  const authenticate = ways[client.method](client.secret?.reveal() ?? '')
  const config = new oidc.Configuration(metadata as oidc.ServerMetadata, client.id, {}, authenticate)
  config[oidc.customFetch] = fetch as oidc.CustomFetch
  // `fetch` itself lets http pass for nothing but a server on the literal loopback.
  if (metadata.token_endpoint.startsWith('http:')) oidc.allowInsecureRequests(config)
  return config
}
