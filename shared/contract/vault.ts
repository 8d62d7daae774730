import { z } from 'zod'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

/**
 * Where secrets lie and whether they can be read. `opening` has no problem, `locked`, `memory` and `broken` always have
 * one, and `ready` has one while there is news: an old file set aside, a disk that cannot be written.
 */
export const VaultState = z.object({
  /** `opening` until the keychain has answered; `memory` keeps nothing over a restart. */
  state: z.enum(['opening', 'ready', 'locked', 'memory', 'broken']),
  backend: z.enum(['keychain', 'memory']),
  problem: ProblemData.nullable(),
})
export type VaultState = z.infer<typeof VaultState>

export const vault = {
  snapshot: call(z.void(), VaultState),
  changed: event(VaultState),
  /** Asks the keychain once more, after the person has unlocked it. */
  retry: call(z.void(), VaultState),
  /** Sets the unreadable vault aside (kept, dated) and starts an empty one: the person signs in again. */
  startAfresh: call(z.void(), VaultState),
}
