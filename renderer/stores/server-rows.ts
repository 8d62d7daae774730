import type { CatalogServer, CatalogState } from '../../shared/contract/catalog.ts'
import type { HealthLevel, HealthState, ServerHealth } from '../../shared/contract/health.ts'

/** A server as the list shows it: what the catalog says of it and how it is. */
export type ServerRow = { server: CatalogServer; health: ServerHealth | null; level: HealthLevel }
export type ServerGroup = 'all' | 'attention' | 'locked'

// “Team 2” stands before “Team 10”.
const byName = new Intl.Collator(undefined, { numeric: true })

/** Those the person may use first, each half by name. */
export function toServerRows(catalog: CatalogState | null, health: HealthState | null): ServerRow[] {
  const byServer = new Map(health?.servers.map((server) => [server.server, server]))
  const rows = (catalog?.servers ?? []).map((server): ServerRow => {
    const found = byServer.get(server.id) ?? null
    return { server, health: found, level: server.allowed ? (found?.state ?? 'working') : 'blocked' }
  })
  return rows.sort(
    (a, b) => Number(b.server.allowed) - Number(a.server.allowed) || byName.compare(a.server.name, b.server.name),
  )
}

const needsAttention = ({ server, level }: ServerRow) => server.allowed && level !== 'ok' && level !== 'working'

export function filterServers(rows: ServerRow[], { search, group }: { search: string; group: ServerGroup }) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter((row) => {
    if (group === 'attention' && !needsAttention(row)) return false
    if (group === 'locked' && row.server.allowed) return false
    const text = `${row.server.id} ${row.server.name} ${row.server.description ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** How many of the servers the person may use are ready. */
export function countServers(rows: ServerRow[]) {
  const mine = rows.filter(({ server }) => server.allowed)
  return { ready: mine.filter(({ level }) => level === 'ok').length, total: mine.length }
}
