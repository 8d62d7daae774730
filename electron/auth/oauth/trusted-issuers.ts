import type { CompanyDocument } from '../../../shared/server-config.ts'

export type Company = Pick<CompanyDocument, 'sso' | 'allowedIssuers' | 'clientMetadataUrl'>

/** Whose word counts without asking the person: the company’s own SSO, and the issuers IT named. */
export function createTrustedIssuers(company: () => Company | null) {
  function list(): string[] {
    const document = company()
    return document ? [document.sso.issuer, ...document.allowedIssuers.map(({ issuer }) => issuer)] : []
  }
  return { list, isHost: (host: string) => list().some((issuer) => new URL(issuer).hostname === host) }
}
export type TrustedIssuers = ReturnType<typeof createTrustedIssuers>
