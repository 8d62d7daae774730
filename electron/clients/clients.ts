import type { Backup, Check, ClientApp, GivenBack, PolicyVerdict, Preview } from '../../shared/contract/clients.ts'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { WriteAll } from '../lib/atomic-file.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { watchFiles } from '../lib/watch-files.ts'
import { type App, apps, getApp, listApps } from './apps.ts'
import { createBackups } from './backups.ts'
import { createCarryOut, type How } from './carry-out.ts'
import { createChanges } from './changes.ts'
import { policies } from './client-policy/client-policy.ts'
import { createSources, type Run } from './client-policy/sources.ts'
import { saveOwn } from './config-file.ts'
import { findRunning } from './detect.ts'
import { findHost } from './host.ts'
import { openLedger } from './ledger.ts'
import { look } from './look.ts'
import { createPlace, type Env } from './place.ts'
import type { WantedEntry } from './plan.ts'
import { isAlive, type Process } from './processes.ts'
import { createProofs } from './proofs.ts'
import { createRepair, type RepairPolicy } from './repair.ts'
import { createRequests, type Request, type Selected } from './requests.ts'
import { createSchedule } from './schedule.ts'
import { shapes, toFields } from './shapes.ts'
import { createVerify } from './verify.ts'
import { createWaiting } from './waiting.ts'
import { type Distribution, findDistributions } from './wsl.ts'

type Server = { id: ServerId; name: string; description: string }

type Needs = {
  home: string
  env: Env
  platform: NodeJS.Platform
  /** Where the ledger and the backups lie. */
  folder: string
  servers: () => Server[]
  serversChanged: (listener: () => void) => () => void
  /** The command line an entry starts; the same for ever, without a secret. */
  entryFor: (client: ClientId, server: ServerId) => { command: string; args: string[]; env: Record<string, string> }
  /** What the person runs; empty where that cannot be told. */
  processes: () => Promise<Process[]>
  isAlive?: (pid: number) => boolean
  /** What happens when an app loses our entries; `ask` where nobody says. */
  repairPolicy?: () => RepairPolicy
  /** For an uninstaller: makes nothing that waited, and writes only what it is asked for. */
  passive?: true
  /** Of this product, for the name it gives when it checks a connection. */
  version: string
  now: () => Date
  log: Log
  write?: WriteAll
  /** Another root for the files and programs of the system, so that a test never sees this machine’s. */
  systemRoot?: string
  run?: Run
}
type Copy = { client: ClientId; backup: string }
type ToRequest = (toApply: (selected: Selected) => Request) => Request

/**
 * Knows the AI clients of this machine, sets them up, keeps watch over what it wrote, and gives every file back. It
 * writes only what a preview shows, and never into a file it cannot read.
 */
export function createClients(needs: Needs) {
  const { folder, now, log, repairPolicy: policy = () => 'ask' as const } = needs
  const place = createPlace(needs)
  const sources = createSources({ place, now, run: needs.run })
  const changed = createSignal<ClientApp[]>()
  const proofs = createProofs({
    ledger: () => opened.then(({ ledger }) => ledger),
    tell: (id) => void inLine(() => lookAtOne(id)).catch(failed),
  })
  const watched = watchFiles(() => schedule.soon())
  const schedule = createSchedule({ look: () => void inLine(scan).catch(failed), isAlive: needs.isAlive ?? isAlive })
  const backups = createBackups({ folder: place.join(folder, 'backups'), now, save: saveOwn })
  let shown: ClientApp[] = []
  let distributions: Distribution[] = []
  let processes: Process[] = []
  let line: Promise<unknown> = Promise.resolve()
  let closed = false

  async function open() {
    const ledger = await openLedger({ folder, now, log, save: saveOwn })
    const changes = createChanges({ ledger, backups, now, log, write: needs.write })
    const waiting = createWaiting({ ledger, now, log })
    const repair = createRepair({ ledger, changes, waiting, policy, wantedOf, now, log })
    const requests = createRequests({ findApp, servers: ids, wantedOf, policyOf, ledger, changes, backups })
    const carrier = createCarryOut({ ledger, changes, waiting, requests, findApp, isRunning, lookAtProcesses })
    return { ledger, waiting, repair, toApply: requests.toApply, ...carrier }
  }

  /** One thing at a time: two changes of one file must not be worked out from the same bytes. */
  function inLine<T>(job: () => Promise<T>): Promise<T> {
    const result = line.then(job)
    line = result.catch(() => {})
    return result
  }

  const ids = () => needs.servers().map(({ id }) => id)
  const findApp = (client: ClientId) => getApp(place, client, distributions)

  /** The command line of an entry, as the app must write it. */
  function entryFor({ id, row }: App, server: ServerId) {
    const entry = needs.entryFor(id, server)
    return row.toCommand ? { ...entry, command: row.toCommand(entry.command) } : entry
  }

  function wantedOf(app: App, chosen?: readonly ServerId[]): WantedEntry[] {
    const servers = needs.servers().filter(({ id }) => chosen?.includes(id) ?? true)
    return servers.map(({ id: server, description }) => {
      const wanted = { name: server, description, ...entryFor(app, server) }
      return { server, fields: toFields(shapes[app.row.shape], wanted) }
    })
  }

  /** Whether the app would let our entries through, as far as that can be read here. */
  async function policyOf(app: App, servers: readonly ServerId[]): Promise<PolicyVerdict | null> {
    const { policy } = app.row
    if (!policy) return null
    return policies[policy](
      sources,
      servers.map((server) => ({ server, ...entryFor(app, server) })),
    )
  }

  async function lookAt(app: App) {
    const { ledger, waiting } = await opened
    const data = ledger.get()
    const proof = proofs.get(data.proof[app.id], app.id)
    return look(app, {
      ...{ place, data, wanted: wantedOf(app), proof, now: now() },
      running: isRunning(app),
      waiting: waiting.show(app.id),
      policy: () => policyOf(app, ids()),
    })
  }

  const idsOf = (app: App) => findRunning(app.row, processes)
  const isRunning = (app: App) => idsOf(app).length > 0
  async function lookAtProcesses() {
    processes = await needs.processes()
  }

  async function scan() {
    await lookAtProcesses()
    distributions = await findDistributions(place, sources.ask)
    const { repair, carryOutWaiting } = await opened
    const all = listApps(place, distributions)
    // Without one process nobody could tell which apps run, so none is taken to have quit.
    if (!needs.passive && processes.length > 0) await carryOutWaiting(all)
    const next = await Promise.all(
      all.map(async (app) => {
        const seen = await lookAt(app)
        return (await repair(app, seen)) ? lookAt(app) : seen
      }),
    )
    if (closed) return shown
    watched.set(next.filter(({ installed, canUndo }) => installed || canUndo).map(({ configPath }) => configPath))
    return show(next, all)
  }
  /** It got further with our bridge, and nothing else is new. */
  async function lookAtOne(client: ClientId) {
    if (!shown.some(({ id }) => id === client)) return shown
    const next = await lookAt(findApp(client))
    const known = shown.map((app) => (app.id === client ? next : app))
    return closed ? shown : show(known, listApps(place, distributions))
  }
  function show(next: ClientApp[], all: App[]) {
    const news = JSON.stringify(next) !== JSON.stringify(shown)
    shown = next
    if (news) changed.emit(shown)
    schedule.watch(shown, ({ id }) => all.filter((app) => app.id === id).flatMap(idsOf))
    return shown
  }

  const failed = (error: unknown) => log.error('clients.scan-failed', { error })

  async function lookAgain(app: App): Promise<ClientApp> {
    await scan()
    return shown.find(({ id }) => id === app.id) ?? lookAt(app)
  }

  const preview = (client: ClientId, toRequest: ToRequest): Promise<Preview> =>
    inLine(async () => {
      const room = await opened
      return room.preview(client, toRequest(room.toApply))
    })

  const change = (client: ClientId, toRequest: ToRequest, how: How): Promise<ClientApp> =>
    inLine(async () => {
      const room = await opened
      return lookAgain(await room.carryOut(client, toRequest(room.toApply), how))
    })

  async function withdraw(client: ClientId) {
    const app = findApp(client)
    await (await opened).waiting.drop(app.id)
    return lookAgain(app)
  }

  async function restoreAll(): Promise<GivenBack[]> {
    const results = await (await opened).restoreAll()
    await scan()
    return results
  }

  const verify = createVerify({
    entriesOf: async (client) => {
      const app = findApp(client)
      const { entries, problem } = await inLine(() => lookAt(app))
      if (problem) throw new Problem(problem.code, problem.detail)
      return { app, entries }
    },
    command: (client, server) => entryFor(findApp(client), server).command,
    version: needs.version,
  })

  const opened = open()
  opened.catch(failed) // each call that needs it is told
  const stopServers = needs.serversChanged(() => schedule.soon())
  const started = inLine(scan)
  started.catch(failed)

  return {
    /** What the last look at the disk told; waits for the first one. */
    snapshot: async (): Promise<ClientApp[]> => {
      await started.catch(() => {}) // said by `failed`; there is nothing to show
      return shown
    },
    changed: changed.on,
    host: () => findHost(place),
    rescan: () => inLine(scan),
    preview: (selected: Selected) => preview(selected.client, (toApply) => toApply(selected)),
    apply: ({ token, now, ...selected }: Selected & How) =>
      change(selected.client, (toApply) => toApply(selected), { token, now }),
    previewUndo: ({ client }: { client: ClientId }) => preview(client, () => ({ kind: 'undo' })),
    undo: ({ client, ...how }: { client: ClientId } & How) => change(client, () => ({ kind: 'undo' }), how),
    /** Forgets a change that waits for its app to quit. */
    withdraw: ({ client }: { client: ClientId }) => inLine(() => withdraw(client)),
    backups: async ({ client }: { client: ClientId }): Promise<Backup[]> =>
      (await backups.list(findApp(client).id)).map(({ sha256: _, ...backup }) => backup),
    previewRestore: ({ client, backup }: Copy) => preview(client, () => ({ kind: 'restore', backup })),
    restore: ({ client, backup, ...how }: Copy & How) => change(client, () => ({ kind: 'restore', backup }), how),
    /** Gives every file back, for an uninstaller. Goes on past a file that cannot be given back, and tells. */
    restoreAll: () => inLine(restoreAll),
    /** The longest line an app can read; the bridge’s own limit where nothing is known. */
    maxLineBytes: (client: ClientId | null) => apps.find(({ id }) => id === client)?.maxLineBytes,
    verify: ({ client }: { client: ClientId }): Promise<Check[]> => verify.run(client),
    /** A bridge of this client got as far as this. One that was started for a check proves nothing about the app. */
    seen: (sight: Parameters<typeof proofs.seen>[0]) => {
      if (sight.client === null || !verify.isRunning(sight.client)) proofs.seen(sight)
    },
    close: async () => {
      closed = true
      stopServers()
      schedule.close()
      await line
      await proofs.flush()
      watched.close()
    },
  }
}
