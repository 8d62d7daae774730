import { release } from 'node:os'
import type { AppInfo } from '../../shared/contract/app.ts'
import type { AuthState } from '../../shared/contract/auth.ts'
import type { CatalogState } from '../../shared/contract/catalog.ts'
import type { ClientApp } from '../../shared/contract/clients.ts'
import type { HealthState } from '../../shared/contract/health.ts'
import type { PolicyState } from '../../shared/contract/policy.ts'
import type { VaultState } from '../../shared/contract/vault.ts'
import { toLogText } from '../lib/log.ts'

export type Facts = {
  app: AppInfo
  auth: AuthState
  vault: VaultState
  catalog: CatalogState
  health: HealthState
  clients: ClientApp[]
  policy: PolicyState
  /** What client configs start, and which build of it: native where there was a C compiler. */
  bridge: { build: string; command: string }
  /** Proxy, authorities, and the way to each server with the step that fails. */
  network: string[]
  home: string
}

/** Text for a help desk: versions, states, codes and paths. No names of people, no tokens, no file contents. */
export function toDiagnostics({
  app,
  auth,
  vault,
  catalog,
  health,
  clients,
  policy,
  bridge,
  network,
  home,
}: Facts): string {
  const code = (problem: { code: string } | null | undefined) => (problem ? ` [${problem.code}]` : '')
  const lines = [
    `${app.product} ${app.version}, ${app.mode}, ${process.platform} ${release()} ${process.arch}, Node ${process.versions.node}`,
    `company: ${app.company?.address ?? 'none'}${code(app.problem)}`,
    `sign-in: ${auth.state}${'problem' in auth ? code(auth.problem) : ''}${'account' in auth ? `, account ${auth.account.id.slice(0, 8)}, ${auth.account.groups.length} groups` : ''}`,
    `vault: ${vault.state}, ${vault.backend}${code(vault.problem)}`,
    `catalog: ${catalog.servers.length} servers, fetched ${catalog.fetchedAt ?? 'never'}${code(catalog.problem)}`,
    `health: ${health.overall}`,
    ...health.servers.map(
      (server) => `  ${server.server}: ${server.state}${'problem' in server ? code(server.problem) : ''}`,
    ),
    ...toPolicyLines(policy),
    `bridge: ${bridge.build} build, ${bridge.command}`,
    ...network,
    'clients:',
    ...clients
      .filter(({ installed }) => installed)
      .map(
        (client) =>
          `  ${client.id} ${client.version ?? ''}: ${client.state}${code(client.problem)}, ${client.configPath}`,
      ),
    `data: ${app.dataFolder}`,
  ]
  return lines.map((line) => toLogText(line).replaceAll(home, '~')).join('\n')
}

/** Where IT decides, what of it is wrong, and what is locked. No values: an address or a path is IT’s to tell. */
function toPolicyLines({ rows, sources, unknown }: PolicyState) {
  const problems = [...sources, ...rows].flatMap(({ problem }) => (problem ? [problem] : []))
  const said = new Set([...problems, ...unknown].map(({ code, detail }) => `  [${code}] ${detail}`))
  const locked = rows.filter(({ locked }) => locked).map(({ key, origin }) => `${key} (${origin})`)
  return [
    `policy: ${sources.map(({ source }) => source).join(', ') || 'none'}`,
    ...(locked.length > 0 ? [`  decided: ${locked.join(', ')}`] : []),
    ...said,
  ]
}
