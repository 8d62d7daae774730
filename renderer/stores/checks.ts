import type { AppInfo } from '../../shared/contract/app.ts'
import type { AuthState } from '../../shared/contract/auth.ts'
import type { CatalogState } from '../../shared/contract/catalog.ts'
import type { ClientApp } from '../../shared/contract/clients.ts'
import type { HealthLevel, HealthState } from '../../shared/contract/health.ts'
import type { VaultState } from '../../shared/contract/vault.ts'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { levelOf } from '../../shared/problem-level.ts'
import type { ProblemData } from '../../shared/problems.ts'
import { t } from '../texts.ts'
import { formatDuration } from '../ui/format.ts'
import { toServerRows } from './server-rows.ts'

export type Check = {
  id: string
  name: string
  /** The server or app it is about. */
  about?: string
  level: HealthLevel
  text: string
  problem: ProblemData | null
  server?: ServerId
  client?: ClientId
  path?: string
}

export type Known = {
  app: AppInfo
  vault: VaultState | null
  auth: AuthState | null
  catalog: CatalogState | null
  health: HealthState | null
  clients: ClientApp[] | null
}

/** The doctor: what everything rests on first, so that the first thing that is not right is the one to look at. */
export const toChecks = (known: Known): Check[] =>
  [
    checkApp(known.app),
    checkVault(known.vault),
    checkCompany(known.app),
    checkAuth(known.auth),
    checkCatalog(known.catalog),
    ...checkServers(known),
    ...checkClients(known.clients),
  ].filter((check) => check !== null)

const checkApp = ({ version }: AppInfo): Check => ({
  id: 'app',
  name: t('help.check.app'),
  level: 'ok',
  text: t('help.check.appOk', { version }),
  problem: null,
})

function checkVault(vault: VaultState | null): Check | null {
  if (!vault) return null
  const base = { id: 'vault', name: t('help.check.vault'), problem: vault.problem }
  if (vault.state === 'ready' && vault.backend === 'passphrase')
    return { ...base, level: 'ok', text: t('help.check.vaultPassphrase') }
  if (vault.state === 'ready') return { ...base, level: 'ok', text: t('help.check.vaultOk') }
  if (vault.state === 'opening') return { ...base, level: 'working', text: t('help.check.vaultOpening') }
  if (vault.state === 'memory') return { ...base, level: 'waiting', text: t('help.check.vaultMemory') }
  return { ...base, level: vault.state === 'locked' ? 'needs-you' : 'broken', text: vault.problem?.title ?? '' }
}

function checkCompany({ company, problem }: AppInfo): Check {
  const base = { id: 'company', name: t('help.check.company'), problem }
  if (problem) return { ...base, level: levelOf(problem), text: problem.title }
  if (!company) return { ...base, level: 'needs-you', text: t('help.check.companyNone') }
  return { ...base, level: 'ok', text: t('help.check.companyOk', { company: company.name }) }
}

function checkAuth(auth: AuthState | null): Check | null {
  if (!auth) return null
  const base = { id: 'auth', name: t('help.check.auth') }
  if (auth.state === 'signed-in')
    return { ...base, level: 'ok', text: t('help.check.authOk', { name: auth.account.name }), problem: null }
  if (auth.state === 'signing-in')
    return { ...base, level: 'working', text: t('help.check.authWaiting'), problem: null }
  const { problem } = auth
  const level = auth.state === 'offline' ? 'waiting' : 'needs-you'
  return { ...base, level, text: problem?.title ?? t('help.check.authOut'), problem }
}

function checkCatalog(catalog: CatalogState | null): Check | null {
  if (!catalog) return null
  const base = { id: 'catalog', name: t('help.check.catalog'), problem: catalog.problem }
  if (catalog.problem) return { ...base, level: levelOf(catalog.problem), text: catalog.problem.title }
  if (catalog.fetchedAt === null) return { ...base, level: 'waiting', text: t('help.check.catalogWaiting') }
  const count = catalog.servers.filter(({ allowed }) => allowed).length
  return { ...base, level: 'ok', text: t('help.check.catalogOk', { count }) }
}

function checkServers({ catalog, health }: Known): Check[] {
  const rows = toServerRows(catalog, health).filter(({ server }) => server.allowed)
  return rows.map(({ server, health: found, level }): Check => {
    const base = {
      id: `server:${server.id}`,
      name: t('help.check.server', { server: server.name }),
      about: server.name,
      level,
      server: server.id,
    }
    if (found?.state === 'ok') {
      const time = formatDuration(found.latencyMs)
      const tools = t('servers.tools', { count: found.toolCount })
      return { ...base, text: t('help.check.serverOk', { time, tools }), problem: null }
    }
    if (!found || found.state === 'working') return { ...base, text: t('help.check.serverWorking'), problem: null }
    return { ...base, text: found.problem.title, problem: found.problem }
  })
}

function checkClients(clients: ClientApp[] | null): Check[] {
  return (clients ?? [])
    .filter(({ installed }) => installed)
    .map(({ id, name, state, problem, configPath }): Check => {
      const base = {
        id: `client:${id}`,
        name: t('help.check.client', { client: name }),
        about: name,
        client: id,
        path: configPath,
        problem,
      }
      if (problem) return { ...base, level: levelOf(problem), text: problem.title }
      if (state === 'set-up') return { ...base, level: 'ok', text: t('help.check.clientOk') }
      if (state === 'partly') return { ...base, level: 'needs-you', text: t('help.check.clientUpdate') }
      if (state === 'needs-repair') return { ...base, level: 'needs-you', text: t('help.check.repairApps') }
      return { ...base, level: 'waiting', text: t('help.check.clientNotSetUp') }
    })
}
