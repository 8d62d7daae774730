import type { Backup, Check, ClientApp, GivenBack, PolicyVerdict, Preview } from '../../shared/contract/clients.ts'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem, toProblem } from '../../shared/problems.ts'
import type { WriteAll } from '../lib/atomic-file.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { type App, apps, getApp, listApps } from './apps.ts'
import { createBackups } from './backups.ts'
import { createChanges, type Job, tokenOf, toPreview } from './changes.ts'
import { policies } from './client-policy/client-policy.ts'
import { createSources, type Run } from './client-policy/sources.ts'
import { saveOwn } from './config-file.ts'
import { isRunning } from './detect.ts'
import { findHost } from './host.ts'
import { entriesOf, openLedger } from './ledger.ts'
import { look } from './look.ts'
import { createPlace, type Env } from './place.ts'
import type { WantedEntry } from './plan.ts'
import { createProofs } from './proofs.ts'
import { createRepair, type RepairPolicy } from './repair.ts'
import { shapes, toFields } from './shapes.ts'
import { createVerify } from './verify.ts'
import { watchFiles } from './watch-files.ts'
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
  /** Names of the processes that run. */
  processes: () => Promise<string[]>
  /** What happens when an app loses our entries; `ask` where nobody says. */
  repairPolicy?: () => RepairPolicy
  /** Of this product, for the name it gives when it checks a connection. */
  version: string
  now: () => Date
  log: Log
  write?: WriteAll
  /** Another root for the files and programs of the system, so that a test never sees this machine’s. */
  systemRoot?: string
  run?: Run
}
type Selected = { client: ClientId; servers?: ServerId[] | undefined; overwrite?: boolean | undefined }
type Work = { app: App; jobs: Job[]; policy?: PolicyVerdict | null }

/**
 * Knows the AI clients of this machine, sets them up, keeps watch over what it wrote, and gives every file back. It
 * writes only what a preview shows, and never into a file it cannot read.
 */
export function createClients(needs: Needs) {
  const { folder, now, log, repairPolicy: policy = () => 'ask' as const } = needs
  const place = createPlace(needs)
  const sources = createSources({ place, now, run: needs.run })
  const changed = createSignal<ClientApp[]>()
  const proofs = createProofs({ ledger: () => opened.then(({ ledger }) => ledger), tell: () => soon() })
  const watched = watchFiles(() => soon())
  const backups = createBackups({ folder: place.join(folder, 'backups'), now, save: saveOwn })
  let shown: ClientApp[] = []
  let distributions: Distribution[] = []
  let processes: string[] = []
  let line: Promise<unknown> = Promise.resolve()
  let pending: NodeJS.Timeout | undefined
  let closed = false

  async function open() {
    const ledger = await openLedger({ folder, now, log, save: saveOwn })
    const changes = createChanges({ ledger, backups, now, log, write: needs.write })
    return { ledger, changes, repair: createRepair({ ledger, changes, policy, wantedOf, now, log }) }
  }

  /** One thing at a time: two changes of one file must not be worked out from the same bytes. */
  function inLine<T>(job: () => Promise<T>): Promise<T> {
    const result = line.then(job)
    line = result.catch(() => {})
    return result
  }

  const findApp = (client: ClientId) => getApp(place, client, distributions)

  /** The command line of an entry, as the app must write it. */
  function entryFor({ id, row }: App, server: ServerId) {
    const entry = needs.entryFor(id, server)
    return row.toCommand ? { ...entry, command: row.toCommand(entry.command) } : entry
  }

  function wantedOf(app: App, servers = needs.servers()): WantedEntry[] {
    return servers.map(({ id: server, description }) => {
      const wanted = { name: server, description, ...entryFor(app, server) }
      return { server, fields: toFields(shapes[app.row.shape], wanted) }
    })
  }

  /** Whether the app would let our entries through, as far as that can be read here. */
  async function policyOf(app: App, servers = needs.servers()): Promise<PolicyVerdict | null> {
    const { policy } = app.row
    if (!policy) return null
    return policies[policy](
      sources,
      servers.map(({ id: server }) => ({ server, ...entryFor(app, server) })),
    )
  }

  async function lookAt(app: App) {
    const data = (await opened).ledger.get()
    const proof = proofs.get(data.proof[app.id], app.id)
    return look(app, {
      ...{ place, data, wanted: wantedOf(app), proof, processes, now: now() },
      policy: () => policyOf(app),
    })
  }

  async function scan() {
    processes = await needs.processes()
    distributions = await findDistributions(place, sources.ask)
    const { repair } = await opened
    const next = await Promise.all(
      listApps(place, distributions).map(async (app) => {
        const seen = await lookAt(app)
        return (await repair(app, seen)) ? lookAt(app) : seen
      }),
    )
    if (closed) return shown
    watched.set(next.filter(({ installed, canUndo }) => installed || canUndo).map(({ configPath }) => configPath))
    const news = JSON.stringify(next) !== JSON.stringify(shown)
    shown = next
    if (news) changed.emit(shown)
    // Nobody tells when an app quits, so it is asked for as long as a change waits for that.
    if (shown.some(({ toFinish }) => toFinish !== null)) soon(5000)
    return shown
  }

  const failed = (error: unknown) => log.error('clients.scan-failed', { error })
  function soon(delayMs = 100) {
    if (closed) return
    clearTimeout(pending)
    pending = setTimeout(() => void inLine(scan).catch(failed), delayMs)
    pending.unref()
  }

  async function planFor({ client, servers, overwrite = false }: Selected): Promise<Work> {
    const app = findApp(client)
    const { ledger, changes } = await opened
    const all = needs.servers()
    const chosen = servers ? all.filter(({ id }) => servers.includes(id)) : all
    const ours = [...entriesOf(ledger.get().files[app.path]).keys()]
    // Signed out, nobody has servers: that is no reason to take entries away.
    const obsolete = servers || all.length === 0 ? [] : ours.filter((id) => !all.some((server) => server.id === id))
    const policy = await policyOf(app, chosen)
    // What a person adds does not count there, so it would only stand in the way of what IT put in place.
    if (policy?.verdict === 'managed-only') throw new Problem('clients.policy-forbids', policy.source)
    return {
      app,
      policy,
      jobs: [await changes.planApply(app.row, app.path, { wanted: wantedOf(app, chosen), obsolete, overwrite })],
    }
  }

  /** Every file we wrote for this app, also one at a place that the app has left since. */
  async function planBack(client: ClientId): Promise<Work> {
    const app = findApp(client)
    const { ledger, changes } = await opened
    const { files } = ledger.get()
    const paths = Object.keys(files).filter((path) => files[path]?.client === client)
    return { app, jobs: await Promise.all(paths.map((path) => changes.planUndo(app.row, path))) }
  }

  const toWorkPreview = ({ app, jobs, policy }: Work): Preview => ({
    ...toPreview(app.row, app.path, jobs),
    ...(policy ? { policy } : {}),
  })

  async function carryOut({ app, jobs }: Work, token: string | undefined): Promise<ClientApp> {
    if (token !== undefined && token !== tokenOf(jobs)) throw new Problem('clients.changed-meanwhile', app.path)
    processes = await needs.processes()
    const { changes } = await opened
    for (const job of jobs) await changes.commit(job, { running: isRunning(app.row, processes) })
    await scan()
    return shown.find(({ id }) => id === app.id) ?? lookAt(app)
  }

  async function planCopy({ client, backup }: { client: ClientId; backup: string }): Promise<Work> {
    const app = findApp(client)
    const { changes } = await opened
    const label = (await backups.list(client)).find(({ id }) => id === backup)
    if (!label) throw new Problem('clients.no-backup', backup)
    return { app, jobs: [await changes.planCopy(app.row, label, wantedOf(app))] }
  }

  async function restoreAll(): Promise<GivenBack[]> {
    const { ledger, changes } = await opened
    const results: GivenBack[] = []
    for (const [path, { client }] of Object.entries(ledger.get().files)) {
      const restore = async () => changes.commit(await changes.planUndo(findApp(client).row, path), { running: false })
      const problem = await restore().then(() => null, toProblem)
      results.push({ client, path, problem, left: [...entriesOf(ledger.get().files[path]).keys()] })
    }
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
  const stopServers = needs.serversChanged(() => soon())
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
    preview: (selected: Selected): Promise<Preview> => inLine(async () => toWorkPreview(await planFor(selected))),
    apply: ({ token, ...selected }: Selected & { token?: string | undefined }) =>
      inLine(async () => carryOut(await planFor(selected), token)),
    previewUndo: ({ client }: { client: ClientId }): Promise<Preview> =>
      inLine(async () => toWorkPreview(await planBack(client))),
    undo: ({ client, token }: { client: ClientId; token?: string | undefined }) =>
      inLine(async () => carryOut(await planBack(client), token)),
    backups: async ({ client }: { client: ClientId }): Promise<Backup[]> =>
      (await backups.list(findApp(client).id)).map(({ sha256: _, ...backup }) => backup),
    previewRestore: (copy: { client: ClientId; backup: string }): Promise<Preview> =>
      inLine(async () => toWorkPreview(await planCopy(copy))),
    restore: ({ token, ...copy }: { client: ClientId; backup: string; token?: string | undefined }) =>
      inLine(async () => carryOut(await planCopy(copy), token)),
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
      clearTimeout(pending)
      await line
      await proofs.flush()
      watched.close()
    },
  }
}
