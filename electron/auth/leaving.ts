import type { AccountId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { type Fetch, isSafeUrl } from './guarded-fetch.ts'
import type { createIssuer, Sso } from './issuer.ts'
import type { Session } from './session.ts'
import type { SessionStore } from './session-store.ts'
import { findEndSessionUrl, revoke } from './sign-out.ts'
import type { Standing } from './standing.ts'
import type { createTokens } from './tokens.ts'

type Needs = {
  issuer: ReturnType<typeof createIssuer>
  fetch: Fetch
  allowInsecure: boolean
  openUrl: (url: string) => Promise<boolean>
  store: Pick<SessionStore, 'forget'>
  tokens: Pick<ReturnType<typeof createTokens>, 'adopt' | 'session'>
  standing: Standing
  cancelSignIn: () => void
  forgetPerson: () => void
  /** Deletes the person’s sign-ins at servers; returns what tells their issuers. */
  signOutOfServers: (account: AccountId) => Promise<() => Promise<unknown>>
  inBackground: (work: Promise<unknown>) => void
  changed: () => void
  log: Log
}

/** Ends a sign-in. It takes effect here at once, whatever the network does; the SSO is told afterwards. */
export function createLeaving({ issuer, fetch, allowInsecure, openUrl, store, tokens, standing, ...needs }: Needs) {
  const { cancelSignIn, forgetPerson, signOutOfServers, inBackground, changed, log } = needs

  async function signOut() {
    cancelSignIn()
    const session = tokens.session()
    const { sso } = standing
    const account = session?.account.id ?? standing.unread?.account
    // Whose sign-in lies in a vault that cannot be read is not known: it stays, and so does what was said of it.
    if (standing.unread && !account) return
    tokens.adopt(null)
    forgetPerson()
    Object.assign(standing, { note: null, unread: null } satisfies Partial<Standing>)
    changed()
    if (!sso || !account) return
    const [revokeOthers, deleted] = [await deleteOthers(account), await deleteRecord(sso, account)]
    log.info('account.signed-out', { account })
    if (!deleted) standing.note = new Problem('auth.sign-out-incomplete', 'the saved sign-in could not be deleted').data
    if (session) inBackground(tell(sso, session, deleted))
    if (revokeOthers) inBackground(revokeOthers())
    changed()
  }

  const deleteOthers = (account: AccountId) =>
    signOutOfServers(account).catch((error: unknown) => {
      log.error('connections.not-deleted', { account, error })
      return null
    })

  const deleteRecord = (sso: Sso, account: AccountId) =>
    store.forget(sso, account).then(
      () => true,
      (error: unknown) => {
        log.error('session.not-deleted', { account, error })
        return false
      },
    )

  async function tell(sso: Sso, session: Session, deleted: boolean) {
    const failure = await revoke({ issuer, fetch }, { sso, session })
    if (!failure) return
    log.warn('session.not-revoked', { account: session.account.id, failure })
    if (tokens.session() || !deleted) return
    standing.note = new Problem('auth.sign-out-incomplete', failure).data
    changed()
  }

  /** The address is found before anything is forgotten, and opened whether or not it could be. */
  async function signOutOfBrowser() {
    const session = tokens.session()
    const { sso } = standing
    const found = sso && session ? findEndSessionUrl(issuer, { sso, session }).catch(() => null) : null
    await signOut()
    const url = await found
    const isOpen = url !== null && isSafeUrl(url, allowInsecure) && (await openUrl(url).catch(() => false))
    if (session && !isOpen)
      standing.note = new Problem(
        'auth.sign-out-incomplete',
        'the browser may still know you at the company’s sign-in',
      ).data
    changed()
  }

  return { signOut, signOutOfBrowser }
}
