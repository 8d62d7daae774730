import type { PolicyVerdict } from '../../../shared/contract/clients.ts'
import type { Candidate } from './policy.ts'
import type { Managed } from './sources.ts'

const serversOf = (candidates: Candidate[]) => candidates.map(({ server }) => server)
export const toText = (value: unknown) => JSON.stringify(value, null, 2)

export const unreadable = ({ source }: Managed): PolicyVerdict => ({
  verdict: 'unreadable',
  source,
  reason: 'A policy of this app is set here, but it cannot be read, so nobody knows what it allows.',
  servers: [],
  rule: null,
})

export const allowed = (source: string): PolicyVerdict => ({
  verdict: 'allowed',
  source,
  reason: 'IT manages this app, and lets these servers through.',
  servers: [],
  rule: null,
})

type Refusal = { source: string; reason: string; rule: PolicyVerdict['rule'] }
export const blocked = (candidates: Candidate[], { source, reason, rule }: Refusal): PolicyVerdict => ({
  ...{ verdict: 'blocked', source, reason, rule },
  servers: serversOf(candidates),
})

export const managedOnly = (candidates: Candidate[], { source, reason, rule }: Refusal): PolicyVerdict => ({
  ...{ verdict: 'managed-only', source, reason, rule },
  servers: serversOf(candidates),
})
