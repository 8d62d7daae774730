import type { HealthLevel } from '../../shared/contract/health.ts'
import type { ProblemCode, ProblemData, Remedy } from '../../shared/problems.ts'

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
const blocked = new Set<ProblemCode>(['catalog.not-allowed', 'auth.policy-refused'])
/** Nobody’s fault and nobody’s task: it passes by itself when the network is back. */
const passing = new Set<string>([
  'bridge.offline',
  'auth.opening',
  'auth.sso-unreachable',
  'auth.server-sso-unreachable',
  'auth.network-sign-in',
  'auth.proxy-refused',
  'app.company-unreachable',
  'catalog.unreachable',
])

/** How bad a problem is. Signing in is never broken; a missing network is waited for. */
export function levelOf(problem: ProblemData): Exclude<HealthLevel, 'ok' | 'working'> {
  if (blocked.has(problem.code)) return 'blocked'
  if (passing.has(problem.code)) return 'waiting'
  return yours.has(problem.remedy) ? 'needs-you' : 'broken'
}

const order: HealthLevel[] = ['broken', 'needs-you', 'waiting', 'working', 'ok']

/** The worst of several. What is blocked is a company’s decision and troubles nobody. */
export const worst = (levels: HealthLevel[]): HealthLevel => order.find((level) => levels.includes(level)) ?? 'ok'
