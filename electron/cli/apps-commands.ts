import type { ClientApp, GivenBack, Preview } from '../../shared/contract/clients.ts'
import type { ClientId } from '../../shared/ids.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import { describeApply, describeWaiting, hosts, notesOf, toClient, toPolicyLines } from './apps-words.ts'
import { toLines, toTable } from './print.ts'
import { exitCodes, type Result } from './result.ts'
import type { Connection } from './session.ts'

type Api = Pick<Connection, 'api' | 'running'>
/** `now` writes also while the app runs and may undo it. */
type Options = { overwrite: boolean; now: boolean }
/** All this needs where no app runs and only the files of clients matter. */
type ClientsApi = { api: Pick<Connection['api'], 'clients'> }

export async function list({ api }: Api, { all }: { all: boolean }): Promise<Result> {
  const apps = (await api.clients.rescan()).filter(({ installed }) => all || installed)
  const rows = apps.map((app) => [app.id, app.name, app.waiting ? 'waiting' : app.state, app.configPath])
  const none = 'No AI client found on this machine. `--all` lists the ones that are known.'
  const left = apps.flatMap(({ name, toFinish, waiting, problem }) => [
    ...(toFinish ? [`\n${name}: ${toFinish}`] : []),
    ...(waiting?.problem ? [`\n${name}: ${toLines(waiting.problem)}`] : []),
    ...(problem ? [`\n${name}: ${toLines(problem)}`] : []),
  ])
  const policies = apps.flatMap(({ name, policy }) =>
    policy && !['allowed', 'unknown'].includes(policy.verdict) ? [`\n${name}: ${toPolicyLines(policy)}`] : [],
  )
  const host = await api.clients.host()
  const table = rows.length > 0 ? toTable(['app', 'name', 'state', 'file'], rows) : none
  const where = host === 'desktop' ? [] : [`\n${hosts[host]} docs/remote.md says how to reach the servers from here.`]
  return { json: { host, apps }, text: [table, ...left, ...policies, ...where].join('\n') }
}

export async function preview({ api }: Api, id: string, { overwrite }: { overwrite: boolean }): Promise<Result> {
  return toResult(await api.clients.preview({ client: toClient(id), ...(overwrite ? { overwrite } : {}) }))
}

type Done = { id: string; text: string; app: ClientApp | null; preview: Preview | null; problem: ProblemData | null }

/** Writes exactly what the preview says; a file that changes in between is refused by its token. */
async function applyOne({ api, running }: Api, client: ClientId, { overwrite, now }: Options): Promise<Done> {
  const selected = { client, ...(overwrite ? { overwrite } : {}) }
  const preview = await api.clients.preview(selected)
  if (preview.entries.length === 0) await explainNothing({ api })
  const app = await api.clients.apply({ ...selected, token: preview.token, ...(now ? { now } : {}) })
  return { id: client, text: describeApply(app, preview, running), app, preview, problem: app.problem }
}

/** Without servers there is nothing to write; most often somebody has to sign in first. */
async function explainNothing({ api }: Pick<Api, 'api'>) {
  const [auth, catalog] = [await api.auth.snapshot(), await api.catalog.snapshot()]
  if (auth.state !== 'signed-in' && auth.state !== 'offline') throw new Problem('auth.signed-out')
  if (catalog.problem) throw new Problem(catalog.problem.code, catalog.problem.detail)
}

export async function apply(
  connection: Api,
  id: string | undefined,
  options: Options & { all: boolean },
): Promise<Result> {
  if (!options.all) return toApplied(await applyOne(connection, toClient(id ?? ''), options))
  return forAll(
    connection,
    (app) => app.installed,
    (app) => applyOne(connection, app.id, options),
  )
}

/** Puts back what was lost and brings up to date what is outdated; what a person changed needs `--overwrite`. */
async function repairOne({ api, running }: Api, app: ClientApp, { overwrite, now }: Options): Promise<Done> {
  const wanted = new Set(['lost', 'outdated', ...(overwrite ? ['drift', 'conflict'] : [])])
  const servers = app.entries.filter(({ state }) => wanted.has(state)).map(({ server }) => server)
  const left = app.entries.filter(({ state }) => !wanted.has(state) && (state === 'drift' || state === 'conflict'))
  const remain = notesOf(left.map(({ server, state }) => ({ server, result: state as 'drift' | 'conflict' })))
  if (servers.length === 0)
    return {
      id: app.id,
      text: [`Nothing to repair in ${app.name}.`, ...remain].join('\n'),
      app,
      preview: null,
      problem: app.problem,
    }
  const selected = { client: app.id, servers, ...(overwrite ? { overwrite } : {}) }
  const preview = await api.clients.preview(selected)
  const after = await api.clients.apply({ ...selected, token: preview.token, ...(now ? { now } : {}) })
  const done = `${app.name} is repaired: ${servers.join(', ')} (${app.configPath}).`
  const text = [after.waiting ? describeWaiting(after, running) : done, ...remain].join('\n')
  return { id: app.id, text, app: after, preview, problem: after.problem }
}

export async function repair(connection: Api, id: string | undefined, options: Options): Promise<Result> {
  if (id === undefined)
    return forAll(
      connection,
      (app) => app.canUndo,
      (app) => repairOne(connection, app, options),
    )
  const client = toClient(id)
  const app = (await connection.api.clients.rescan()).find((one) => one.id === client)
  if (!app) throw new Problem('clients.unknown', id)
  return toApplied(await repairOne(connection, app, options))
}

async function forAll(
  { api }: Pick<Api, 'api'>,
  isMeant: (app: ClientApp) => boolean,
  run: (app: ClientApp) => Promise<Done>,
): Promise<Result> {
  const results: Done[] = []
  for (const app of (await api.clients.rescan()).filter(isMeant))
    results.push(
      await run(app).catch((error) => {
        const problem = toProblem(error)
        return { id: app.id, text: `${app.name}: ${toLines(problem)}`, app: null, preview: null, problem }
      }),
    )
  const text = results.map((done) => toText(done)).join('\n\n') || 'No app to work on.'
  const code = results.some(({ app, problem }) => app === null && problem)
    ? exitCodes.problem
    : Math.max(exitCodes.done, ...results.map(codeOf))
  return { json: { results: results.map(toJson) }, text, code }
}

/** Gives the file back; where nothing was written yet, what waits for the app to quit is forgotten. */
export async function undo({ api, running }: Api, id: string, { now }: Pick<Options, 'now'>): Promise<Result> {
  const client = toClient(id)
  const before = (await api.clients.rescan()).find((app) => app.id === client)
  const { token } = await api.clients.previewUndo({ client })
  const app = await api.clients.undo({ client, token, ...(now ? { now } : {}) })
  if (app.waiting) return toWaiting(app, running)
  if (before && !before.canUndo)
    return toAppResult(
      app,
      before.waiting
        ? `Nothing was written for ${app.name} yet; the change that waited is forgotten.`
        : `There is nothing of ours in the file of ${app.name} (${app.configPath}).`,
    )
  return toAppResult(app, `${app.name} is as it was, without our entries (${app.configPath}).`)
}

const toWaiting = (app: ClientApp, running: boolean): Result => ({
  ...toAppResult(app, describeWaiting(app, running)),
  code: exitCodes.waiting,
})

export async function backups({ api }: Api, id: string, { show }: { show?: string }): Promise<Result> {
  const client = toClient(id)
  if (show !== undefined) return toResult(await api.clients.previewRestore({ client, backup: show }))
  const kept = await api.clients.backups({ client })
  const rows = kept.map(({ id: copy, at, path, bytes }) => [copy, at, `${bytes} bytes`, path])
  return {
    json: { backups: kept },
    text: rows.length > 0 ? toTable(['copy', 'time', 'size', 'file'], rows) : 'No backups yet.',
  }
}

/** One copy back in place, or, for an uninstaller, every file as it was before this product touched it. */
export async function restore(
  { api, running }: Api,
  id: string,
  backup: string,
  { now }: Pick<Options, 'now'>,
): Promise<Result> {
  const client = toClient(id)
  const { token, diff } = await api.clients.previewRestore({ client, backup })
  const app = await api.clients.restore({ client, backup, token, ...(now ? { now } : {}) })
  if (app.waiting) return toWaiting(app, running)
  const done = diff === '' ? 'The file is already the same as this copy' : `The copy ${backup} is back`
  return toAppResult(app, `${done} (${app.configPath}).`)
}

export async function restoreAll({ api }: ClientsApi): Promise<Result> {
  const results = await api.clients.restoreAll()
  const lines = results.map(({ client, path, left, running, problem }) => {
    if (problem) return `${path}: ${toLines(problem)}`
    const changed = left.length > 0 ? `; ${left.join(', ')} changed by hand since, and stays` : ''
    const writes = running ? `; ${client} runs and may write it once more: quit it, and look at the file` : ''
    return `${path}: given back${changed}${writes}`
  })
  return {
    json: { results },
    text: lines.join('\n') || 'There is nothing to give back.',
    code: results.some(({ problem }: GivenBack) => problem) ? exitCodes.problem : exitCodes.done,
  }
}

function toResult(preview: Preview): Result {
  const change = preview.diff || `Nothing to change in ${preview.path}.`
  const policy = preview.policy ? [toPolicyLines(preview.policy)] : []
  const waits = preview.waits ? ['The app runs and would undo this, so it is made once the app has quit.'] : []
  return { json: preview, text: [change, ...waits, ...notesOf(preview.entries), ...policy].join('\n') }
}

/** Something is left to a person: an entry that is not ours, or nothing to write at all. */
function codeOf({ app, preview }: Done) {
  const left = app?.entries.some(({ state }) => state === 'conflict' || state === 'drift')
  const stopped = app?.policy?.verdict === 'blocked' || app?.policy?.verdict === 'managed-only'
  if (app?.waiting) return exitCodes.waiting
  return left || stopped || preview?.entries.length === 0 ? exitCodes.needsYou : exitCodes.done
}

const toText = ({ text, app }: Done) =>
  [text, ...(app?.toFinish ? [app.toFinish] : []), ...(app?.problem ? [toLines(app.problem)] : [])].join('\n')
const toJson = ({ id, app, preview, problem }: Done) => ({ client: id, entries: preview?.entries ?? [], app, problem })
const toApplied = (done: Done): Result => ({
  json: { ...done.app, results: done.preview?.entries ?? [] },
  text: toText(done),
  code: codeOf(done),
})

const toAppResult = (app: ClientApp, done: string): Result => ({
  json: app,
  text: [done, ...(app.toFinish ? [app.toFinish] : []), ...(app.problem ? [toLines(app.problem)] : [])].join('\n'),
})
