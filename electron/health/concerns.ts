import { brand } from '../../shared/brand.ts'
import type { CatalogState } from '../../shared/contract/catalog.ts'
import type { ClientApp } from '../../shared/contract/clients.ts'
import type { VaultState } from '../../shared/contract/vault.ts'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import type { Concern } from './summary.ts'

type Given = { company: ProblemData | null; vault: VaultState; catalog: CatalogState; clients: ClientApp[] }

/** What may trouble a person beside their servers. A client they never set up is not a trouble. */
export function toConcerns({ company, vault, catalog, clients }: Given): Concern[] {
  const found: { id: string; subject: string; problem: ProblemData | null }[] = [
    { id: 'company', subject: brand.product, problem: company },
    // Without a keychain everything works until the next start; the account screen says so, the tray need not.
    { id: 'vault', subject: 'Keychain', problem: vault.state === 'memory' ? null : vault.problem },
    { id: 'catalog', subject: 'Servers', problem: catalog.problem },
    ...clients.map((client) => ({ id: `client:${client.id}`, subject: client.name, problem: taskOf(client) })),
    // Of an app that was set up only: what IT forbids elsewhere troubles nobody.
    ...clients.map(({ id, name, canUndo, policy }) => ({
      id: `client-policy:${id}`,
      subject: name,
      problem:
        canUndo && (policy?.verdict === 'blocked' || policy?.verdict === 'managed-only')
          ? new Problem('clients.policy-blocks', policy.source).data
          : null,
    })),
  ]
  return found.flatMap(({ problem, ...concern }) => (problem ? [{ ...concern, problem }] : []))
}

/** What an app that was set up wants of the person: first that its file is right, then that it reads it. */
function taskOf({ state, problem, toFinish }: ClientApp): ProblemData | null {
  if (state === 'unreadable') return problem
  if (state === 'needs-repair') return problem ?? new Problem('clients.needs-repair').data
  return toFinish === null ? null : new Problem('clients.not-finished', toFinish).data
}
