import type { PolicyRow } from '../../shared/contract/policy.ts'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import { keys, type PolicyKey, type PolicyValues, policyKeys } from './keys.ts'
import type { Reading } from './reading.ts'
import { parseKey } from './values.ts'

type Given = {
  readings: Reading[]
  /** What the person chose themselves, and what the company's document says; only what they said. */
  person: Partial<PolicyValues>
  company: Partial<PolicyValues>
  /** Files named by policy that others than the administrator could change, and why. */
  untrusted: ReadonlyMap<string, string>
}
type Outcome = Pick<PolicyRow, 'value' | 'origin' | 'source' | 'locked'>

/** What holds of every key, who said so, and what was wrong with what was said. */
export function merge(given: Given): PolicyRow[] {
  const device = given.readings.filter(({ scope }) => scope === 'device')
  const allowed = settle('allowUserPolicy', { ...given, readings: device }).value === true
  const readings = allowed ? given.readings : device
  return policyKeys.map((key) => settle(key, { ...given, readings }))
}

/**
 * Mandatory, the company's document, the person, recommended, the usual value: the first that says something. A limit
 * that was said and cannot be read holds at its strictest; anything else counts as not said, and is named.
 */
function settle(key: PolicyKey, given: Given): PolicyRow {
  const problems: ProblemData[] = []
  const outcome =
    findMandatory(key, given, problems) ??
    toSaid('company', given.company[key]) ??
    toSaid('person', given.person[key]) ??
    findRecommended(key, given, problems) ??
    toSaid('default', keys[key].usual)
  return { key, title: keys[key].title, ...(outcome ?? nothing), problem: problems[0] ?? null }
}

const nothing: Outcome = { value: null, origin: 'default', source: null, locked: false }

const toSaid = (origin: 'company' | 'person' | 'default', value: unknown): Outcome | undefined =>
  value === undefined ? undefined : { value, origin, source: null, locked: origin === 'company' }

function findMandatory(key: PolicyKey, { readings, untrusted }: Given, problems: ProblemData[]): Outcome | undefined {
  const { strictest } = keys[key] as { strictest?: unknown }
  for (const reading of readings) {
    const { source } = reading
    const locked = { origin: 'mandatory', source, locked: true } as const
    const found = readOf(key, reading, 'mandatory')
    if ('value' in found) {
      const value = key === 'caFiles' ? withoutUntrusted(found.value, { untrusted, source, problems }) : found.value
      return { ...locked, value }
    }
    if (!found.problem) continue
    problems.push(found.problem)
    if (strictest !== undefined) return { ...locked, value: strictest }
  }
  return undefined
}

function findRecommended(key: PolicyKey, { readings }: Given, problems: ProblemData[]): Outcome | undefined {
  for (const reading of readings) {
    if (reading.refused !== undefined) continue
    const found = readOf(key, reading, 'recommended')
    if ('value' in found) return { value: found.value, origin: 'recommended', source: reading.source, locked: false }
    if (found.problem) problems.push(found.problem)
  }
  return undefined
}

function readOf(key: PolicyKey, reading: Reading, table: 'mandatory' | 'recommended') {
  if (reading.refused !== undefined) return { problem: toRefusal(reading.source, reading.refused) }
  const parsed = parseKey(key, reading.tables[table], reading.asText)
  if (parsed.state === 'ok') return { value: parsed.value }
  if (parsed.state === 'absent') return { problem: null }
  return { problem: new Problem('policy.key-invalid', `${key} in ${reading.source}: ${parsed.reason}`).data }
}

export const toRefusal = (source: string, reason: string) =>
  new Problem('policy.unreadable', `${source}: ${reason}`).data

type Where = { untrusted: ReadonlyMap<string, string>; source: string; problems: ProblemData[] }

/** A file that others can change would let them decide whom this computer believes. */
function withoutUntrusted(value: unknown, { untrusted, source, problems }: Where): unknown {
  const paths = value as PolicyValues['caFiles']
  for (const path of paths) {
    const reason = untrusted.get(path)
    if (reason) problems.push(new Problem('policy.file-untrusted', `${path} in ${source}: ${reason}`).data)
  }
  return paths.filter((path) => !untrusted.has(path))
}
