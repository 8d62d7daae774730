import type { HealthLevel } from './contract/health.ts'
import type { ProblemCode, ProblemData, Remedy } from './problems.ts'

/** What a person does themselves, with one button. */
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
const tasks = new Set<ProblemCode>(['clients.not-finished'])
/** A decision of the company: it troubles nobody, and nobody here can change it. */
const blocked = new Set<ProblemCode>(['catalog.not-allowed', 'auth.policy-refused'])
/** Nobody’s fault and nobody’s task: it passes by itself when the network is back. */
const passing = new Set<ProblemCode>([
  'bridge.offline',
  'network.proxy-unreachable',
  'auth.opening',
  'auth.sso-unreachable',
  'auth.server-sso-unreachable',
  'auth.network-sign-in',
  'auth.proxy-refused',
  'app.company-unreachable',
  'catalog.unreachable',
  'ipc.disconnected',
])

/** How bad a problem is, for core and window alike. Signing in is never broken; a missing network is waited for. */
export function levelOf(problem: ProblemData): Exclude<HealthLevel, 'ok' | 'working'> {
  if (blocked.has(problem.code)) return 'blocked'
  if (passing.has(problem.code)) return 'waiting'
  return yours.has(problem.remedy) || tasks.has(problem.code) ? 'needs-you' : 'broken'
}
