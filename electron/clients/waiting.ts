import type { ClientApp } from '../../shared/contract/clients.ts'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { fieldsOf, type Ledger, type SavedRequest } from './ledger.ts'
import type { Request } from './requests.ts'

type Needs = { ledger: Ledger; now: () => Date; log: Log }

/** An app that is opened later than this had another reason; nobody has to be told any more. */
const reopenMs = 60 * 60 * 1000

/**
 * Holds changes of apps that would undo them while they run, one per app, until the app has quit. Saved with the ledger,
 * so that neither a restart nor a sign-out in between loses what a person asked for.
 */
export function createWaiting({ ledger, now, log }: Needs) {
  const problems = new Map<ClientId, ProblemData>()
  const get = (client: ClientId) => ledger.get().waiting[client]

  async function put(client: ClientId, request: Request) {
    problems.delete(client)
    const saved: SavedRequest = request
    const entry = { at: now().toISOString(), request: saved }
    await ledger.update((data) => ({ ...data, waiting: { ...data.waiting, [client]: entry } }))
    log.info('client.change-waits', { client, kind: request.kind })
  }

  /** Forgets what waited. With `written`, a person opens the app again to see the change. */
  async function drop(client: ClientId, { written = false } = {}) {
    problems.delete(client)
    if (!get(client)) return
    await ledger.update(({ waiting: { [client]: _, ...waiting }, ...data }) => ({
      ...data,
      waiting,
      reopen: written ? { ...data.reopen, [client]: now().toISOString() } : data.reopen,
    }))
  }

  /** Makes each change whose app has quit. One that cannot be made is tried again at the next look, and told. */
  async function carryOut(hasQuit: (client: ClientId) => boolean, make: (c: ClientId, r: Request) => Promise<void>) {
    for (const [id, entry] of Object.entries(ledger.get().waiting)) {
      const client = id as ClientId
      if (!entry || !hasQuit(client)) continue
      try {
        await make(client, toRequest(entry.request))
        await drop(client, { written: true })
      } catch (error) {
        if (!problems.has(client)) log.warn('client.waiting-failed', { client, error })
        problems.set(client, toProblem(error))
      }
    }
  }

  /** An app that runs again has seen the change. */
  async function reopened(isRunning: (client: ClientId) => boolean) {
    const old = (at: string) => now().getTime() - Date.parse(at) > reopenMs
    const all = Object.entries(ledger.get().reopen)
    const left = all.filter(([client, at]) => at !== undefined && !isRunning(client as ClientId) && !old(at))
    if (left.length < all.length) await ledger.update((data) => ({ ...data, reopen: Object.fromEntries(left) }))
  }

  function show(client: ClientId): ClientApp['waiting'] {
    const entry = get(client)
    if (!entry) return undefined
    const { kind } = entry.request
    return { kind, since: entry.at, servers: serversOf(entry.request), problem: problems.get(client) ?? null }
  }

  const clear = () =>
    Object.keys(ledger.get().waiting).length === 0
      ? Promise.resolve()
      : ledger.update((data) => ({ ...data, waiting: {} }))

  return { get, put, drop, carryOut, reopened, show, clear }
}
export type Waiting = ReturnType<typeof createWaiting>

const serversOf = (request: SavedRequest): ServerId[] =>
  request.kind === 'apply' ? [...request.wanted.map(({ server }) => server), ...request.obsolete] : []

const toRequest = (saved: SavedRequest): Request =>
  saved.kind === 'apply'
    ? { ...saved, wanted: saved.wanted.map(({ server, fields }) => ({ server, fields: fieldsOf(fields) })) }
    : saved
