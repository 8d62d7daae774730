import { Problem, type ProblemData } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { readChallenge, toClaimsObject, withCapability } from './challenge.ts'
import type { Clock } from './clock.ts'
import type { Sso } from './issuer.ts'

type Server = { id: string; name: string }
/** What the next sign-in has to ask for beyond the usual. */
export type More = { scopes: string[]; claims: string | null }

const mostTries = 2
const perMs = 3_600_000

/**
 * Remembers what servers asked for beyond the token they were sent, until the person signs in again. At most two
 * requests an hour for the same thing: a server that is never satisfied is refused, not obeyed.
 */
export function createStepUp({ clock, log }: { clock: Clock; log: Log }) {
  const tries = new Map<string, number[]>()
  let pending: { more: More; problem: ProblemData } | null = null

  /** Null where the challenge is nothing a sign-in could mend: then the token is renewed, or the refusal stands. */
  function ask(server: Server, header: string | undefined, sso: Sso): 'renew' | 'refused' | Problem {
    const challenge = readChallenge(header)
    if (challenge.kind === 'other') return 'renew'
    if (challenge.kind === 'scope') {
      if (challenge.scopes.length === 0) return 'refused'
      return remember(server, { scopes: challenge.scopes, claims: null })
    }
    if (!challenge.claims || sso.preset !== 'entra') {
      log.warn('challenge.ignored', { server: server.id, reason: challenge.claims ? 'not Entra ID' : 'not readable' })
      return 'renew'
    }
    return remember(server, { scopes: [], claims: withCapability(challenge.claims) })
  }

  function remember(server: Server, more: More) {
    const problem = new Problem('auth.step-up-needed', server.name)
    const key = JSON.stringify([server.id, [...more.scopes].sort(), more.claims])
    const recent = (tries.get(key) ?? []).filter((atMs) => clock.monotonic() - atMs < perMs)
    const isPending = pending !== null && isWithin(more, pending.more)
    if (!isPending && recent.length >= mostTries) return 'refused'
    if (!isPending) tries.set(key, [...recent, clock.monotonic()])
    const scopes = [...new Set([...(pending?.more.scopes ?? []), ...more.scopes])]
    pending = { more: { scopes, claims: more.claims ?? pending?.more.claims ?? null }, problem: problem.data }
    return problem
  }

  return {
    ask,
    /**
     * `asked` are the scopes of the last sign-in, which a step-up keeps; `claims` what the SSO itself named when it
     * refused a refresh (conditional access).
     */
    more({ asked, claims }: { asked: string[]; claims: string | null }): More {
      if (!pending) return { scopes: [], claims: readSsoClaims(claims) }
      return { scopes: [...asked, ...pending.more.scopes], claims: pending.more.claims ?? readSsoClaims(claims) }
    },
    problem: () => pending?.problem ?? null,
    clear: () => {
      pending = null
    },
  }
}

const isWithin = (more: More, whole: More) =>
  more.scopes.every((scope) => whole.scopes.includes(scope)) && (more.claims === null || more.claims === whole.claims)

function readSsoClaims(text: string | null): string | null {
  if (text === null) return null
  try {
    const claims = toClaimsObject(text)
    return claims && withCapability(claims)
  } catch {
    return null
  }
}
