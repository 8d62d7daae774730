import type { AuthState } from '../../shared/contract/auth.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { type Redeemed, startAttempt } from './attempt.ts'
import type { Audience } from './audience.ts'
import type { Clock } from './clock.ts'
import { startDevice } from './device.ts'
import type { Fetch } from './guarded-fetch.ts'
import type { createIssuer, Sso } from './issuer.ts'
import type { More } from './step-up.ts'

type Needs = {
  issuer: ReturnType<typeof createIssuer>
  fetch: Fetch
  allowInsecure: boolean
  openUrl: (url: string) => Promise<boolean>
  /** What the servers want tokens for, so that one sign-in covers them all. */
  audiences: () => Promise<Audience[]> | Audience[]
  /** Takes what a sign-in brought. The attempt shows as running until it has. */
  arrived: (sso: Sso, redeemed: Redeemed) => Promise<void>
  failed: (problem: ProblemData) => void
  changed: () => void
  clock: Clock
  log: Log
}
type SigningIn = Extract<AuthState, { state: 'signing-in' }>
type Attempt = { shown: SigningIn; controller: AbortController; finishing: boolean; timers: (() => void)[] }
export type Way = 'browser' | 'device'
type Wanted = {
  sso: Sso
  /** Whose sign-in is to be renewed. */
  loginHint: string | null
  more: More
  way: Way
  choose?: boolean
}

const hintAfterMs = 60_000
const limitMs = 5 * 60_000

/** Runs one sign-in at a time: a second click shows the same login page again, it never starts another listener. */
export function createSignIn(needs: Needs) {
  const { issuer, fetch, allowInsecure, openUrl, audiences, arrived, failed, changed, clock, log } = needs
  let attempt: Attempt | null = null
  let starting: { done: Promise<void>; controller: AbortController } | null = null

  function start(wanted: Wanted): Promise<void> {
    if (attempt) return open(attempt)
    if (starting) return starting.done
    const controller = new AbortController()
    const mine = { controller, done: begin(wanted, controller) }
    starting = mine
    mine.done = mine.done.finally(() => {
      if (starting === mine) starting = null
    })
    return mine.done
  }

  async function begin({ sso, loginHint, more, way, choose }: Wanted, controller: AbortController) {
    const { signal } = controller
    const wanted = { sso, audiences: await audiences(), loginHint, more, choose, signal }
    const begun = await (way === 'device'
      ? startDevice({ issuer, fetch, allowInsecure }, wanted)
      : startAttempt({ issuer, fetch }, wanted)
    ).catch((error: unknown) => {
      throw signal.aborted ? new Problem('auth.cancelled') : error
    })
    const shown: SigningIn = {
      state: 'signing-in',
      loginUrl: begun.loginUrl,
      browserOpened: false,
      startedAt: clock.now().toISOString(),
      hint: null,
      ...('device' in begun ? { device: begun.device } : {}),
    }
    const mine: Attempt = { shown, controller, finishing: false, timers: [] }
    attempt = mine
    begun.answer.then(
      (redeemed) => finish(mine, sso, redeemed),
      (error: unknown) => end(mine, error),
    )
    if ('hint' in begun) mine.timers.push(clock.after(hintAfterMs, () => show(mine, { hint: begun.hint })))
    const lifeMs = 'lifeMs' in begun ? begun.lifeMs : limitMs
    mine.timers.push(clock.after(lifeMs, () => end(mine, new Problem('auth.timed-out'))))
    log.info('sign-in.started', { issuer: sso.issuer, way })
    if (way === 'browser') await open(mine)
    else changed()
  }

  async function open(mine: Attempt) {
    const browserOpened = mine.shown.device ? false : await openUrl(mine.shown.loginUrl).catch(() => false)
    show(mine, { browserOpened })
  }

  function show(mine: Attempt, more: Partial<SigningIn>) {
    mine.shown = { ...mine.shown, ...more }
    if (attempt === mine) changed()
  }

  async function finish(mine: Attempt, sso: Sso, redeemed: Redeemed) {
    if (attempt !== mine) return
    mine.finishing = true
    try {
      await arrived(sso, redeemed)
      end(mine, null)
    } catch (error) {
      end(mine, error)
    }
  }

  /** Nothing of the attempt is left: no listener (it lives on for its last page only after an answer), no timer. */
  function end(mine: Attempt, error: unknown) {
    if (attempt !== mine) return
    attempt = null
    for (const cancel of mine.timers) cancel()
    if (!mine.finishing && !isAnswered(error)) mine.controller.abort()
    if (error === null) return changed()
    const problem = toProblem(error)
    if (problem.code === 'internal') log.error('sign-in.failed', { error })
    else log.info('sign-in.ended', { code: problem.code, detail: problem.detail })
    failed(problem)
    changed()
  }

  function cancel() {
    starting?.controller.abort()
    const mine = attempt
    if (!mine || mine.finishing) return
    attempt = null
    for (const stop of mine.timers) stop()
    mine.controller.abort()
    log.info('sign-in.cancelled')
    changed()
  }

  return { start, cancel, shown: () => attempt?.shown ?? null }
}

const isAnswered = (error: unknown) => !(error instanceof Problem && error.code === 'auth.timed-out')
