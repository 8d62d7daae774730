import type { ClientApp, Preview } from '../../shared/contract/clients.ts'
import { ClientId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import { toLines, toTable } from './print.ts'
import type { Connection, Result } from './session.ts'

export async function list({ api }: Connection, { all }: { all: boolean }): Promise<Result> {
  const apps = (await api.clients.rescan()).filter(({ installed }) => all || installed)
  const rows = apps.map((app) => [app.id, app.name, app.state, app.configPath])
  const none = 'No AI client found on this machine. `--all` lists the ones that are known.'
  return { json: { apps }, text: rows.length > 0 ? toTable(['app', 'name', 'state', 'file'], rows) : none }
}

export async function preview({ api }: Connection, id: string): Promise<Result> {
  return toResult(await api.clients.preview({ client: toClient(id) }))
}

/** Writes exactly what the preview says; a file that changes in between is refused by its token. */
export async function apply({ api }: Connection, id: string): Promise<Result> {
  const client = toClient(id)
  const { token, entries } = await api.clients.preview({ client })
  const app = await api.clients.apply({ client, token })
  const written = entries.filter(({ result }) => result === 'add' || result === 'update').length
  return toAppResult(
    app,
    written > 0 ? `${app.name} is set up (${app.configPath}).` : `${app.name} was set up already.`,
  )
}

export async function undo({ api }: Connection, id: string): Promise<Result> {
  const client = toClient(id)
  const { token } = await api.clients.previewUndo({ client })
  const app = await api.clients.undo({ client, token })
  return toAppResult(app, `${app.name} is as it was, without our entries (${app.configPath}).`)
}

export async function backups({ api }: Connection, id: string): Promise<Result> {
  const kept = await api.clients.backups({ client: toClient(id) })
  const rows = kept.map(({ at, path, bytes }) => [at, `${bytes} bytes`, path])
  return {
    json: { backups: kept },
    text: rows.length > 0 ? toTable(['time', 'size', 'file'], rows) : 'No backups yet.',
  }
}

function toResult(preview: Preview): Result {
  const conflicts = preview.entries.filter(({ result }) => result === 'conflict' || result === 'drift')
  const notes = conflicts.map(({ server, result }) =>
    result === 'conflict'
      ? `${server}: the name is taken by an entry that is not ours; it stays as it is`
      : `${server}: somebody edited our entry; it stays as it is`,
  )
  const change = preview.diff || `Nothing to change in ${preview.path}.`
  return { json: preview, text: [change, ...notes].join('\n') }
}

const toAppResult = (app: ClientApp, done: string): Result => ({
  json: app,
  text: [done, ...(app.toFinish ? [app.toFinish] : []), ...(app.problem ? [toLines(app.problem)] : [])].join('\n'),
})

function toClient(id: string) {
  const client = ClientId.safeParse(id)
  if (!client.success) throw new Problem('clients.unknown', id)
  return client.data
}
