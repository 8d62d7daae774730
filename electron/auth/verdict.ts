import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import { RefreshRefused } from './refresh.ts'
import { describeRefusal } from './refusal.ts'

/** What a failed refresh means for the person’s sign-in. None of them deletes anything. */
export type Verdict =
  /** It passes, or IT mends it: keep everything and try again. */
  | { kind: 'wait'; problem: ProblemData; waitMs: number | null }
  /** Perhaps over; a second such answer ten seconds later says so. */
  | { kind: 'doubt'; problem: ProblemData; ifConfirmed: ProblemData }
  /** Only the person can go on from here. */
  | { kind: 'over'; problem: ProblemData; claims: string | null }
  /** This audience only. */
  | { kind: 'audience'; problem: ProblemData }
  /** Another process has signed the person out. */
  | { kind: 'signed-out'; problem: ProblemData }

const misconfiguredMs = 15 * 60_000

export function toVerdict(error: unknown, { host, plain }: { host: string; plain: boolean }): Verdict {
  if (!(error instanceof RefreshRefused)) return ofProblem(toProblem(error))
  const { refusal } = error
  const detail = `${host} ${describeRefusal(refusal)}`
  const away = (waitMs: number | null = null): Verdict => ({
    kind: 'wait',
    problem: new Problem('auth.sso-unreachable', detail).data,
    waitMs,
  })
  switch (refusal.kind) {
    case 'unreachable':
      return away(refusal.retryAfterMs)
    case 'captive-portal':
      return { kind: 'wait', problem: new Problem('auth.network-sign-in', detail).data, waitMs: null }
    case 'proxy':
      return { kind: 'wait', problem: new Problem('auth.proxy-refused', detail).data, waitMs: null }
    case 'dead': {
      const problem = new Problem('auth.session-ended', detail).data
      return refusal.certain
        ? { kind: 'over', problem, claims: null }
        : { kind: 'doubt', problem: away().problem, ifConfirmed: problem }
    }
    case 'interaction':
      return { kind: 'over', problem: new Problem('auth.interaction-needed', detail).data, claims: refusal.claims }
    case 'audience':
      if (!plain) return { kind: 'audience', problem: new Problem('auth.audience-refused', detail).data }
      return { kind: 'wait', problem: new Problem('auth.refused-by-sso', detail).data, waitMs: misconfiguredMs }
    case 'configuration':
      return { kind: 'wait', problem: new Problem('auth.refused-by-sso', detail).data, waitMs: misconfiguredMs }
    default:
      return away()
  }
}

function ofProblem(problem: ProblemData): Verdict {
  if (problem.code === 'auth.signed-out') return { kind: 'signed-out', problem }
  if (problem.code === 'auth.other-person') return { kind: 'over', problem, claims: null }
  if (problem.code === 'auth.audience-new') return { kind: 'audience', problem }
  return { kind: 'wait', problem, waitMs: null }
}
