import { createHash } from 'node:crypto'
import { z } from 'zod'
import { createSecret, type Secret } from '../../lib/secret.ts'
import { type Clock, type Expiry, restoreExpiry } from '../clock.ts'

const Client = z.object({
  id: z.string().min(1),
  secret: z.string().min(1).nullable(),
  method: z.enum(['none', 'client_secret_basic', 'client_secret_post']),
})

/** One person signed in at the authorization server of one server. */
export type SignedIn = Omit<
  z.infer<typeof Stored>,
  'version' | 'accessToken' | 'refreshToken' | 'expiry' | 'client'
> & {
  client: Client
  accessToken: Secret
  refreshToken: Secret | null
  expiry: Expiry | null
}
export type Client = { id: string; secret: Secret | null; method: z.infer<typeof Client>['method'] }

const Stored = z.object({
  version: z.literal(1),
  /** The address the token is for; it goes nowhere else. */
  url: z.string(),
  issuer: z.string(),
  metadata: z.looseObject({ issuer: z.string(), token_endpoint: z.string() }),
  client: Client,
  /** What names the server in a request for a token, as it is sent. */
  target: z.record(z.string(), z.string()),
  asked: z.array(z.string()),
  account: z.string().nullable(),
  since: z.iso.datetime(),
  generation: z.number().int(),
  refreshToken: z.string().min(1).nullable(),
  accessToken: z.string().min(1),
  scope: z.string().nullable(),
  expiry: z.object({ wallMs: z.number(), lifeMs: z.number() }).nullable(),
})

export function toStored({ client, accessToken, refreshToken, expiry, ...rest }: SignedIn): string {
  const stored: z.infer<typeof Stored> = {
    version: 1,
    ...rest,
    client: { ...client, secret: client.secret?.reveal() ?? null },
    accessToken: accessToken.reveal(),
    refreshToken: refreshToken?.reveal() ?? null,
    expiry: expiry && { wallMs: expiry.wallMs, lifeMs: expiry.lifeMs },
  }
  return JSON.stringify(stored)
}

/** Reads what `toStored` wrote; throws for anything else. */
export function fromStored(text: string, clock: Clock): SignedIn {
  const { version: _, client, accessToken, refreshToken, expiry, ...rest } = Stored.parse(JSON.parse(text))
  return {
    ...rest,
    client: { ...client, secret: secretOf(client.secret) },
    accessToken: createSecret(accessToken),
    refreshToken: secretOf(refreshToken),
    expiry: expiry && restoreExpiry(clock, expiry),
  }
}

const secretOf = (text: string | null) => (text === null ? null : createSecret(text))

/** A registration of this app at an issuer (RFC 7591). It is of no use anywhere else (SEP-2352). */
export const Registration = z.object({
  version: z.literal(1),
  issuer: z.string(),
  redirectUri: z.string(),
  client: Client,
  expiresAt: z.number().nullable(),
})
export type Registration = z.infer<typeof Registration>
export const registrationName = (issuer: string) =>
  `oauth-client:${createHash('sha256').update(issuer).digest('hex').slice(0, 32)}`
