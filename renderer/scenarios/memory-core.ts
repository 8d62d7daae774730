import type { ActivityFilter, CallRow } from '../../shared/contract/activity.ts'
import type { AppInfo, Screen } from '../../shared/contract/app.ts'
import type { AuthState } from '../../shared/contract/auth.ts'
import type { CatalogState } from '../../shared/contract/catalog.ts'
import type { Backup, ClientApp, Preview } from '../../shared/contract/clients.ts'
import type { Connection, ConnectionId } from '../../shared/contract/connections.ts'
import type { CoreApi } from '../../shared/contract/contract.ts'
import type { HealthState, Tool } from '../../shared/contract/health.ts'
import type { ConnectionFacts, NetworkStep } from '../../shared/contract/network.ts'
import type { PolicyState } from '../../shared/contract/policy.ts'
import type { Settings } from '../../shared/contract/settings.ts'
import type { VaultState } from '../../shared/contract/vault.ts'
import { Problem, type ProblemCode } from '../../shared/problems.ts'
import { matches } from '../stores/activity-filter.ts'

/** All a window can be told, as plain data. */
export type World = {
  app: AppInfo
  auth: AuthState
  connections: Connection[]
  /** How every server is reached. */
  reach: { facts: ConnectionFacts | null; steps: NetworkStep[] }
  vault: VaultState
  catalog: CatalogState
  health: HealthState
  clients: ClientApp[]
  settings: Settings
  policy: PolicyState
  tools: Tool[]
  /** Newest first. */
  calls: CallRow[]
  preview: Omit<Preview, 'client'>
  backups: Backup[]
  /** Channels that never answer, and channels that fail. */
  silent: string[]
  failing: Record<string, ProblemCode>
}

function createListeners<T>() {
  const listeners = new Set<(value: T) => void>()
  return {
    emit: (value: T) => {
      for (const listener of listeners) listener(value)
    },
    on: (listener: (value: T) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** The whole contract over a world in memory, for scenarios and tests. `change` tells the window, as the core would. */
export function createMemoryCore(world: World) {
  const changed = createListeners<keyof World>()
  const added = createListeners<CallRow[]>()
  const navigate = createListeners<{ screen: Screen }>()
  const asked: string[] = []

  function change<K extends keyof World>(room: K, value: World[K]) {
    world[room] = value
    changed.emit(room)
  }
  const answer = <T>(channel: string, value: () => T): Promise<T> => {
    asked.push(channel)
    if (world.silent.includes(channel)) return new Promise(() => {})
    const code = world.failing[channel]
    if (code) return Promise.reject(new Problem(code))
    return Promise.resolve().then(value)
  }
  type Mirrored = 'app' | 'auth' | 'connections' | 'vault' | 'catalog' | 'health' | 'clients' | 'settings' | 'policy'
  const mirror = <K extends Mirrored>(room: K) => ({
    snapshot: () => answer(`${room}.snapshot`, () => world[room]),
    changed: (listener: (value: World[K]) => void) => changed.on((which) => which === room && listener(world[room])),
  })
  const findClient = (id: string) => {
    const client = world.clients.find((one) => one.id === id)
    if (!client) throw new Problem('ipc.bad-request', id)
    return client
  }
  function findConnection(id: ConnectionId) {
    const found = world.connections.find((one) => one.id === id)
    if (!found) throw new Problem('auth.unknown-connection', id)
    return found
  }
  function changeConnection(id: ConnectionId, patch: Partial<Connection>) {
    const next = { ...findConnection(id), ...patch }
    change(
      'connections',
      world.connections.map((one) => (one.id === id ? next : one)),
    )
    return next
  }
  function changeClient(id: string, patch: Partial<ClientApp>) {
    change(
      'clients',
      world.clients.map((one) => (one.id === id ? { ...one, ...patch } : one)),
    )
    return findClient(id)
  }

  /** A change that waited is forgotten: the app stands as before it was asked for. */
  function withdrawChange(id: string) {
    const { waiting: _, ...app } = findClient(id)
    const next = { ...app, toFinish: null }
    change(
      'clients',
      world.clients.map((one) => (one.id === id ? next : one)),
    )
    return next
  }

  const core: CoreApi = {
    app: {
      ...mirror('app'),
      setCompany: ({ address }) =>
        answer('app.setCompany', () => {
          change('app', { ...world.app, company: { name: 'Northwind Traders', address, deviceCode: true } })
          return world.app
        }),
      openPath: () => answer('app.openPath', () => undefined),
      diagnostics: () =>
        answer('app.diagnostics', () => `${world.app.product} ${world.app.version}\n${world.health.sentence}\n`),
      navigate: navigate.on,
      open: () => answer('app.open', () => ({ address: null })),
      quit: () => answer('app.quit', () => undefined),
    },
    auth: {
      ...mirror('auth'),
      signIn: () =>
        answer('auth.signIn', () => {
          const startedAt = new Date().toISOString()
          change('auth', {
            state: 'signing-in',
            loginUrl: 'https://login.northwind.example/',
            browserOpened: true,
            startedAt,
            hint: null,
          })
          return world.auth
        }),
      signInWithDevice: () => answer('auth.signInWithDevice', () => world.auth),
      retry: () => answer('auth.retry', () => world.auth),
      cancelSignIn: () => answer('auth.cancelSignIn', signOut),
      signOut: () => answer('auth.signOut', signOut),
      signOutOfBrowser: () => answer('auth.signOutOfBrowser', signOut),
      switchAccount: () => answer('auth.switchAccount', signOut),
    },
    connections: {
      ...mirror('connections'),
      connect: ({ id, issuer }) =>
        answer('connections.connect', () => {
          const asks = findConnection(id).asks
          return changeConnection(
            id,
            asks && asks.issuer !== issuer ? { state: 'asks' } : { state: 'connecting', asks: null },
          )
        }),
      cancel: ({ id }) => answer('connections.cancel', () => changeConnection(id, { state: 'needs-you', asks: null })),
      disconnect: ({ id }) =>
        answer('connections.disconnect', () => changeConnection(id, { state: 'none', since: null })),
      setKey: ({ id }) => answer('connections.setKey', () => changeConnection(id, { state: 'ok', problem: null })),
      renewAll: () => answer('connections.renewAll', () => world.connections),
    },
    vault: {
      ...mirror('vault'),
      retry: () => answer('vault.retry', () => world.vault),
      unlock: () => answer('vault.unlock', () => openVault()),
      setPassphrase: () => answer('vault.setPassphrase', () => openVault()),
      startAfresh: () =>
        answer('vault.startAfresh', () => {
          change('vault', { state: 'ready', backend: 'keychain', problem: null })
          return world.vault
        }),
    },
    network: {
      facts: () => answer('network.facts', () => world.reach.facts),
      check: () => answer('network.check', () => world.reach.steps),
    },
    catalog: { ...mirror('catalog'), refresh: () => answer('catalog.refresh', () => world.catalog) },
    health: {
      ...mirror('health'),
      recheck: ({ server }) =>
        answer('health.recheck', () => {
          const found = world.health.servers.find((one) => one.server === server)
          if (!found) throw new Problem('ipc.bad-request', server)
          return found
        }),
      recheckAll: () => answer('health.recheckAll', () => world.health),
      tools: () => answer('health.tools', () => world.tools),
    },
    clients: {
      ...mirror('clients'),
      host: () => answer('clients.host', () => 'desktop' as const),
      rescan: () => answer('clients.rescan', () => world.clients),
      preview: ({ client }) => answer('clients.preview', () => ({ ...world.preview, client })),
      previewUndo: ({ client }) => answer('clients.previewUndo', () => ({ ...world.preview, client })),
      apply: ({ client }) => answer('clients.apply', () => changeClient(client, { state: 'set-up', canUndo: true })),
      undo: ({ client }) => answer('clients.undo', () => changeClient(client, { state: 'not-set-up', canUndo: false })),
      withdraw: ({ client }) => answer('clients.withdraw', () => withdrawChange(client)),
      backups: () => answer('clients.backups', () => world.backups),
      previewRestore: ({ client }) => answer('clients.previewRestore', () => ({ ...world.preview, client })),
      restore: ({ client }) => answer('clients.restore', () => changeClient(client, { state: 'not-set-up' })),
      restoreAll: () =>
        answer('clients.restoreAll', () =>
          world.clients
            .filter(({ canUndo }) => canUndo)
            .map(({ id, configPath, running }) => {
              withdrawChange(id)
              changeClient(id, { state: 'not-set-up', canUndo: false })
              return { client: id, path: configPath, left: [], running, problem: null }
            }),
        ),
      verify: ({ client }) =>
        answer('clients.verify', () =>
          findClient(client).entries.map(({ server }) => ({
            server,
            state: 'ok' as const,
            tools: 4,
            milliseconds: 120,
          })),
        ),
    },
    activity: {
      page: (input) => answer('activity.page', () => page(world.calls, input)),
      added: added.on,
    },
    policy: mirror('policy'),
    settings: {
      ...mirror('settings'),
      problem: () => answer('settings.problem', () => null),
      update: (given) =>
        answer('settings.update', () => {
          const choices = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
          change('settings', { ...world.settings, ...choices })
          return world.settings
        }),
    },
  }

  function openVault(): VaultState {
    change('vault', { state: 'ready', backend: 'passphrase', problem: null })
    return world.vault
  }
  function signOut(): AuthState {
    change('auth', { state: 'signed-out', problem: null })
    return world.auth
  }

  return {
    core,
    world,
    change,
    /** Which calls were asked, in order. */
    asked,
    addCalls(rows: CallRow[]) {
      world.calls = [...rows].reverse().concat(world.calls)
      added.emit(rows)
    },
    goTo: navigate.emit,
  }
}

type PageInput = { before?: number | undefined; limit: number; filter: ActivityFilter }

function page(calls: CallRow[], { before, limit, filter }: PageInput) {
  const found = calls.filter((row) => matches(row, filter))
  const from = before === undefined ? 0 : found.findIndex(({ id }) => id < before)
  const rows = from < 0 ? [] : found.slice(from, from + limit)
  const last = rows.at(-1)
  const more = last !== undefined && found.at(-1)?.id !== last.id
  return { rows, next: more ? last.id : null, total: found.length }
}
