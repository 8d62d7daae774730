import { z } from 'zod'
import { Account } from '../../shared/contract/auth.ts'
import { createSecret, type Secret } from '../lib/secret.ts'
import type { Asked } from './audience.ts'
import { type Clock, type Expiry, restoreExpiry } from './clock.ts'

/** One access token, for one audience. */
export type Grant = { accessToken: Secret; scope: string | null; expiry: Expiry | null }

/** One person signed in at one SSO. A change makes a new one; `generation` says which of two is newer. */
export type Session = {
  account: Account
  generation: number
  refreshToken: Secret | null
  /** The newest one, raw: a hint for sign-out and the subject of exchanges. */
  idToken: Secret | null
  asked: Asked
  /** By `audienceKey`. */
  grants: ReadonlyMap<string, Grant>
  /** What the person should know although the sign-in worked. */
  notice: Notice | null
  /** When the person signed in; null for a record of before this was kept. */
  since: string | null
}
export type Notice = z.infer<typeof Notice>
const Notice = z.object({ code: z.enum(['auth.groups-missing', 'auth.scope-refused']), detail: z.string() })

const StoredSession = z.object({
  version: z.literal(1),
  account: Account,
  generation: z.number().int(),
  refreshToken: z.string().min(1).nullable(),
  idToken: z.string().min(1).nullable(),
  asked: z.object({ scopes: z.array(z.string()), resources: z.array(z.string()) }),
  grants: z.array(
    z.object({
      key: z.string(),
      accessToken: z.string().min(1),
      scope: z.string().nullable(),
      expiry: z.object({ wallMs: z.number(), lifeMs: z.number() }).nullable(),
    }),
  ),
  notice: Notice.nullable(),
  since: z.iso.datetime().nullable().default(null),
})

/** The text that goes into the vault; nothing else may hold it. */
export function toStored({ grants, refreshToken, idToken, ...rest }: Session): string {
  const stored: z.infer<typeof StoredSession> = {
    version: 1,
    ...rest,
    refreshToken: refreshToken?.reveal() ?? null,
    idToken: idToken?.reveal() ?? null,
    grants: [...grants].map(([key, { accessToken, scope, expiry }]) => ({
      key,
      accessToken: accessToken.reveal(),
      scope,
      expiry: expiry && { wallMs: expiry.wallMs, lifeMs: expiry.lifeMs },
    })),
  }
  return JSON.stringify(stored)
}

/** Reads what `toStored` wrote; throws for anything else. */
export function fromStored(text: string, clock: Clock): Session {
  const { version: _, grants, refreshToken, idToken, ...rest } = StoredSession.parse(JSON.parse(text))
  return {
    ...rest,
    refreshToken: refreshToken === null ? null : createSecret(refreshToken),
    idToken: idToken === null ? null : createSecret(idToken),
    grants: new Map(
      grants.map(({ key, accessToken, scope, expiry }) => [
        key,
        { accessToken: createSecret(accessToken), scope, expiry: expiry && restoreExpiry(clock, expiry) },
      ]),
    ),
  }
}
