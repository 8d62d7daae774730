import type { PolicyRow, PolicyState } from '../../shared/contract/policy.ts'
import { Problem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { watchFiles } from '../lib/watch-files.ts'
import type { PolicyKey, PolicyValues } from './keys.ts'
import { merge, toRefusal } from './merge.ts'
import type { PolicySources, Reading } from './reading.ts'
import { parseKey, unknownNames } from './values.ts'

type Needs = {
  sources: PolicySources
  /** What the person chose themselves, without what nobody chose. */
  person: () => Partial<PolicyValues>
  /** What the company's document says. */
  company: () => Partial<PolicyValues>
  log: Log
  /** How long a change is left to settle, and how often is looked where no change is told. */
  settleMs?: number
  pollMs?: number
}

/**
 * Knows what IT decided for this computer, and who decided what holds. It fails closed: a place that cannot be believed
 * keeps what it last said in this run, and at a start holds every limit at its strictest.
 */
export async function openPolicy({ sources, person, company, log, settleMs = 5000, pollMs = 60_000 }: Needs) {
  const changed = createSignal<PolicyState>()
  const decided = createSignal<void>()
  const watched = watchFiles(() => soon())
  let readings: Reading[] = []
  let untrusted: ReadonlyMap<string, string> = new Map()
  let pending: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let closed = false

  /** At most this long after the first of several changes, so that files written together are read together. */
  function soon() {
    if (closed || pending) return
    pending = setTimeout(() => {
      pending = undefined
      void reload()
    }, settleMs)
    pending.unref()
  }

  async function read() {
    const before = state()
    const found = await sources.read()
    readings = keepLastGood(found, readings)
    untrusted = await findUntrusted(readings, sources)
    // What was not there may be there now, and the other way round.
    watched.set(sources.watched)
    const after = state()
    if (JSON.stringify(after) === JSON.stringify(before)) return
    write(before, after)
    decided.emit()
    changed.emit(state())
  }
  function write(before: PolicyState, after: PolicyState) {
    for (const { source, problem } of after.sources) if (problem) log.warn('source.refused', { source, problem })
    for (const { key, source, origin, problem } of after.rows) {
      const old = before.rows.find((row) => row.key === key)
      if (old?.source !== source || old?.origin !== origin || old?.problem?.detail !== problem?.detail)
        log.info('key.changed', { key, from: old?.source, to: source, origin, problem })
    }
  }
  function reload() {
    running = running.then(read).catch((error) => log.error('policy.not-read', { error }))
    return running
  }

  const rows = (own = person()) => merge({ readings, untrusted, person: own, company: company() })
  const state = (): PolicyState => ({
    rows: rows(),
    sources: readings.map(toSource),
    unknown: readings.flatMap(toUnknown),
  })
  const find = (key: PolicyKey): PolicyRow => rows().find((row) => row.key === key) as PolicyRow

  // Before there are rooms to ask: nobody has said anything yet.
  readings = await sources.read()
  untrusted = await findUntrusted(readings, sources)
  watched.set(sources.watched)
  for (const { source, refused } of readings) log.info('source.read', { source, refused })
  const poll = setInterval(() => void reload(), pollMs)
  poll.unref()

  return {
    snapshot: state,
    changed: changed.on,
    /** IT says something else than before. */
    decided: decided.on,
    /** The person or the company’s document says something else than before. */
    tell: () => changed.emit(state()),
    get: <K extends PolicyKey>(key: K) => find(key).value as PolicyValues[K],
    isLocked: (key: string) => rows().some((row) => row.key === key && row.locked),
    /** What was decided for a key and cannot be read, where that is what holds now. Throws policy.*. */
    demand(key: PolicyKey) {
      const { locked, problem } = find(key)
      if (locked && problem) throw new Problem(problem.code, problem.detail)
    },
    /** What holds beside what the person chose: decided, or suggested where they chose nothing. */
    settle: (own: Partial<PolicyValues>) => toValues(rows(own).filter(({ origin }) => origin !== 'default')),
    reload,
    async close() {
      closed = true
      clearInterval(poll)
      clearTimeout(pending)
      watched.close()
      await running
    },
  }
}
export type Policy = Awaited<ReturnType<typeof openPolicy>>

const toValues = (rows: PolicyRow[]) =>
  Object.fromEntries(rows.map(({ key, value }) => [key, value])) as Partial<PolicyValues>

/** A place that was understood before and is not now keeps what it said, and so does everything in a folder that is refused. */
function keepLastGood(found: Reading[], before: Reading[]): Reading[] {
  return found.flatMap((reading): Reading[] => {
    if (reading.refused === undefined) return [reading]
    const isOfIt = ({ source }: Reading) => source === reading.source || source.startsWith(`${reading.source}/`)
    const known = before.filter((old) => old.refused === undefined && isOfIt(old))
    return known.length > 0 ? known.map((old) => ({ ...old, problem: reading.refused })) : [reading]
  })
}

async function findUntrusted(readings: Reading[], sources: PolicySources) {
  const paths = readings.flatMap((reading) => {
    if (reading.refused !== undefined) return []
    const parsed = parseKey('caFiles', reading.tables.mandatory, reading.asText)
    return parsed.state === 'ok' ? (parsed.value as PolicyValues['caFiles']) : []
  })
  const found = await Promise.all(paths.map(async (path) => [path, await sources.findUntrusted(path)] as const))
  return new Map(found.flatMap(([path, reason]) => (reason === null ? [] : [[path, reason] as const])))
}

function toSource(reading: Reading) {
  const reason = reading.refused ?? reading.problem
  return { source: reading.source, problem: reason === undefined ? null : toRefusal(reading.source, reason) }
}

function toUnknown(reading: Reading) {
  if (reading.refused !== undefined) return []
  const { mandatory, recommended } = reading.tables
  return [...unknownNames(mandatory), ...unknownNames(recommended)].map(
    (name) => new Problem('policy.key-unknown', `${name} in ${reading.source}`).data,
  )
}
