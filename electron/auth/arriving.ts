import { Problem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import type { Redeemed } from './attempt.ts'
import type { Clock } from './clock.ts'
import type { Fetch } from './guarded-fetch.ts'
import type { createIssuer, Sso } from './issuer.ts'
import { keepSession, toSession } from './new-session.ts'
import { describePerson } from './person.ts'
import type { SessionStore } from './session-store.ts'
import { revoke } from './sign-out.ts'
import type { Standing } from './standing.ts'
import type { createTokens } from './tokens.ts'

type Needs = {
  issuer: ReturnType<typeof createIssuer>
  fetch: Fetch
  store: SessionStore
  tokens: Pick<ReturnType<typeof createTokens>, 'adopt' | 'session'>
  standing: Standing
  forgetPerson: () => void
  inBackground: (work: Promise<unknown>) => void
  clock: Clock
  log: Log
}

/** A sign-in has come back. It replaces the record of the same person and of nobody else. */
export function createArriving({ issuer, fetch, store, tokens, standing, ...needs }: Needs) {
  const { forgetPerson, inBackground, clock, log } = needs

  return async function arrived(sso: Sso, redeemed: Redeemed) {
    const session = toSession(redeemed, await describePerson({ issuer, log }, sso, redeemed), clock)
    const { account } = session
    const before = tokens.session()?.account ?? null
    const beforeId = before?.id ?? standing.unread?.account ?? null
    if (beforeId && beforeId !== account.id) {
      inBackground(revoke({ issuer, fetch }, { sso, session }))
      const who = before ? `you came back as ${account.name}, but ${before.name} is signed in here` : account.name
      throw new Problem('auth.other-person', who)
    }
    const newest = await keepSession({ store, log }, sso, session)
    Object.assign(standing, { note: null, unread: null } satisfies Partial<Standing>)
    forgetPerson()
    tokens.adopt({ sso, session: newest.session }, { unsaved: !newest.saved })
    log.info('account.signed-in', { account: account.id, groups: account.groups.length })
  }
}
