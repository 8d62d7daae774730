import type { Link } from '../link.ts'

export type WakingLink = Link & {
  /** After sleep or a change of network: streams are opened anew, as the old ones may be dead without a sign. */
  wake: () => void
  /** False where the server answered `initialize` and gave no session to go with it. */
  hasSession?: () => boolean
}
