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
    ...clients
      .filter(({ state }) => state === 'unreadable' || state === 'needs-repair')
      .map(({ id, name, problem }) => ({ id: `client:${id}`, subject: name, problem })),
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
