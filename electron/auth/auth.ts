import type { Account, AuthState } from '../../shared/contract/auth.ts'
import type { AccountId } from '../../shared/ids.ts'
import { fromData, Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import type { CompanyDocument, ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import type { Secret } from '../lib/secret.ts'
import { createSignal } from '../lib/signal.ts'
import type { Redeemed } from './attempt.ts'
import type { Audience } from './audience.ts'
import { type Clock, createSystemClock } from './clock.ts'
import { createGuardedFetch, type Fetch, isSafeUrl } from './guarded-fetch.ts'
import { createIssuer, type Sso } from './issuer.ts'
import { keepSession, toSession } from './new-session.ts'
import type { AddressGuard } from './oauth/addresses.ts'
import { describePerson } from './person.ts'
import { createRefresh } from './refresh.ts'
import { createServerAccess } from './server-access.ts'
import type { Session } from './session.ts'
import { createSessionStore, type Vault } from './session-store.ts'
import { createSignIn, type Way } from './sign-in.ts'
import { findEndSessionUrl, revoke } from './sign-out.ts'
import { toState } from './state.ts'
import { createStepUp } from './step-up.ts'
import { createTokens } from './tokens.ts'

type Company = { document: CompanyDocument; address: string }
type Needs = {
  company: () => Company | null
  companyChanged: (listener: () => void) => () => void
  vault: Vault & { changed?: (listener: () => void) => () => void }
  /** Asks the system browser to open; false when it could not. */
  openUrl: (url: string) => Promise<boolean>
  /** What the company’s servers want tokens for, so that one sign-in covers them all. */
  audiences?: () => Promise<Audience[]> | Audience[]
  /** The company’s servers that this person may use. */
  servers?: () => ServerConfig[]
  fetch: Fetch
  /** Where the SSO’s settings and keys are kept for an offline start. */
  cacheFolder: string
  /** Allows an http issuer on the literal loopback, as the demo company’s is. */
  allowInsecure: boolean
  log: Log
  clock?: Clock
  timeoutMs?: number
  /** Decides which addresses a server’s metadata may lead to. */
  guard?: AddressGuard
}

const resumeJitterMs = 5000

/**
 * Knows who is signed in and hands out their tokens. It alone speaks to the SSO. It never opens a browser without a
 * click, and nothing but a sign-out or another sign-in removes what it holds.
 */
export function createAuth(needs: Needs) {
  const { company, companyChanged, vault, openUrl, cacheFolder, allowInsecure, log } = needs
  const { audiences = () => [] } = needs
  const { clock = createSystemClock(), timeoutMs = 15_000 } = needs
  const fetch = createGuardedFetch({ fetch: needs.fetch, allowInsecure })
  const issuer = createIssuer({ fetch, cacheFolder, allowInsecure, timeoutMs, now: clock.now, log })
  const store = createSessionStore({ vault, clock, log })
  const changed = createSignal<AuthState>()
  const save = async (session: Session) => {
    const sso = ssoOf(company())
    if (sso) await store.lock(() => store.writeNew(sso, session))
  }
  const refresh = createRefresh({ issuer, store, fetch, clock, log })
  const tokens = createTokens({ refresh, save, clock, timeoutMs, changed: () => emit(), log })
  const stepUp = createStepUp({ clock, log })
  const attempts = createSignIn({
    ...{ issuer, fetch, allowInsecure, openUrl, audiences, arrived, clock, log },
    failed: (problem) => {
      note = problem
    },
    changed: () => emit(),
  })

  /** What the last sign-in, sign-out or look into the vault left to say. */
  let note: ProblemData | null = new Problem('auth.opening').data
  /** Set while the vault could not say who is signed in. */
  let unread: { account: AccountId | null } | null = null
  let loaded: { sso: Sso | null; turn: number } = { sso: null, turn: 0 }
  let shown = ''
  const ending = new Set<Promise<void>>()

  const snapshot = (): AuthState =>
    toState({ signingIn: attempts.shown(), tokens, note, stepUp: stepUp.problem(), kept: store.kept() })

  function emit() {
    const state = snapshot()
    const text = JSON.stringify(state)
    if (text === shown) return
    shown = text
    changed.emit(state)
    servers.tell()
  }

  /** Nothing remembered of one person is true of another. */
  function forgetPerson() {
    stepUp.clear()
    servers.forgetPerson()
  }

  /** Reads who is signed in at this company. What cannot be read is said, and stays where it is. */
  async function load() {
    const turn = loaded.turn + 1
    const sso = ssoOf(company())
    loaded = { sso, turn }
    attempts.cancel()
    const found = await (sso ? store.find(sso) : null)
    if (loaded.turn !== turn) return
    unread = found && 'problem' in found ? { account: found.account } : null
    note = found && 'problem' in found ? found.problem : null
    forgetPerson()
    tokens.adopt(sso && found && 'session' in found ? { sso, session: found.session } : null)
    emit()
    void tokens.check()
  }

  async function signIn(way: Way = 'browser', { choose = false } = {}) {
    await opened
    const sso = ssoOf(company())
    if (!sso) throw new Problem('app.no-company')
    const session = tokens.session()
    const loginHint = session?.account.email ?? null
    const more = stepUp.more({ asked: session?.asked.scopes ?? [], claims: tokens.trouble()?.claims ?? null })
    try {
      await attempts.start({ sso, loginHint, way, more, choose })
    } catch (error) {
      const problem = toProblem(error)
      if (problem.code !== 'auth.cancelled') note = problem
      emit()
      if (problem.code !== 'auth.cancelled') throw error
    }
    return snapshot()
  }

  /** A sign-in has come back. It replaces the record of the same person and of nobody else. */
  async function arrived(sso: Sso, redeemed: Redeemed) {
    const session = toSession(redeemed, await describePerson({ issuer, log }, sso, redeemed), clock)
    const { account } = session
    const before = tokens.session()?.account ?? null
    const beforeId = before?.id ?? unread?.account ?? null
    if (beforeId && beforeId !== account.id) {
      inBackground(revoke({ issuer, fetch }, { sso, session }))
      const who = before ? `you came back as ${account.name}, but ${before.name} is signed in here` : account.name
      throw new Problem('auth.other-person', who)
    }
    const newest = await keepSession({ store, log }, sso, session)
    note = null
    unread = null
    forgetPerson()
    tokens.adopt({ sso, session: newest.session }, { unsaved: !newest.saved })
    log.info('account.signed-in', { account: account.id, groups: account.groups.length })
  }

  /** Takes effect here at once, whatever the network does; the SSO is told afterwards. */
  async function signOut() {
    await opened
    attempts.cancel()
    const session = tokens.session()
    const { sso } = loaded
    const account = session?.account.id ?? unread?.account
    tokens.adopt(null)
    forgetPerson()
    note = null
    unread = null
    emit()
    if (!sso || !account) return snapshot()
    const revokeOthers = await servers.signOut(account).catch((error: unknown) => {
      log.error('connections.not-deleted', { account, error })
      return null
    })
    const deleted = await store.forget(sso, account).then(
      () => true,
      (error: unknown) => {
        log.error('session.not-deleted', { account, error })
        return false
      },
    )
    log.info('account.signed-out', { account })
    if (!deleted) note = new Problem('auth.sign-out-incomplete', 'the saved sign-in could not be deleted').data
    if (session) inBackground(tell(sso, session, deleted))
    if (revokeOthers) inBackground(revokeOthers())
    emit()
    return snapshot()
  }

  /** The address is found before anything is forgotten, and opened whether or not it could be. */
  async function signOutOfBrowser() {
    await opened
    const session = tokens.session()
    const { sso } = loaded
    const found = sso && session ? findEndSessionUrl(issuer, { sso, session }).catch(() => null) : null
    await signOut()
    const url = await found
    const isOpen = url !== null && isSafeUrl(url, allowInsecure) && (await openUrl(url).catch(() => false))
    if (session && !isOpen)
      note = new Problem('auth.sign-out-incomplete', 'the browser may still know you at the company’s sign-in').data
    emit()
    return snapshot()
  }

  async function tell(sso: Sso, session: Session, deleted: boolean) {
    const failure = await revoke({ issuer, fetch }, { sso, session })
    if (!failure) return
    log.warn('session.not-revoked', { account: session.account.id, failure })
    if (tokens.session() || !deleted) return
    note = new Problem('auth.sign-out-incomplete', failure).data
    emit()
  }

  function inBackground(work: Promise<unknown>) {
    const done = work.then(
      () => {},
      (error: unknown) => log.error('background.failed', { error }),
    )
    ending.add(done)
    void done.finally(() => ending.delete(done))
  }

  async function token({ rejected, ...audience }: Audience & { rejected?: string | undefined } = {}): Promise<Secret> {
    await opened
    if (!tokens.session() && unread && note) throw fromData(note)
    return tokens.get(audience, rejected)
  }

  const servers = createServerAccess({
    ...{ company, vault, openUrl, fetch: needs.fetch, allowInsecure, issuer, tokens, token, stepUp, clock, log },
    servers: needs.servers ?? (() => []),
    ...(needs.guard ? { guard: needs.guard } : {}),
    sso: () => loaded.sso,
    opened: () => opened,
    person: {
      snapshot,
      signIn: () => signIn('browser'),
      cancel: async () => attempts.cancel(),
      signOut,
      retry,
    },
    changed: () => emit(),
  })

  async function retry() {
    await opened
    await (unread ? load() : tokens.retry())
    return snapshot()
  }

  const opened = load()
  const offs = [
    companyChanged(() => {
      if (JSON.stringify(ssoOf(company())) !== JSON.stringify(loaded.sso)) void load()
    }),
    vault.changed?.(() => void (unread ? load() : tokens.unsaved() ? tokens.retry() : undefined)),
  ]

  return {
    snapshot,
    changed: changed.on,
    signIn: () => signIn('browser'),
    signInWithDevice: () => signIn('device'),
    async cancelSignIn() {
      attempts.cancel()
      return snapshot()
    },
    signOut,
    signOutOfBrowser,
    async switchAccount() {
      await signOut()
      return signIn('browser', { choose: true })
    },
    retry,
    opened,
    token,
    headers: servers.headers,
    /** Every sign-in and secret in one list: the contract of `shared/contract/connections.ts`. */
    connections: servers.connections,
    /** A server’s sign-in has come or its key was set: what waited for it can go on. */
    connected: servers.connected,
    /** The list of servers has changed. */
    serversChanged: servers.tell,
    account: (): Account | null => tokens.session()?.account ?? null,
    /** The machine woke up or the network changed. Spread out, so that a whole company does not ask at once. */
    resumed: () => void clock.after(Math.random() * resumeJitterMs, () => void tokens.retry()),
    async close() {
      for (const off of offs) off?.()
      attempts.cancel()
      servers.forgetPerson()
      tokens.adopt(null)
      await Promise.all(ending)
    },
  }
}

const ssoOf = (company: Company | null): Sso | null => company?.document.sso ?? null
