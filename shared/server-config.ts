import { z } from 'zod'
import { ServerId } from './ids.ts'

const HttpUrl = z.url({ protocol: /^https?$/ })
const StringMap = z.record(z.string(), z.string())

/** How a server is reached (design: transports). URLs are absolute; `headers` are static and not secret. */
export const Endpoint = z.discriminatedUnion('transport', [
  z.object({ transport: z.literal('auto'), url: HttpUrl, headers: StringMap.optional() }),
  z.object({ transport: z.literal('http'), url: HttpUrl, headers: StringMap.optional() }),
  z.object({ transport: z.literal('sse'), url: HttpUrl, headers: StringMap.optional() }),
  z.object({
    transport: z.literal('sse-split'),
    streamUrl: HttpUrl,
    messageUrl: HttpUrl,
    headers: StringMap.optional(),
  }),
  z.object({
    transport: z.literal('stdio'),
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    env: StringMap.default({}),
    cwd: z.string().optional(),
    /** One process for all sessions, or one for each. */
    shared: z.boolean().default(false),
  }),
])
export type Endpoint = z.infer<typeof Endpoint>

/** What the hub adds to each request. Secrets are named here and lie in the vault. */
export const ServerAuth = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({
    kind: z.literal('sso'),
    /** Audience policy: what is asked of the SSO for this server; all absent means the plain access token. */
    resource: z.string().optional(),
    scope: z.string().optional(),
    audience: z.string().optional(),
  }),
  z.object({
    kind: z.literal('api-key'),
    header: z.string().default('Authorization'),
    /** Put in front of the key, such as `Bearer `. */
    prefix: z.string().default(''),
    /** Name of the secret in the vault; the server's id when absent. */
    secret: z.string().optional(),
  }),
  z.object({ kind: z.literal('headers'), headers: StringMap }),
  z.object({
    kind: z.literal('sso-exchange'),
    audience: z.string(),
    resource: z.string().optional(),
    scope: z.string().optional(),
  }),
  z.object({ kind: z.literal('mcp-oauth'), clientId: z.string().optional() }),
])
export type ServerAuth = z.infer<typeof ServerAuth>

/** One server of the catalog. This is also the published format of a company's catalog document. */
export const ServerConfig = z.object({
  id: ServerId,
  name: z.string().min(1).max(80),
  description: z.string().max(500).optional(),
  endpoint: Endpoint,
  auth: ServerAuth.default({ kind: 'none' }),
  healthUrl: HttpUrl.optional(),
  /** IdP groups whose members may use it; absent means everyone. */
  groups: z.array(z.string()).optional(),
})
export type ServerConfig = z.infer<typeof ServerConfig>

/** `GET <catalogUrl>`: every server of the company, for everyone; the app shows each person theirs. */
export const CatalogDocument = z.object({
  version: z.literal(1),
  servers: z.array(ServerConfig).max(1000),
})
export type CatalogDocument = z.infer<typeof CatalogDocument>

/** `GET <company address>/.well-known/causeway.json`: all an app must know to join a company. */
export const CompanyDocument = z.object({
  version: z.literal(1),
  name: z.string().min(1).max(80),
  supportUrl: HttpUrl.optional(),
  sso: z.object({
    issuer: HttpUrl,
    clientId: z.string().min(1),
    scopes: z.array(z.string()).default(['openid', 'profile', 'email', 'offline_access']),
    /** Ports of the loopback redirect; empty means any free port (RFC 8252 §7.3). */
    redirectPorts: z.array(z.number().int().min(1024).max(65535)).default([]),
    extraAuthorizeParams: StringMap.default({}),
    preset: z.enum(['generic', 'entra', 'okta', 'auth0', 'keycloak', 'google', 'pingone', 'adfs']).default('generic'),
  }),
  catalogUrl: HttpUrl,
})
export type CompanyDocument = z.infer<typeof CompanyDocument>
