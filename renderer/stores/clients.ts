import { create } from 'zustand'
import type { Backup, ClientApp, Preview } from '../../shared/contract/clients.ts'
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

export type ChangeKind = 'set-up' | 'update' | 'repair' | 'undo'
type Change = {
  client: ClientId
  kind: ChangeKind
  /** Whether an entry that the person wrote or edited is replaced too. */
  overwrite: boolean
  preview: Preview | null
  problem: ProblemData | null
} | null

/** The change a person is looking at before it is made. */
export const useChange = create<{ change: Change }>(() => ({ change: null }))

export async function showChange(client: ClientId, kind: ChangeKind, overwrite = false) {
  useChange.setState({ change: { client, kind, overwrite, preview: null, problem: null } })
  try {
    const preview = await (kind === 'undo'
      ? api.clients.previewUndo({ client })
      : api.clients.preview({ client, overwrite }))
    patchChange(client, { preview })
  } catch (error) {
    patchChange(client, { problem: toProblem(error) })
  }
}

export const closeChange = () => useChange.setState({ change: null })

/** Makes the change that was shown and no other: its token goes along. Answers whether it was made. */
export async function makeChange() {
  const { change } = useChange.getState()
  if (!change?.preview) return false
  const { client, kind, overwrite, preview } = change
  const request = { client, token: preview.token }
  try {
    await (kind === 'undo' ? api.clients.undo(request) : api.clients.apply({ ...request, overwrite }))
    closeChange()
    return true
  } catch (error) {
    patchChange(client, { problem: toProblem(error) })
    return false
  }
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
