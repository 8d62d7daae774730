import type { Backup, ClientApp, Preview } from '../../shared/contract/clients.ts'
import { ClientId, type ServerId } from '../../shared/ids.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import type { AppRow } from './app-row.ts'
import { toAppState, toEntryStates } from './app-state.ts'
import { apps as table } from './apps.ts'
import { createBackups } from './backups.ts'
import { createChanges, type Job, tokenOf, toPreview } from './changes.ts'
import { readConfig, refused, saveOwn, type WriteAll } from './config-file.ts'
import { findVersion, isInstalled, isRunning } from './detect.ts'
import { Refusal } from './edit/change.ts'
import { entriesOf, openLedger } from './ledger.ts'
import { createPlace, type Env } from './place.ts'
import { readStandings, type WantedEntry } from './plan.ts'
import { createProofs } from './proofs.ts'
import { shapes, toFields } from './shapes.ts'
import { watchFiles } from './watch-files.ts'

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
  now: () => Date
  log: Log
  write?: WriteAll
}
type Selected = { client: ClientId; servers?: ServerId[] | undefined; overwrite?: boolean | undefined }
type Known = { row: AppRow; id: ClientId; path: string }

/**
 * Knows the AI clients of this machine, sets them up, keeps watch over what it wrote, and gives every file back. It
 * writes only what a preview shows, and never into a file it cannot read.
 */
export function createClients(needs: Needs) {
  const { folder, now, log } = needs
  const place = createPlace(needs)
  const known = table.flatMap((row): Known[] => {
    const path = row.configPath(place)
    return path === null ? [] : [{ row, id: ClientId.parse(row.id), path }]
  })
  const backups = createBackups({ folder: place.join(folder, 'backups'), now, save: saveOwn })
  const opened = openLedger({ folder, now, log, save: saveOwn })
  const changes = opened.then((ledger) => createChanges({ ledger, backups, now, log, write: needs.write }))
  const changed = createSignal<ClientApp[]>()
  const proofs = createProofs({ ledger: () => opened, tell: () => soon() })
  const watched = watchFiles(() => soon())
  let shown: ClientApp[] = []
  let running: string[] = []
  let line: Promise<unknown> = Promise.resolve()
  let pending: NodeJS.Timeout | undefined
  let closed = false

  /** One thing at a time: two changes of one file must not be worked out from the same bytes. */
  function inLine<T>(job: () => Promise<T>): Promise<T> {
    const result = line.then(job)
    line = result.catch(() => {})
    return result
  }

  const wantedOf = ({ id, row }: Known, servers = needs.servers()): WantedEntry[] =>
    servers.map(({ id: server, description }) => {
      const wanted = { name: server, description, ...needs.entryFor(id, server) }
      return { server, fields: toFields(shapes[row.shape], wanted) }
    })

  function find(client: ClientId): Known {
    const app = known.find(({ id }) => id === client)
    if (app) return app
    throw new Problem(table.some(({ id }) => id === client) ? 'clients.unsupported' : 'clients.unknown', client)
  }

  async function look(app: Known): Promise<ClientApp> {
    const { row, id, path } = app
    const data = (await opened).get()
    const record = data.files[path]
    const ours = entriesOf(record)
    const installed = isInstalled(place, row)
    const runs = isRunning(row, running)
    const proof = proofs.get(data.proof[id], id)
    let entries: ClientApp['entries'] = []
    let problem: ProblemData | null = null
    try {
      const { bytes } = await readConfig(path)
      entries = toEntryStates(readStandings(bytes, row, wantedOf(app), ours), (server) => ours.has(server))
    } catch (error) {
      problem = toProblem(error instanceof Refusal ? refused(path, error) : error)
    }
    const aside = data.setAside.length > 0 && entries.some(({ state }) => state === 'conflict')
    const since = record?.waitingSince ?? null
    const finished = !runs || since === null || (proof.initializeAt ?? '') > since
    return {
      id,
      name: row.name,
      installed,
      version: installed ? await findVersion(place, row) : null,
      running: runs,
      configPath: path,
      state: problem ? 'unreadable' : toAppState(entries, { installed, ours: ours.size }),
      entries,
      toFinish: finished ? null : row.reload,
      problem: problem ?? (aside ? new Problem('clients.ledger-set-aside', data.setAside.at(-1)).data : null),
      canUndo: Object.values(data.files).some(({ client }) => client === id),
      proof,
    }
  }

  async function scan() {
    running = await needs.processes()
    const next = await Promise.all(known.map(look))
    await settle(next)
    if (closed) return shown
    watched.set(next.filter(({ installed, canUndo }) => installed || canUndo).map(({ configPath }) => configPath))
    show(next)
    if (next.some(({ toFinish }) => toFinish !== null)) soon(5000)
    return shown
  }

  function show(next: ClientApp[]) {
    const news = JSON.stringify(next) !== JSON.stringify(shown)
    shown = next
    if (news) changed.emit(shown)
  }

  /** An app that was open while we wrote and has quit since: what it undid on its way out is put back, once. */
  async function settle(next: ClientApp[]) {
    for (const [index, { configPath, running: runs, entries }] of next.entries()) {
      const app = known[index]
      const ledger = await opened
      if (!app || runs || !ledger.get().files[configPath]?.waitingSince) continue
      await ledger.update((data) => {
        const record = data.files[configPath]
        return record ? { ...data, files: { ...data.files, [configPath]: { ...record, waitingSince: null } } } : data
      })
      const lost = entries.filter(({ state }) => state === 'lost').map(({ server }) => server)
      if (lost.length === 0) continue
      try {
        const { planApply, commit } = await changes
        const wanted = wantedOf(app).filter(({ server }) => lost.includes(server))
        await commit(await planApply(app.row, app.path, { wanted, obsolete: [], overwrite: false }), { running: false })
        log.info('client.repaired', { client: app.id, lost })
      } catch (error) {
        log.warn('client.repair-failed', { client: app.id, error })
      }
      next[index] = await look(app)
    }
  }

  const failed = (error: unknown) => log.error('clients.scan-failed', { error })
  function soon(delayMs = 100) {
    if (closed) return
    clearTimeout(pending)
    pending = setTimeout(() => void inLine(scan).catch(failed), delayMs)
    pending.unref()
  }

  async function planFor({ client, servers, overwrite = false }: Selected): Promise<{ app: Known; jobs: Job[] }> {
    const app = find(client)
    const all = needs.servers()
    const chosen = servers ? all.filter(({ id }) => servers.includes(id)) : all
    const ours = entriesOf((await opened).get().files[app.path])
    // Signed out, nobody has servers: that is no reason to take entries away.
    const obsolete =
      servers || all.length === 0 ? [] : [...ours.keys()].filter((id) => !all.some((server) => server.id === id))
    const job = await (await changes).planApply(app.row, app.path, {
      wanted: wantedOf(app, chosen),
      obsolete,
      overwrite,
    })
    return { app, jobs: [job] }
  }

  async function planBack(client: ClientId): Promise<{ app: Known; jobs: Job[] }> {
    const app = find(client)
    const { files } = (await opened).get()
    const paths = Object.keys(files).filter((path) => files[path]?.client === client)
    const { planUndo } = await changes
    return { app, jobs: await Promise.all(paths.map((path) => planUndo(app.row, path))) }
  }

  async function carryOut({ app, jobs }: { app: Known; jobs: Job[] }, token: string | undefined): Promise<ClientApp> {
    if (token !== undefined && token !== tokenOf(jobs)) throw new Problem('clients.changed-meanwhile', app.path)
    running = await needs.processes()
    const { commit } = await changes
    for (const job of jobs) await commit(job, { running: isRunning(app.row, running) })
    await scan()
    return shown.find(({ id }) => id === app.id) ?? look(app)
  }

  const stopServers = needs.serversChanged(() => soon())
  const started = inLine(scan)
  started.catch(failed)

  return {
    /** What the last look at the disk told; waits for the first one. */
    snapshot: async (): Promise<ClientApp[]> => {
      await started
      return shown
    },
    changed: changed.on,
    rescan: () => inLine(scan),
    preview: (selected: Selected): Promise<Preview> =>
      inLine(async () => {
        const { app, jobs } = await planFor(selected)
        return toPreview(app.row, app.path, jobs)
      }),
    apply: ({ token, ...selected }: Selected & { token?: string | undefined }): Promise<ClientApp> =>
      inLine(async () => carryOut(await planFor(selected), token)),
    previewUndo: ({ client }: { client: ClientId }): Promise<Preview> =>
      inLine(async () => {
        const { app, jobs } = await planBack(client)
        return toPreview(app.row, app.path, jobs)
      }),
    undo: ({ client, token }: { client: ClientId; token?: string | undefined }): Promise<ClientApp> =>
      inLine(async () => carryOut(await planBack(client), token)),
    backups: async ({ client }: { client: ClientId }): Promise<Backup[]> =>
      (await backups.list(find(client).id)).map(({ sha256: _, ...backup }) => backup),
    /** A bridge of this client got as far as this. */
    seen: proofs.seen,
    /** Gives every file back, for an uninstaller. Goes on past a file that cannot be given back, and tells. */
    restoreAll: (): Promise<{ client: ClientId; path: string; problem: ProblemData | null }[]> =>
      inLine(async () => {
        const owners = Object.entries((await opened).get().files)
        const { planUndo, commit } = await changes
        const results = []
        for (const [path, { client }] of owners) {
          const problem = await planUndo(find(client).row, path)
            .then((job) => commit(job, { running: false }))
            .then(() => null, toProblem)
          results.push({ client, path, problem })
        }
        await scan()
        return results
      }),
    close: async () => {
      closed = true
      stopServers()
      clearTimeout(pending)
      await line.catch(() => {})
      await proofs.flush()
      await watched.close()
    },
  }
}
