import type { Check, ClientApp, GivenBack, Host, PolicyVerdict, Preview } from '../../shared/contract/clients.ts'
import { ClientId } from '../../shared/ids.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import { toLines, toTable } from './print.ts'
import { exitCodes, type Result } from './result.ts'
import type { Connection } from './session.ts'

type Api = Pick<Connection, 'api'>
/** All this needs where no app runs and only the files of clients matter. */
type ClientsApi = { api: Pick<Connection['api'], 'clients'> }

export async function list({ api }: Api, { all }: { all: boolean }): Promise<Result> {
  const apps = (await api.clients.rescan()).filter(({ installed }) => all || installed)
  const rows = apps.map((app) => [app.id, app.name, app.state, app.configPath])
  const none = 'No AI client found on this machine. `--all` lists the ones that are known.'
  const notes = apps.flatMap(({ name, policy }) =>
    policy && !['allowed', 'unknown'].includes(policy.verdict) ? [`\n${name}: ${toPolicyLines(policy)}`] : [],
  )
  const host = await api.clients.host()
  const table = rows.length > 0 ? toTable(['app', 'name', 'state', 'file'], rows) : none
  const where = host === 'desktop' ? [] : [`\n${hosts[host]} docs/remote.md says how to reach the servers from here.`]
  return { json: { host, apps }, text: [table, ...notes, ...where].join('\n') }
}

const hosts: Record<Exclude<Host, 'desktop'>, string> = {
  ssh: 'You work on this machine over SSH.',
  wsl: 'This is a Linux inside Windows (WSL).',
  container: 'This is a container.',
  'dev-container': 'This is a dev container.',
  codespace: 'This is a codespace.',
}

export async function preview({ api }: Api, id: string, { overwrite }: { overwrite: boolean }): Promise<Result> {
  return toResult(await api.clients.preview({ client: toClient(id), ...(overwrite ? { overwrite } : {}) }))
}

type Done = { id: string; text: string; app: ClientApp | null; preview: Preview | null; problem: ProblemData | null }

/** Writes exactly what the preview says; a file that changes in between is refused by its token. */
async function applyOne({ api }: Api, client: ClientId, options: { overwrite: boolean }): Promise<Done> {
  const selected = { client, ...(options.overwrite ? { overwrite: true } : {}) }
  const preview = await api.clients.preview(selected)
  if (preview.entries.length === 0) await explainNothing({ api })
  const app = await api.clients.apply({ ...selected, token: preview.token })
  return { id: client, text: describeApply(app, preview), app, preview, problem: app.problem }
}

/** Without servers there is nothing to write; most often somebody has to sign in first. */
async function explainNothing({ api }: Api) {
  const [auth, catalog] = [await api.auth.snapshot(), await api.catalog.snapshot()]
  if (auth.state !== 'signed-in' && auth.state !== 'offline') throw new Problem('auth.signed-out')
  if (catalog.problem) throw new Problem(catalog.problem.code, catalog.problem.detail)
}

function describeApply(app: ClientApp, { entries, policy }: Preview) {
  const count = (results: string[]) => entries.filter(({ result }) => results.includes(result)).length
  const [written, stand] = [count(['add', 'update', 'remove']), count(['unchanged'])]
  const first =
    entries.length === 0
      ? `No server is assigned to you, so nothing was written for ${app.name}. Ask your IT department.`
      : written > 0
        ? `${app.name} is set up (${app.configPath}).`
        : stand > 0
          ? `${app.name} was set up already.`
          : `Nothing was written for ${app.name}.`
  return [first, ...notesOf(entries), ...(policy ? [toPolicyLines(policy)] : [])].join('\n')
}

export async function apply(
  connection: Api,
  id: string | undefined,
  options: { overwrite: boolean; all: boolean },
): Promise<Result> {
  if (!options.all) return toApplied(await applyOne(connection, toClient(id ?? ''), options))
  return forAll(
    connection,
    (app) => app.installed,
    (app) => applyOne(connection, app.id, options),
  )
}

/** Puts back what was lost and brings up to date what is outdated; what a person changed needs `--overwrite`. */
async function repairOne({ api }: Api, app: ClientApp, { overwrite }: { overwrite: boolean }): Promise<Done> {
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
  const after = await api.clients.apply({ ...selected, token: preview.token })
  const text = [`${app.name} is repaired: ${servers.join(', ')} (${app.configPath}).`, ...remain].join('\n')
  return { id: app.id, text, app: after, preview, problem: after.problem }
}

export async function repair(
  connection: Api,
  id: string | undefined,
  options: { overwrite: boolean },
): Promise<Result> {
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
  { api }: Api,
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

export async function undo({ api }: Api, id: string): Promise<Result> {
  const client = toClient(id)
  const { token } = await api.clients.previewUndo({ client })
  const app = await api.clients.undo({ client, token })
  return toAppResult(app, `${app.name} is as it was, without our entries (${app.configPath}).`)
}

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
export async function restore({ api }: Api, id: string, backup: string): Promise<Result> {
  const client = toClient(id)
  const { token, diff } = await api.clients.previewRestore({ client, backup })
  const app = await api.clients.restore({ client, backup, token })
  const done = diff === '' ? 'The file is already the same as this copy' : `The copy ${backup} is back`
  return toAppResult(app, `${done} (${app.configPath}).`)
}

export async function restoreAll({ api }: ClientsApi): Promise<Result> {
  const results = await api.clients.restoreAll()
  const lines = results.map(({ path, left, problem }) => {
    if (problem) return `${path}: ${toLines(problem)}`
    return left.length > 0
      ? `${path}: given back; ${left.join(', ')} changed by hand since, and stays`
      : `${path}: given back`
  })
  return {
    json: { results },
    text: lines.join('\n') || 'There is nothing to give back.',
    code: results.some(({ problem }: GivenBack) => problem) ? exitCodes.problem : exitCodes.done,
  }
}

type Verified = { client: ClientId; checks: Check[]; problem: ProblemData | null }

/** One app, or every one that is set up; an app that cannot be checked at all does not keep the others from it. */
export async function verify({ api }: Api, id: string | undefined): Promise<Result> {
  const results: Verified[] = []
  if (id !== undefined) {
    const client = toClient(id)
    results.push({ client, checks: await api.clients.verify({ client }), problem: null })
  } else
    for (const { id: client } of (await api.clients.rescan()).filter(({ canUndo }) => canUndo))
      results.push(
        await api.clients.verify({ client }).then(
          (checks) => ({ client, checks, problem: null }),
          (error) => ({ client, checks: [], problem: toProblem(error) }),
        ),
      )
  const rows = results.flatMap(({ client, checks, problem }) => [
    ...(problem ? [[client, '', 'failed', reason(problem)]] : []),
    ...checks.map((check) => [
      ...[client, check.server, check.state],
      check.state === 'ok' ? facts(check) : reason(check.problem),
    ]),
  ])
  const failed = results.some(({ checks, problem }) => problem || checks.some(({ state }) => state === 'failed'))
  return {
    json: { results },
    text: rows.length > 0 ? toTable(['app', 'server', 'state', 'facts'], rows) : 'No app is set up yet.',
    code: failed ? exitCodes.broken : exitCodes.done,
  }
}
const facts = ({ tools, milliseconds }: Check & { state: 'ok' }) => `${tools} tools, ${milliseconds} ms`
const reason = ({ title, detail, code }: ProblemData) => `${title}${detail ? `: ${detail}` : ''} [${code}]`

function toResult(preview: Preview): Result {
  const change = preview.diff || `Nothing to change in ${preview.path}.`
  const policy = preview.policy ? [toPolicyLines(preview.policy)] : []
  return { json: preview, text: [change, ...notesOf(preview.entries), ...policy].join('\n') }
}

const notesOf = (entries: { server: string; result: string }[]) =>
  entries.flatMap(({ server, result }) => {
    if (result === 'conflict')
      return [`${server}: the name is taken by an entry that is not ours; it stays as it is. --overwrite replaces it.`]
    return result === 'drift'
      ? [`${server}: somebody edited our entry; it stays as it is. --overwrite replaces it.`]
      : []
  })

/** What a client's own policy does with our entries, and what IT must add, ready to be copied. */
function toPolicyLines({ reason, source, rule }: PolicyVerdict) {
  const add = rule ? [`IT must add to ${rule.where}:`, rule.text] : []
  return [`${reason} (${source})`, ...add].join('\n')
}

/** Something is left to a person: an entry that is not ours, or nothing to write at all. */
function codeOf({ app, preview }: Done) {
  const left = app?.entries.some(({ state }) => state === 'conflict' || state === 'drift')
  const stopped = app?.policy?.verdict === 'blocked' || app?.policy?.verdict === 'managed-only'
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

function toClient(id: string) {
  const client = ClientId.safeParse(id)
  if (!client.success) throw new Problem('clients.unknown', id)
  return client.data
}
