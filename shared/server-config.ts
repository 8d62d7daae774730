import { z } from 'zod'
import { ServerId } from './ids.ts'

const HttpUrl = z.url({ protocol: /^https?$/ })
const StringMap = z.record(z.string(), z.string())

/**
 * Which revisions a server is spoken to in by clients that open with `initialize`: with sessions (`legacy`), or as
 * 2026-07-28 (`modern`). Absent means that it is found out.
 */
const Era = z.enum(['legacy', 'modern'])

/** How a server is reached (design: transports). URLs are absolute; `headers` are static and not secret. */
export const Endpoint = z.discriminatedUnion('transport', [
  z.object({ transport: z.literal('auto'), url: HttpUrl, headers: StringMap.optional(), era: Era.optional() }),
  z.object({ transport: z.literal('http'), url: HttpUrl, headers: StringMap.optional(), era: Era.optional() }),
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
    /** One process for all sessions of a person, or one for each. */
    shared: z.boolean().default(false),
    era: Era.optional(),
  }),
])
export type Endpoint = z.infer<typeof Endpoint>

/**
 * Where an authorization server takes no client without one. Every app of the company knows it, so it keeps nobody out
 * (RFC 8252 §8.5).
 */
const ClientSecret = z.string().min(1).optional()

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
    /** The header that carries it; to a local server, the environment variable. */
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
  z.object({
    kind: z.literal('mcp-oauth'),
    /** The app's client id at the server's authorization server, where IT registered it there. */
    clientId: z.string().optional(),
    clientSecret: ClientSecret,
    /** What to ask for instead of what the server names. */
    scope: z.string().optional(),
  }),
  z.object({
    kind: z.literal('id-jag'),
    /** The app's client id at the server's authorization server. */
    clientId: z.string(),
    clientSecret: ClientSecret,
    /** The server's authorization server; found by RFC 9728 when absent. */
    issuer: HttpUrl.optional(),
    resource: z.string().optional(),
    scope: z.string().optional(),
  }),
])
export type ServerAuth = z.infer<typeof ServerAuth>

/** A certificate this computer shows, by files that lie on it. A passphrase stands in a file of its own. */
export const ClientCertificate = z.union([
  z.object({ certFile: z.string().min(1), keyFile: z.string().min(1), passphraseFile: z.string().optional() }),
  z.object({ pfxFile: z.string().min(1), passphraseFile: z.string().optional() }),
])
export type ClientCertificate = z.infer<typeof ClientCertificate>

/** What is asked of TLS beyond trust; it holds for every server at the same host and port. */
export const ServerTls = z.object({
  /** Public keys (SPKI) of which the server’s chain must show one. Two at least: one lies in a safe. */
  pins: z
    .array(z.string().regex(/^sha256\/[A-Za-z0-9+/]{43}=$/))
    .min(2)
    .optional(),
  clientCertificate: ClientCertificate.optional(),
})
export type ServerTls = z.infer<typeof ServerTls>

const Limits = z.object({
  /** The longest a call may go without a word about it: its progress begins the time anew. */
  callSeconds: z.number().positive().max(86_400).optional(),
  /** The longest until the headers of an answer to `initialize`, or to what is no request. */
  headerSeconds: z.number().positive().max(3_600).optional(),
})

/** One server of the catalog. This is also the published format of a company's catalog document. */
export const ServerConfig = z.object({
  id: ServerId,
  name: z.string().min(1).max(80),
  description: z.string().max(500).optional(),
  endpoint: Endpoint,
  auth: ServerAuth.default({ kind: 'none' }),
  tls: ServerTls.optional(),
  healthUrl: HttpUrl.optional(),
  /** Where its patience is not ours: absent, a call may take as long as it likes, and a server a minute to begin an answer it owes at once. */
  limits: Limits.optional(),
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

/** An authorization server of somebody else to which the company's people may be sent without being asked. */
export const AllowedIssuer = z.object({
  issuer: HttpUrl,
  /** The app's client id there, for every server that has none of its own. */
  clientId: z.string().optional(),
  clientSecret: ClientSecret,
  /** How a request for a token names the server it is for (some issuers refuse RFC 8707). */
  audience: z.enum(['resource', 'audience', 'scope', 'omit']).default('resource'),
})
export type AllowedIssuer = z.infer<typeof AllowedIssuer>

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
    /** How the loopback redirect is written where the SSO knows another spelling; a name is weaker (RFC 8252 §8.3). */
    redirectHost: z.enum(['127.0.0.1', '[::1]', 'localhost']).default('127.0.0.1'),
    redirectPath: z
      .string()
      .regex(/^(?:\/[\w.~-]+)+\/?$|^\/$/, 'must be a path such as /callback')
      .refine((path) => path !== '/done', 'is the page at the end')
      .default('/callback'),
    /** A page of the company where a sign-out of the browser ends; registered with the SSO. */
    postLogoutRedirect: HttpUrl.optional(),
    /** Whether a sign-in with a code on another device may be tried. */
    deviceCodeFallback: z.boolean().default(true),
    extraAuthorizeParams: StringMap.default({}),
    preset: z.enum(['generic', 'entra', 'okta', 'auth0', 'keycloak', 'google', 'pingone', 'adfs']).default('generic'),
    /** Google wants one from desktop apps too, where it is no secret (RFC 8252 §8.5). */
    clientSecret: z.string().optional(),
  }),
  /** Authorization servers of servers with a sign-in of their own. */
  allowedIssuers: z.array(AllowedIssuer).default([]),
  /** The app's own metadata as an https address, which serves as its client id where one is taken (CIMD). */
  clientMetadataUrl: z.url({ protocol: /^https$/ }).optional(),
  catalogUrl: HttpUrl,
  /** Sign-ins are refused on computers without a keychain, rather than kept in memory or by a passphrase. */
  requireKeychain: z.boolean().default(false),
})
export type CompanyDocument = z.infer<typeof CompanyDocument>
