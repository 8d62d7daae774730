import type { Owner, SetAside } from './activity-files.ts'
import type { PageQuery } from './activity-query.ts'
import type { Gap, Page } from './activity-store.ts'
import type { NewRow } from './appender.ts'

/** What the worker is asked, and what it answers to each. */
export type Asks = {
  /** Answered by the id of the first; the others follow it. The rows themselves need not come back. */
  append: { ask: { owner: Owner; rows: NewRow[]; gap: Gap | null }; answer: number }
  page: { ask: { owner: Owner; query: PageQuery }; answer: Page }
  owners: { ask: object; answer: Owner[] }
  prune: { ask: { owner: Owner; olderThan: string; from: number }; answer: number | null }
  close: { ask: object; answer: undefined }
}
type Ask = { [C in keyof Asks]: { call: C } & Asks[C]['ask'] }[keyof Asks]

export type WorkerData = { folder: string; maxPages?: number | undefined }
export type ToWorker = { id: number; ask: Ask }
export type FromWorker =
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; message: string }
  | ({ kind: 'set-aside' } & SetAside)
