import type { CallRow } from '../../shared/contract/activity.ts'
import type { Owner, SetAside } from './activity-files.ts'
import type { PageQuery } from './activity-query.ts'
import type { Gap, NewRow, Page } from './activity-store.ts'

/** What the worker is asked, and what it answers to each. */
export type Asks = {
  append: { ask: { owner: Owner; rows: NewRow[]; gap: Gap | null }; answer: CallRow[] }
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
