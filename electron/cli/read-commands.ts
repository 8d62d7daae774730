import type { HealthLevel, ServerHealth } from '../../shared/contract/health.ts'
import { ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import { toLines, toTable } from './print.ts'
import { exitCodes, type Result } from './result.ts'
import type { Connection } from './session.ts'

const codeOf: Record<HealthLevel, number> = {
  ok: exitCodes.done,
  working: exitCodes.done,
  'needs-you': exitCodes.needsYou,
  waiting: exitCodes.waiting,
  blocked: exitCodes.done,
  broken: exitCodes.broken,
}

/** A core that was just started has asked nobody yet; a running one knows. */
async function readHealth({ api }: Connection) {
  const state = await api.health.snapshot()
  return state.servers.some(({ state }) => state === 'working') ? api.health.recheckAll() : state
}

export async function status(connection: Connection): Promise<Result> {
  const { api, running } = connection
  const [app, auth, vault, health] = await Promise.all([
    api.app.snapshot(),
    api.auth.snapshot(),
    api.vault.snapshot(),
    readHealth(connection),
  ])
  const person =
    'account' in auth
      ? `${auth.account.name} (${auth.account.groups.join(', ') || 'no groups'})`
      : auth.state === 'signing-in'
        ? 'not yet, the login page is open'
        : 'no'
  const lines = [
    health.sentence,
    `company   ${app.company ? `${app.company.name}, ${app.company.address}` : 'none'}`,
    `signed in ${person}`,
    `app       ${running ? `running, pid ${app.pid}` : 'not running'}, version ${app.version}`,
    ...health.needs.map(({ subject, problem }) => `\n${subject}: ${toLines(problem)}`),
  ]
  return { json: { running, app, auth, vault, health }, text: lines.join('\n'), code: codeOf[health.overall] }
}

export async function servers(connection: Connection): Promise<Result> {
  const [{ servers: listed, problem }, health] = [await connection.api.catalog.snapshot(), await readHealth(connection)]
  const healthOf = new Map(health.servers.map((server) => [server.server, server]))
  const json = listed.map((server) => ({ ...server, health: healthOf.get(server.id) ?? null }))
  const rows = json.map(({ id, name, health }) => [id, name, health?.state ?? '', describe(health)])
  const text = rows.length > 0 ? toTable(['server', 'name', 'state', 'facts'], rows) : 'No servers.'
  return { json: { servers: json, problem }, text: problem ? `${text}\n\n${toLines(problem)}` : text }
}

export async function tools({ api }: Connection, id: string): Promise<Result> {
  const server = ServerId.safeParse(id)
  if (!server.success) throw new Problem('bridge.unknown-server', id)
  const health = await api.health.recheck({ server: server.data })
  const list = await api.health.tools({ server: server.data })
  const text = toTable(
    ['tool', 'kind', 'description'],
    list.map(({ name, kind, description }) => [name, kind, (description ?? '').slice(0, 80)]),
  )
  const answers = !('problem' in health)
  return {
    json: { health, tools: list },
    text: answers ? text : toLines(health.problem),
    code: answers ? exitCodes.done : exitCodes.problem,
  }
}

export async function activity(
  { api }: Connection,
  { limit, search }: { limit: number; search?: string },
): Promise<Result> {
  const page = await api.activity.page({ limit, filter: search ? { search } : {} })
  const rows = page.rows.map((row) => [
    row.time,
    row.clientName ?? row.client ?? '',
    row.server,
    row.target ?? row.method,
    row.code ? `${row.outcome} (${row.code})` : row.outcome,
    `${Math.round(row.durationMs)} ms`,
  ])
  const text =
    rows.length > 0 ? toTable(['time', 'app', 'server', 'tool', 'outcome', 'duration'], rows) : 'No calls yet.'
  return { json: page, text }
}

/** A window that was closed is had again; a browser's needs a new address, because each opens one window only. */
export async function open({ api, running }: Connection): Promise<Result> {
  if (!running) throw new Problem('app.not-running')
  const opened = await api.app.open()
  return { json: opened, text: opened.address ? `The window: ${opened.address}` : 'The window is shown.' }
}

function describe(health: ServerHealth | null) {
  if (health?.state === 'ok')
    return `${health.toolCount} tools, ${Math.round(health.latencyMs)} ms, MCP ${health.protocolVersion}`
  return health && 'problem' in health ? health.problem.title : ''
}
