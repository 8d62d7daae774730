import { create } from 'zustand'
import type { Backup, Check, ClientApp, GivenBack, Preview } from '../../shared/contract/clients.ts'
import type { ServerHealth } from '../../shared/contract/health.ts'
import type { ClientId } from '../../shared/ids.ts'
import { type ProblemData, toProblem } from '../../shared/problems.ts'
import { api } from '../api.ts'
import { act, createMirror, openMirror } from './mirror.ts'

export const useClients = createMirror<ClientApp[]>()
export const openClients = () => openMirror(useClients, api.clients)

export const rescan = () => act(useClients, () => api.clients.rescan())

/** How many of the apps on this computer are set up. */
export function countApps(clients: ClientApp[]) {
  const found = clients.filter(({ installed }) => installed)
  return { ready: found.filter(({ state }) => state === 'set-up').length, total: found.length }
}

export type ChangeKind = 'set-up' | 'update' | 'repair' | 'undo' | 'restore'
export type Change = {
  client: ClientId
  kind: ChangeKind
  /** Whether an entry that the person wrote or edited is replaced too. */
  overwrite: boolean
  /** Whether it is made also while the app runs and may undo it. */
  now: boolean
  /** The copy that would come back; of a change of kind `restore` only. */
  backup: string
  preview: Preview | null
  problem: ProblemData | null
} | null

/** The change a person is looking at before it is made. */
export const useChange = create<{ change: Change }>(() => ({ change: null }))

export const showChange = (client: ClientId, kind: Exclude<ChangeKind, 'restore'>, overwrite = false) =>
  show({ client, kind, overwrite, backup: '' })

/** How the file would differ if one of its dated copies came back. */
export const showCopy = (client: ClientId, backup: string) =>
  show({ client, kind: 'restore', overwrite: false, backup })

/** Whether to make the change that is shown at once, although the app runs. */
export const setNow = (now: boolean) =>
  useChange.setState(({ change }) => (change ? { change: { ...change, now } } : {}))

/** Forgets the change that waits for this app to quit. */
export const withdraw = (client: ClientId) => act(useClients, () => api.clients.withdraw({ client }))

export const showAgain = (change: Asked) => show(change)

type Asked = Pick<NonNullable<Change>, 'client' | 'kind' | 'overwrite' | 'backup'>
async function show({ client, kind, overwrite, backup }: Asked) {
  useChange.setState({ change: { client, kind, overwrite, backup, now: false, preview: null, problem: null } })
  try {
    patchChange(client, { preview: await ask({ client, kind, overwrite, backup }) })
  } catch (error) {
    patchChange(client, { problem: toProblem(error) })
  }
}

function ask({ client, kind, overwrite, backup }: Asked) {
  if (kind === 'undo') return api.clients.previewUndo({ client })
  if (kind === 'restore') return api.clients.previewRestore({ client, backup })
  return api.clients.preview({ client, overwrite })
}

export const closeChange = () => useChange.setState({ change: null })

/** Makes the change that was shown and no other: its token goes along. Null where it could not be made. */
export async function makeChange(): Promise<'made' | 'waits' | null> {
  const { change } = useChange.getState()
  if (!change?.preview) return null
  try {
    const app = await send(change, change.preview.token)
    closeChange()
    return app.waiting ? 'waits' : 'made'
  } catch (error) {
    patchChange(change.client, { problem: toProblem(error) })
    return null
  }
}

function send({ client, kind, overwrite, now, backup }: NonNullable<Change>, token: string): Promise<ClientApp> {
  const request = { client, token, ...(now ? { now } : {}) }
  if (kind === 'undo') return api.clients.undo(request)
  if (kind === 'restore') return api.clients.restore({ ...request, backup })
  return api.clients.apply({ ...request, overwrite })
}

// A preview that arrives after the dialog has gone, or has gone on to another app, is nobody's.
function patchChange(client: ClientId, patch: { preview?: Preview; problem?: ProblemData }) {
  useChange.setState(({ change }) => (change?.client === client ? { change: { ...change, ...patch } } : {}))
}

type Backups = { client: ClientId | null; backups: Backup[] | null; problem: ProblemData | null }

/** Dated copies of the config file of the one app that is shown in detail. */
export const useBackups = create<Backups>(() => ({ client: null, backups: null, problem: null }))

export async function openBackups(client: ClientId) {
  useBackups.setState({ client, backups: null, problem: null })
  await readBackups(client)
  return api.clients.changed(() => void readBackups(client))
}

async function readBackups(client: ClientId) {
  const isShown = () => useBackups.getState().client === client
  try {
    const backups = await api.clients.backups({ client })
    if (isShown()) useBackups.setState({ backups, problem: null })
  } catch (error) {
    if (isShown()) useBackups.setState({ problem: toProblem(error) })
  }
}

type Checks = { client: ClientId | null; checks: Check[] | null; problem: ProblemData | null }

/** The end-to-end check of one app: what stands in its file was started, server by server. */
export const useAppChecks = create<Checks>(() => ({ client: null, checks: null, problem: null }))

export async function checkApp(client: ClientId) {
  useAppChecks.setState({ client, checks: null, problem: null })
  try {
    useAppChecks.setState({ client, checks: await api.clients.verify({ client }) })
  } catch (error) {
    useAppChecks.setState({ client, problem: toProblem(error) })
  }
}

/** The tools that our servers bring into an app, as far as the servers have been asked. */
export function countTools({ entries }: ClientApp, servers: ServerHealth[]) {
  const inside = new Set(entries.filter(({ state }) => state === 'written').map(({ server }) => server))
  return servers.reduce((sum, one) => sum + (one.state === 'ok' && inside.has(one.server) ? one.toolCount : 0), 0)
}

type GivenAll = { given: GivenBack[] | null; problem: ProblemData | null }

/** What came of giving every file back. */
export const useGivenBack = create<GivenAll>(() => ({ given: null, problem: null }))

export const forgetGivenBack = () => useGivenBack.setState({ given: null, problem: null })

export async function giveAllBack() {
  forgetGivenBack()
  try {
    useGivenBack.setState({ given: await api.clients.restoreAll() })
  } catch (error) {
    useGivenBack.setState({ problem: toProblem(error) })
  }
}
