import type { HealthLevel } from '../../shared/contract/health.ts'
import type { ProblemData, Remedy } from '../../shared/problems.ts'

const yours = new Set<Remedy>([
  'sign-in',
  'connect',
  'enter-key',
  'enter-passphrase',
  'unlock-keychain',
  'set-company',
  'reset-vault',
  'open-file',
  'repair',
])

/** How a problem looks where the core gave no level with it: a task of the person's is never red. */
export function levelOfProblem({ code, remedy }: ProblemData): HealthLevel {
  if (remedy === 'ask-it') return 'blocked'
  if (/offline|unreachable|disconnected/.test(code)) return 'waiting'
  return yours.has(remedy) ? 'needs-you' : 'broken'
}
