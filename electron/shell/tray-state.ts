import type { CallRow } from '../../shared/contract/activity.ts'
import type { AppInfo } from '../../shared/contract/app.ts'
import type { AuthState } from '../../shared/contract/auth.ts'
import type { CatalogState } from '../../shared/contract/catalog.ts'
import type { ClientApp } from '../../shared/contract/clients.ts'
import type { CoreApi } from '../../shared/contract/contract.ts'
import type { HealthState } from '../../shared/contract/health.ts'

/** All the tray shows: the same snapshots the window shows, so the two cannot disagree. */
export type TrayState = {
  app: AppInfo
  auth: AuthState
  catalog: CatalogState
  health: HealthState
  clients: ClientApp[]
  /** Newest first. */
  calls: CallRow[]
}
export type TrayApi = Pick<CoreApi, 'app' | 'auth' | 'catalog' | 'health' | 'clients' | 'activity'>

const mostCalls = 5

/** Mirrors the core. Listens before it asks, so that nothing falls between the two. */
export async function mirrorCore(api: TrayApi, changed: (state: TrayState) => void) {
  const news: Partial<TrayState> = {}
  let state: TrayState | null = null
  const set = (part: Partial<TrayState>) => {
    Object.assign(news, part)
    if (!state) return
    state = { ...state, ...part }
    changed(state)
  }
  // A log that cannot be read is the window's to explain; the tray has none to show then.
  const recent = async () => {
    try {
      return (await api.activity.page({ limit: mostCalls, filter: {} })).rows as CallRow[]
    } catch {
      return []
    }
  }

  const stops = [
    api.app.changed((app) => set({ app })),
    api.catalog.changed((catalog) => set({ catalog: catalog as CatalogState })),
    api.health.changed((health) => set({ health: health as HealthState })),
    api.clients.changed((clients) => set({ clients: clients as ClientApp[] })),
    api.activity.added((rows) =>
      set({ calls: [...(rows as CallRow[]).toReversed(), ...(state?.calls ?? [])].slice(0, mostCalls) }),
    ),
    // Another person has another log.
    api.auth.changed((auth) => {
      set({ auth: auth as AuthState })
      void recent().then((calls) => set({ calls }))
    }),
  ]
  const [app, auth, catalog, health, clients, calls] = await Promise.all([
    api.app.snapshot(),
    api.auth.snapshot(),
    api.catalog.snapshot(),
    api.health.snapshot(),
    api.clients.snapshot(),
    recent(),
  ])
  state = { app, auth, catalog, health, clients, calls, ...news } as TrayState
  changed(state)
  return () => {
    for (const stop of stops) stop()
  }
}
