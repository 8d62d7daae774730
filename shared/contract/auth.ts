import { z } from 'zod'
import { AccountId } from '../ids.ts'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

export const Account = z.object({
  id: AccountId,
  issuer: z.string(),
  subject: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  groups: z.array(z.string()),
})
export type Account = z.infer<typeof Account>

export const AuthState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('signed-out'), problem: ProblemData.nullable() }),
  z.object({
    state: z.literal('signing-in'),
    /** For a person whose browser did not open. It holds no secret: state and challenge are useless elsewhere. */
    loginUrl: z.string(),
    browserOpened: z.boolean(),
    startedAt: z.iso.datetime(),
    /** After a minute without an answer: the redirect URI to register. */
    hint: z.string().nullable(),
    /** A sign-in on another device: the code to type at `verificationUrl` (RFC 8628). */
    device: z
      .object({
        userCode: z.string(),
        verificationUrl: z.string(),
        /** A QR code of the page with the code in it, row by row: `1` is dark. */
        qr: z.array(z.string()),
      })
      .optional(),
  }),
  z.object({
    state: z.literal('signed-in'),
    account: Account,
    /** When the access token at hand ends. */
    expiresAt: z.iso.datetime().nullable(),
    /** `memory` means: sign in again after a restart. */
    kept: z.enum(['keychain', 'passphrase', 'memory']),
    /** What the person should know although calls work, such as that the SSO does not answer at the moment. */
    problem: ProblemData.optional(),
  }),
  /** The SSO cannot be reached and the access token has ended: calls fail until one of the two changes. */
  z.object({ state: z.literal('offline'), account: Account, problem: ProblemData }),
  z.object({ state: z.literal('needs-sign-in'), account: Account, problem: ProblemData }),
])
export type AuthState = z.infer<typeof AuthState>

export const auth = {
  snapshot: call(z.void(), AuthState),
  changed: event(AuthState),
  /** Starts a sign-in and returns once the browser has been asked to open. The outcome comes as `changed`. */
  signIn: call(z.void(), AuthState),
  /** The same on another device, for a machine without a browser. */
  signInWithDevice: call(z.void(), AuthState),
  cancelSignIn: call(z.void(), AuthState),
  /** Takes effect here at once. That the SSO could not be told comes as `changed`. */
  signOut: call(z.void(), AuthState),
  /** The same, and ends the session of the browser as well, in the browser, where the SSO offers that. */
  signOutOfBrowser: call(z.void(), AuthState),
  /** Signs out here and lets the person choose another account at the login page. */
  switchAccount: call(z.void(), AuthState),
  /** Asks the SSO again now, where `problem` says that it could not be reached. */
  retry: call(z.void(), AuthState),
}
