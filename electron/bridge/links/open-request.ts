import type { Problem } from '../../../shared/problems.ts'
import type { IdText } from '../message.ts'

/** A request the server has still to answer: the client’s, or one of our own made in its name. */
export type OpenRequest = {
  readonly id: IdText
  readonly method: string
  /** Ends what is under way for it. */
  readonly abort: AbortController
  /** Answered, failed or cancelled: nothing more goes to the client for it. */
  readonly isDone: () => boolean
  /** What went wrong with it so far, said if nothing better comes. */
  trouble: Problem | null
  /** How far it got: a cancel must neither overtake it nor be sent for what was never sent. */
  progress: 'waiting' | 'sent' | 'heard-of'
  /** It went out before `initialized` was answered, and what became of it (`overtaking.ts`). */
  early: 'watched' | 'refused' | 'lost' | null
}
