import type { AuthState } from '../../shared/contract/auth.ts'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import type { createTokens } from './tokens.ts'

type Given = {
  signingIn: Extract<AuthState, { state: 'signing-in' }> | null
  tokens: ReturnType<typeof createTokens>
  /** What the last sign-in, sign-out or look into the vault left to say. */
  note: ProblemData | null
  /** A server that wants more than the sign-in gave. */
  stepUp: ProblemData | null
  kept: 'keychain' | 'passphrase' | 'memory'
}

/** The one state that every surface shows. */
export function toState({ signingIn, tokens, note, stepUp, kept }: Given): AuthState {
  if (signingIn) return signingIn
  const session = tokens.session()
  if (!session) return { state: 'signed-out', problem: note }
  const { account } = session
  const trouble = tokens.trouble()
  // Whoever is signed in and changed their mind about signing in again has nothing to be told.
  const said = note?.code === 'auth.cancelled' ? null : note
  if (trouble?.over) return { state: 'needs-sign-in', account, problem: said ?? trouble.problem }
  if (trouble && !tokens.isUsable()) return { state: 'offline', account, problem: trouble.problem }
  const unsaved = tokens.unsaved() ? new Problem('auth.not-stored').data : null
  const notice = session.notice && new Problem(session.notice.code, session.notice.detail).data
  const problem = said ?? trouble?.problem ?? unsaved ?? stepUp ?? notice
  return { state: 'signed-in', account, expiresAt: tokens.expiresAt(), kept, ...(problem ? { problem } : {}) }
}
