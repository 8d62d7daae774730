import type { Account, AuthState } from '../../shared/contract/auth.ts'
import { fromData, Problem, toProblem } from '../../shared/problems.ts'
import type { CompanyDocument, ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import type { Secret } from '../lib/secret.ts'
import { createSignal } from '../lib/signal.ts'
import { createArriving } from './arriving.ts'
import type { Audience } from './audience.ts'
import { createBackground } from './background.ts'
import { type Clock, createSystemClock } from './clock.ts'
import { createGuardedFetch, type Fetch } from './guarded-fetch.ts'
import { createIssuer } from './issuer.ts'
import { createLeaving } from './leaving.ts'
import type { AddressGuard } from './oauth/addresses.ts'
import { createOpening } from './opening.ts'
import { createRefresh } from './refresh.ts'
import { createServerAccess } from './server-access.ts'
import type { Session } from './session.ts'
import { createSessionStore, type Vault } from './session-store.ts'
import { createSignIn, type Way } from './sign-in.ts'
import { createStanding } from './standing.ts'
import { toState } from './state.ts'
import { createStepUp } from './step-up.ts'
import { createTokens } from './tokens.ts'

type Company = { document: CompanyDocument; address: string }
type Needs = {
  company: () => Company | null
  companyChanged: (listener: () => void) => () => void
  /** Settles once it is known whether there is a company, and which. */
  companyKnown?: Promise<unknown>
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
  const sso = () => company()?.document.sso ?? null
  const save = async (session: Session) => {
    const known = sso()
    if (known) await store.lock(() => store.writeNew(known, session))
  }
  const refresh = createRefresh({ issuer, store, fetch, clock, log })
  const tokens = createTokens({ refresh, save, clock, timeoutMs, changed: () => emit(), log })
  const stepUp = createStepUp({ clock, log })
  const standing = createStanding()
  const background = createBackground(log)
  const shared = { issuer, fetch, store, tokens, standing, forgetPerson, inBackground: background.run, log }
  const attempts = createSignIn({
    ...{ issuer, fetch, allowInsecure, openUrl, audiences, clock, log },
    arrived: createArriving({ ...shared, clock }),
    failed: (problem) => {
      standing.note = problem
    },
    changed: () => emit(),
  })
  const leaving = createLeaving({
    ...{ ...shared, allowInsecure, openUrl, cancelSignIn: attempts.cancel, changed: () => emit() },
    signOutOfServers: (account) => servers.signOut(account),
  })
  const opening = createOpening({
    companyKnown: needs.companyKnown ?? Promise.resolve(),
    ...{ sso, store, tokens, standing, forgetPerson },
    ...{ cancelSignIn: attempts.cancel, changed: () => emit() },
  })
  const snapshot = (): AuthState =>
    toState({ signingIn: attempts.shown(), tokens, note: standing.note, stepUp: stepUp.problem(), kept: store.kept() })

  let shown = JSON.stringify(snapshot())
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

  async function signIn(way: Way = 'browser', { choose = false } = {}) {
    await opening.settled()
    const known = sso()
    if (!known) throw new Problem('app.no-company')
    const session = tokens.session()
    const loginHint = session?.account.email ?? null
    const more = stepUp.more({ asked: session?.asked.scopes ?? [], claims: tokens.trouble()?.claims ?? null })
    try {
      await attempts.start({ sso: known, loginHint, way, more, choose })
    } catch (error) {
      const problem = toProblem(error)
      if (problem.code !== 'auth.cancelled') standing.note = problem
      emit()
      if (problem.code !== 'auth.cancelled') throw error
    }
    return snapshot()
  }

  async function cancelSignIn() {
    attempts.cancel()
    return snapshot()
  }

  async function signOut() {
    await opening.settled()
    await leaving.signOut()
    return snapshot()
  }

  async function signOutOfBrowser() {
    await opening.settled()
    await leaving.signOutOfBrowser()
    return snapshot()
  }

  async function switchAccount() {
    await signOut()
    return signIn('browser', { choose: true })
  }

  async function token({ rejected, ...audience }: Audience & { rejected?: string | undefined } = {}): Promise<Secret> {
    await opening.settled()
    if (!tokens.session() && standing.unread && standing.note) throw fromData(standing.note)
    return tokens.get(audience, rejected)
  }

  async function retry() {
    await opening.settled()
    await (standing.unread ? opening.open() : tokens.retry())
    return snapshot()
  }

  const servers = createServerAccess({
    ...{ company, vault, openUrl, fetch: needs.fetch, allowInsecure, issuer, tokens, token, stepUp, clock, log },
    servers: needs.servers ?? (() => []),
    ...(needs.guard ? { guard: needs.guard } : {}),
    sso: () => standing.sso,
    opened: opening.settled,
    person: { snapshot, signIn: () => signIn('browser'), cancel: cancelSignIn, signOut, retry },
    changed: () => emit(),
  })

  const offs = [
    companyChanged(() => {
      if (JSON.stringify(sso()) !== JSON.stringify(standing.sso)) void opening.open()
    }),
    vault.changed?.(() => void (standing.unread ? opening.open() : tokens.unsaved() ? tokens.retry() : undefined)),
  ]

  return {
    snapshot,
    changed: changed.on,
    signIn: () => signIn('browser'),
    signInWithDevice: () => signIn('device'),
    ...{ cancelSignIn, signOut, signOutOfBrowser, switchAccount, retry, token },
    /** Settles once it is known who is signed in. */
    opened: opening.settled(),
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
      // What is being renewed is renewed: its old refresh token may be worth nothing any more.
      await Promise.all([servers.settled(), tokens.close()])
      servers.forgetPerson()
      await background.settled()
      await issuer.close()
    },
  }
}
