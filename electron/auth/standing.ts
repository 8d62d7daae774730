import type { AccountId } from '../../shared/ids.ts'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import type { Sso } from './issuer.ts'

/** How things stand with the company’s sign-in, beside its tokens. The parts of this room share one. */
export type Standing = {
  /** What the last sign-in, sign-out or look into the vault left to say. */
  note: ProblemData | null
  /** Set while the vault could not say who is signed in. */
  unread: { account: AccountId | null } | null
  /** The SSO that the vault was last asked about. */
  sso: Sso | null
}

export const createStanding = (): Standing => ({ note: new Problem('auth.opening').data, unread: null, sso: null })
