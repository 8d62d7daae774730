import * as oidc from 'openid-client'
import type { Fetch } from '../guarded-fetch.ts'
import type { Client } from './record.ts'

type Metadata = { issuer: string; token_endpoint: string } & Record<string, unknown>

const ways = {
  none: () => oidc.None(),
  client_secret_basic: (secret: string) => oidc.ClientSecretBasic(secret),
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
