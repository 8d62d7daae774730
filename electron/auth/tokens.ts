import { Problem, type ProblemData } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import type { Secret } from '../lib/secret.ts'
import { type Audience, audienceKey, isCovered, toAudience, underPolicy } from './audience.ts'
import { createBackoff } from './backoff.ts'
import { type Clock, remainingMs } from './clock.ts'
import { inTime } from './in-time.ts'
import type { Sso } from './issuer.ts'
import { presets } from './presets.ts'
import { createRecent } from './recent.ts'
import type { createRefresh } from './refresh.ts'
import { RefreshRefused } from './refresh.ts'
import type { Grant, Session } from './session.ts'
import { createTimers } from './timers.ts'
import { toVerdict } from './verdict.ts'

type Needs = {
  refresh: ReturnType<typeof createRefresh>
  /** Writes a session that could not be stored when it came. */
  save: (session: Session) => Promise<void>
  clock: Clock
  /** How long a call waits for the SSO. */
  timeoutMs: number
  /** Something a person can see has changed. */
  changed: () => void
  log: Log
}
type Held = { sso: Sso; session: Session }

const marginMs = 60_000
const forcedAgainMs = 30_000
const refusedAgainMs = 60_000
/** How long whoever quits waits for an SSO. */
const closingMs = 5000

/**
 * Hands out access tokens of the person who is signed in and keeps them fresh: one refresh at a time, ahead of need,
 * never deleting what a refresh could not replace.
 */
export function createTokens({ refresh, save, clock, timeoutMs, changed, log }: Needs) {
  let held: Held | null = null
  let life = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  /** What stands in the way at the moment; `over` when only the person can end it. */
  let trouble: { problem: ProblemData; over: boolean; claims?: string | null } | null = null
  let failing: Audience = {}
  let unsaved = false
  let closed = false
  const running = new Map<string, Promise<Grant>>()
  const forced = createRecent<string>(clock, forcedAgainMs)
  const refused = createRecent<ProblemData>(clock, refusedAgainMs)
  const used = new Set<string>()
  const { start, stop, stopAll } = createTimers(clock)
  const backoff = createBackoff(clock)

  function adopt(next: Held | null, { unsaved: notSaved = false }: { unsaved?: boolean } = {}) {
    life.abort()
    life = new AbortController()
    stopAll()
    running.clear()
    forced.clear()
    refused.clear()
    used.clear()
    backoff.reset()
    last = Promise.resolve()
    held = next
    trouble = null
    unsaved = notSaved
    if (next && unsaved) saveLater(next.session, 1000)
    for (const key of next?.session.grants.keys() ?? []) plan(key)
  }

  async function get(wanted: Audience, rejected?: string): Promise<Secret> {
    const { sso, session } = current()
    const audience = underPolicy(wanted, presets[sso.preset])
    const key = audienceKey(audience)
    const grant = session.grants.get(key)
    const good = grant && grant.accessToken.reveal() !== rejected && isLeft(grant) ? grant : null
    used.add(key)
    const mine = life.signal
    if (good && !isDue(good)) return good.accessToken
    // A server that refuses even a token made because it refused the last one is not helped by a third.
    if (grant && rejected && forced.find(key) === rejected) return grant.accessToken
    try {
      return (await limited(renew(audience, rejected))).accessToken
    } catch (error) {
      // Somebody signed in while this waited: the old session’s refresh was given up, not refused.
      if (mine.aborted && held) return get(wanted, rejected)
      if (good && held && isLeft(good)) return good.accessToken
      throw error
    }
  }

  function current(): Held {
    if (!held) throw new Problem('auth.signed-out')
    return held
  }

  const isLeft = ({ expiry }: Grant) => expiry === null || remainingMs(clock, expiry) > 0
  /** A minute ahead, but never more than a fifth of a short life: else such a token would be due when it comes. */
  const isDue = ({ expiry }: Grant) =>
    expiry !== null && remainingMs(clock, expiry) < Math.min(marginMs, expiry.lifeMs / 5)

  /** All who want the same token wait for one refresh; refreshes for different audiences go one after the other. */
  function renew(audience: Audience, rejected?: string): Promise<Grant> {
    const key = audienceKey(audience)
    const already = running.get(key)
    if (already) return already
    if (closed) return Promise.reject(new Problem('app.not-running'))
    const mine = life
    const turn = last.then(() => renewNow(audience, rejected, mine.signal))
    const done = turn.finally(() => {
      if (running.get(key) === done) running.delete(key)
    })
    running.set(key, done)
    last = done.catch(() => {})
    return done
  }

  async function renewNow(audience: Audience, rejected: string | undefined, signal: AbortSignal): Promise<Grant> {
    const { sso, session } = current()
    const key = audienceKey(audience)
    if (trouble && (trouble.over || !backoff.isOver())) throw toError(trouble.problem)
    const no = refused.find(key)
    if (no) throw toError(no)
    if (!isCovered(audience, session.asked, presets[sso.preset])) throw new Problem('auth.audience-new')
    try {
      const { session: next, saved } = await refresh({ sso, session, audience, rejected, signal })
      if (signal.aborted || !held) throw new Problem('auth.signed-out')
      return renewed({ key, next, saved, rejected })
    } catch (error) {
      throw signal.aborted ? new Problem('auth.signed-out') : failed(error, audience)
    }
  }

  function renewed({
    key,
    next,
    saved,
    rejected,
  }: {
    key: string
    next: Session
    saved: boolean
    rejected: string | undefined
  }) {
    const { sso } = current()
    const grant = next.grants.get(key)
    if (!grant) throw new Problem('internal')
    held = { sso, session: next }
    trouble = null
    backoff.reset()
    stop('again')
    if (rejected) forced.set(key, grant.accessToken.reveal())
    unsaved = !saved
    if (unsaved) saveLater(next, 1000)
    plan(key)
    log.info('token.refreshed', { account: next.account.id, audience: key })
    changed()
    return grant
  }

  function failed(error: unknown, audience: Audience): Error {
    const { sso, session } = current()
    const verdict = toVerdict(error, {
      host: new URL(sso.issuer).host,
      plain: audienceKey(audience) === audienceKey({}),
    })
    log.warn('token.not-refreshed', {
      account: session.account.id,
      code: verdict.problem.code,
      detail: verdict.problem.detail,
      error: error instanceof RefreshRefused ? undefined : error,
    })
    if (verdict.kind === 'audience') {
      refused.set(audienceKey(audience), verdict.problem)
      return toError(verdict.problem)
    }
    if (verdict.kind === 'signed-out') adopt(null)
    else if (verdict.kind === 'over' || (verdict.kind === 'doubt' && backoff.isDoubted()))
      trouble =
        verdict.kind === 'over'
          ? { problem: verdict.problem, over: true, claims: verdict.claims }
          : { problem: verdict.ifConfirmed, over: true }
    else {
      trouble = { problem: verdict.problem, over: false }
      const delayMs = verdict.kind === 'doubt' ? backoff.doubt() : backoff.failed(verdict.waitMs)
      failing = audience
      start('again', delayMs + 20, () => void renew(audience).catch(() => {})) // a timer may run a little early
    }
    changed()
    return toError(verdict.kind === 'doubt' && trouble?.over ? verdict.ifConfirmed : verdict.problem)
  }

  /** Renews at about 80 % of a token’s life, and only for those who used it; says so when the last one has ended. */
  function plan(key: string) {
    const expiry = held?.session.grants.get(key)?.expiry
    if (!expiry) return
    const leftMs = remainingMs(clock, expiry)
    start(`renew ${key}`, leftMs - expiry.lifeMs * (0.2 + 0.16 * (Math.random() - 0.5)), () => {
      if (used.delete(key) && !trouble?.over) void renew(toAudience(key)).catch(() => {})
    })
    start(`end ${key}`, leftMs + 50, changed)
  }

  function saveLater(session: Session, delayMs: number) {
    start('save', delayMs, () => {
      if (held?.session !== session) return
      save(session).then(
        () => {
          unsaved = false
          changed()
        },
        () => saveLater(session, Math.min(delayMs * 2, 60_000)),
      )
    })
  }

  /** A call gives up waiting before the refresh does. */
  const limited = <T>(work: Promise<T>, ms = timeoutMs + 1000) =>
    inTime(work, {
      clock,
      ms,
      late: () =>
        new Problem('auth.sso-unreachable', `${held ? new URL(held.sso.issuer).host : 'it'} does not answer in time`),
    })

  /** Tries now, whatever was to be waited for: the network is back, the machine woke up, a person asked. */
  async function retry() {
    if (!held || trouble?.over) return
    backoff.reset()
    if (unsaved) saveLater(held.session, 0)
    if (trouble) await limited(renew(failing)).catch(() => {})
  }

  /** At start: whether the sign-in of last time still works is found out once, unless its token is still good. */
  async function check() {
    const keys = [...(held?.session.grants.keys() ?? [])]
    if (held && !keys.some((key) => isHeldLeft(key)))
      await limited(renew(toAudience(keys[0] ?? audienceKey({})))).catch(() => {})
  }
  const isHeldLeft = (key: string) => {
    const grant = held?.session.grants.get(key)
    return grant !== undefined && isLeft(grant)
  }

  /** Nothing new is begun. A refresh under way is waited for: at most SSOs its old token is worth nothing any more. */
  async function close() {
    closed = true
    stopAll()
    await limited(last, closingMs).catch(() => log.warn('token.refresh-cut', {}))
    adopt(null)
  }

  return {
    adopt,
    close,
    get,
    check,
    retry,
    session: () => held?.session ?? null,
    trouble: () => trouble,
    unsaved: () => unsaved,
    /** Whether a call could be made now without asking the SSO. */
    isUsable: () => [...(held?.session.grants.keys() ?? [])].some(isHeldLeft),
    expiresAt: () => endOf(held?.session ?? null),
  }
}

function endOf(session: Session | null): string | null {
  const ends = [...(session?.grants.values() ?? [])].flatMap(({ expiry }) => expiry?.wallMs ?? [])
  return ends.length > 0 ? new Date(Math.max(...ends)).toISOString() : null
}

const toError = ({ code, detail }: ProblemData) => new Problem(code, detail)
