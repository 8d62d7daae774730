import type { AuthState } from '../../shared/contract/auth.ts'
import type { CatalogState } from '../../shared/contract/catalog.ts'
import type { HealthLevel } from '../../shared/contract/health.ts'
import type { VaultState } from '../../shared/contract/vault.ts'
import type { ProblemData } from '../../shared/problems.ts'

export type BannerKind =
  | 'locked'
  | 'passphrase'
  | 'vault-broken'
  | 'vault-news'
  | 'memory'
  | 'signed-out'
  | 'signing-in'
  | 'needs-sign-in'
  | 'offline'
  | 'stale'
export type Banner = { kind: BannerKind; level: HealthLevel; problem: ProblemData | null; date?: string }

type Known = { auth: AuthState | null; vault: VaultState | null; catalog: CatalogState | null; hasCompany: boolean }

/** What stands above every screen, worst first. One cause is said once: a locked keychain explains the missing sign-in. */
export function toBanners({ auth, vault, catalog, hasCompany }: Known): Banner[] {
  const banners = [vaultBanner(vault)]
  const locked = vault?.state === 'locked' || vault?.state === 'broken'
  if (!locked && hasCompany) banners.push(authBanner(auth))
  if (catalog?.stale && auth?.state === 'signed-in')
    banners.push({
      kind: 'stale',
      level: 'waiting',
      problem: catalog.problem,
      ...(catalog.fetchedAt ? { date: catalog.fetchedAt } : {}),
    })
  return banners.filter((banner) => banner !== null)
}

function vaultBanner(vault: VaultState | null): Banner | null {
  if (vault?.problem?.code === 'vault.passphrase-needed')
    return { kind: 'passphrase', level: 'needs-you', problem: null }
  if (vault?.state === 'locked') return { kind: 'locked', level: 'needs-you', problem: vault.problem }
  if (vault?.state === 'broken') return { kind: 'vault-broken', level: 'broken', problem: vault.problem }
  if (vault?.state === 'memory') return { kind: 'memory', level: 'waiting', problem: vault.problem }
  // It works, and there is something to know: an old file set aside, a disk that cannot be written.
  if (vault?.problem) return { kind: 'vault-news', level: 'waiting', problem: vault.problem }
  return null
}

function authBanner(auth: AuthState | null): Banner | null {
  if (auth?.state === 'signing-in') return { kind: 'signing-in', level: 'working', problem: null }
  if (auth?.state === 'signed-out') return { kind: 'signed-out', level: 'needs-you', problem: auth.problem }
  if (auth?.state === 'needs-sign-in') return { kind: 'needs-sign-in', level: 'needs-you', problem: auth.problem }
  if (auth?.state === 'offline') return { kind: 'offline', level: 'waiting', problem: auth.problem }
  return null
}
