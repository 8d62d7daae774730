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
  backend: z.enum(['keychain', 'passphrase', 'memory']),
  problem: ProblemData.nullable(),
})
export type VaultState = z.infer<typeof VaultState>

const Passphrase = z.object({ passphrase: z.string().min(1).max(1024) })

export const vault = {
  snapshot: call(z.void(), VaultState),
  changed: event(VaultState),
  /** Asks the keychain once more, after the person has unlocked it. */
  retry: call(z.void(), VaultState),
  /** Sets the unreadable vault aside (kept, dated) and starts an empty one: the person signs in again. */
  startAfresh: call(z.void(), VaultState),
  /** Opens what a passphrase seals, once a start. */
  unlock: call(Passphrase, VaultState),
  /** Seals with a passphrase instead of keeping in memory, where there is no keychain. */
  setPassphrase: call(Passphrase, VaultState),
}
