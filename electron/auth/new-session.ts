import type { Account } from '../../shared/contract/auth.ts'
import type { Log } from '../lib/log.ts'
import { createSecret } from '../lib/secret.ts'
import type { Redeemed } from './attempt.ts'
import { audienceKey } from './audience.ts'
import type { Clock } from './clock.ts'
import type { Sso } from './issuer.ts'
import { toGrant } from './refresh.ts'
import type { Notice, Session } from './session.ts'
import type { SessionStore } from './session-store.ts'

/** What a finished sign-in is kept as. */
export function toSession(
  { tokens, asked, audience }: Redeemed,
  { account, notice }: { account: Account; notice: Notice | null },
  clock: Clock,
): Session {
  return {
    account,
    generation: clock.now().getTime(),
    refreshToken: tokens.refresh_token ? createSecret(tokens.refresh_token) : null,
    idToken: tokens.id_token ? createSecret(tokens.id_token) : null,
    asked: { scopes: asked.scopes, resources: asked.resources },
    grants: new Map([[audienceKey(audience), toGrant(tokens, clock)]]),
    notice,
    since: clock.now().toISOString(),
  }
}

/** In the vault before it is used; a vault that cannot take it costs the next start, not this one. */
export async function keepSession({ store, log }: { store: SessionStore; log: Log }, sso: Sso, session: Session) {
  try {
    return await store.lock(async () => {
      const stored = await store.reread(session.account.id).catch(() => null)
      // Higher than what any process holds, also where the clock was set back.
      const newest = { ...session, generation: Math.max(session.generation, (stored?.generation ?? 0) + 1) }
      await store.writeNew(sso, newest)
      return { session: newest, saved: true }
    })
  } catch (error) {
    log.warn('session.not-saved', { account: session.account.id, error })
    return { session, saved: false }
  }
}
