import { z } from 'zod'
import { ServerId } from '../ids.ts'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

/** The company's own sign-in has a name no server can have. */
export const ConnectionId = z.union([z.literal('@sso'), ServerId])
export type ConnectionId = z.infer<typeof ConnectionId>

/**
 * One sign-in or secret. `none`: nothing is there yet and nothing was asked for; `needs-you`: a call waits for it;
 * `refused`: the other side says no, and nothing the person can do here changes that; `expired`: it ended and only the person can renew it; `offline`: it could not be renewed for want of a network;
 * `asks`: whether this sign-in may be asked at all is the person's decision; `connecting`: the browser is open.
 */
export const Connection = z.object({
  id: ConnectionId,
  kind: z.enum(['sso', 'mcp-oauth', 'sso-exchange', 'id-jag', 'api-key']),
  /** The server's name, or the company's. */
  name: z.string(),
  state: z.enum(['ok', 'none', 'needs-you', 'expired', 'refused', 'offline', 'asks', 'connecting']),
  /** Who is signed in there, where that is known. */
  account: z.string().nullable(),
  issuer: z.string().nullable(),
  since: z.iso.datetime().nullable(),
  /** When the token at hand ends. It is renewed by itself where that is possible. */
  expiresAt: z.iso.datetime().nullable(),
  problem: ProblemData.nullable(),
  /** `asks`: the sign-in nobody has agreed to yet, in both spellings of its host, so that a look-alike is seen. */
  asks: z.object({ issuer: z.string(), host: z.string(), unicodeHost: z.string() }).nullable(),
  /** `connecting`: the page, for a person whose browser did not open. */
  loginUrl: z.string().nullable(),
})
export type Connection = z.infer<typeof Connection>

const One = z.object({ id: ConnectionId })

export const connections = {
  snapshot: call(z.void(), z.array(Connection)),
  changed: event(z.array(Connection)),
  /**
   * Opens the browser where it must. A sign-in that is not the company's and not on its list is asked about first: the
   * answer is `asks`, and `issuer` of the next call is the person's yes to exactly that one.
   */
  connect: call(One.extend({ issuer: z.string().max(2048).optional() }), Connection),
  cancel: call(One, Connection),
  /** Takes effect here at once; the other side is told where it can be. */
  disconnect: call(One, Connection),
  /** Only ever written: no call gives a key back. */
  setKey: call(One.extend({ key: z.string().min(1).max(16_384) }), Connection),
  /** Renews whatever can be renewed without the person. */
  renewAll: call(z.void(), z.array(Connection)),
}
