import type { AuthState } from '../../shared/contract/auth.ts'
import type { HealthState, ServerHealth, Tool } from '../../shared/contract/health.ts'
import type { ServerId } from '../../shared/ids.ts'
import { levelOf } from '../../shared/problem-level.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { createSchedule } from './schedule.ts'
import { type Concern, toHealthState } from './summary.ts'

export type Probe = { latencyMs: number; protocolVersion: string; serverName: string; tools: Tool[] }

type Known = { id: ServerId; name: string; allowed: boolean; needsSignIn: boolean }
type Needs = {
  servers: () => Known[]
  auth: () => AuthState
  concerns: () => Concern[]
  /** Opens a session of its own, lists the tools and closes it. Throws Problem. */
  probe: (server: ServerId) => Promise<Probe>
  now: () => Date
  random: () => number
  log: Log
}

/** Knows what works and what needs a person. A failed probe changes a state and nothing else: no session is dropped for it. */
export function createHealth({ servers, auth, concerns, probe, now, random, log }: Needs) {
  const states = new Map<ServerId, ServerHealth>()
  const toolsOf = new Map<ServerId, Tool[]>()
  const running = new Map<ServerId, Promise<ServerHealth>>()
  const changed = createSignal<HealthState>()
  const schedule = createSchedule({ run: check, random })
  const nameOf = (id: ServerId) => servers().find((server) => server.id === id)?.name ?? id

  const snapshot = () =>
    toHealthState({
      auth: auth(),
      concerns: concerns(),
      servers: servers().map(
        ({ id }) => states.get(id) ?? { server: id, state: 'working', since: now().toISOString() },
      ),
      nameOf,
    })
  const tell = () => changed.emit(snapshot())

  function become(next: ServerHealth) {
    const before = states.get(next.server)
    states.set(next.server, next)
    if (before?.state !== next.state) log.info('server.state-changed', { server: next.server, state: next.state })
    tell()
    return next
  }

  function toFailed(server: ServerId, problem: ProblemData): ServerHealth {
    const state = levelOf(problem)
    const before = states.get(server)
    const since = before?.state === state ? before.since : now().toISOString()
    return { server, state, since, problem }
  }

  /** What needs no network to know. */
  function refusal(id: ServerId): ProblemData | null {
    const known = servers().find((server) => server.id === id)
    if (!known) return new Problem('bridge.unknown-server', id).data
    const person = auth()
    const signedIn = person.state === 'signed-in'
    // Groups come with the account, so before a sign-in nobody can say that a server is not theirs.
    if ((!known.allowed || known.needsSignIn) && !signedIn)
      return ('problem' in person && person.problem) || new Problem('auth.signed-out').data
    return known.allowed ? null : new Problem('catalog.not-allowed', known.name).data
  }

  /** One probe at a time per server; whoever asks meanwhile gets the same answer. */
  function check(server: ServerId): Promise<ServerHealth> {
    const already = running.get(server)
    if (already) return already
    const attempt = ask(server).finally(() => running.delete(server))
    running.set(server, attempt)
    return attempt
  }

  async function ask(server: ServerId): Promise<ServerHealth> {
    const refused = refusal(server)
    if (refused) {
      schedule.stop(server)
      return become(toFailed(server, refused))
    }
    try {
      const { tools, ...facts } = await probe(server)
      toolsOf.set(server, tools)
      schedule.succeeded(server)
      return become({ server, state: 'ok', checkedAt: now().toISOString(), toolCount: tools.length, ...facts })
    } catch (error) {
      const problem = toProblem(error)
      if (problem.code === 'internal') log.error('probe.failed', { server, error })
      schedule.failed(server)
      return become(toFailed(server, problem))
    }
  }

  /** The person, the company or the catalog changed: forget what is gone, ask what is there. */
  function reconsider() {
    const known = new Set(servers().map(({ id }) => id))
    for (const id of [...states.keys()]) {
      if (known.has(id)) continue
      states.delete(id)
      toolsOf.delete(id)
      schedule.stop(id)
    }
    for (const id of known) {
      const state = states.get(id)
      // What was said of another account, or of none, is not true any more; it is being asked again.
      if (!state || ('problem' in state && !refusal(id)))
        states.set(id, { server: id, state: 'working', since: now().toISOString() })
    }
    tell()
    for (const id of known) schedule.soon(id)
  }

  /** Live calls are the best probe: a failing one is checked at once, a working one ends a bad state. */
  function traffic({ server, ok }: { server: ServerId; ok: boolean }) {
    const state = states.get(server)?.state
    if (ok ? state !== 'ok' : state === 'ok') schedule.soon(server)
  }

  async function recheckAll() {
    await Promise.all(servers().map(({ id }) => check(id)))
    return snapshot()
  }

  return {
    snapshot,
    changed: changed.on,
    recheck: ({ server }: { server: ServerId }) => {
      if (!servers().some(({ id }) => id === server)) throw new Problem('bridge.unknown-server', server)
      return check(server)
    },
    recheckAll,
    tools: ({ server }: { server: ServerId }) => toolsOf.get(server) ?? [],
    reconsider,
    /** A concern changed (vault, company, clients): say it again, without asking the servers. */
    tell,
    traffic,
    close: schedule.close,
  }
}
