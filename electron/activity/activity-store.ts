import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { CallRow } from '../../shared/contract/activity.ts'
import { matchesSql, type PageQuery, pageSql, totalSql } from './activity-query.ts'
import { createAppender, type NewRow } from './appender.ts'
import { migrate } from './migrations/migrate.ts'

export type Page = { rows: CallRow[]; next: number | null; total: number }
/** Calls that are missing: how many and from when to when, as far as known. */
export type Gap = { reason: string; calls: number | null; since: string | null; until: string | null }
type Needs = { path: string; now: () => Date; maxPages?: number | undefined }

/** One account's log in one SQLite database. Everything here blocks: it lives in the worker. */
export function createActivityStore({ path, now, maxPages }: Needs) {
  createPrivate(path)
  const database = new DatabaseSync(path, { timeout: 5_000 })
  try {
    // NORMAL in WAL mode: a kill loses nothing that was committed, a power cut at most the last moments.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON')
    migrate(database)
    if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${maxPages}`)
  } catch (error) {
    database.close()
    throw error
  }
  const add = createAppender(database)
  const remove = database.prepare('DELETE FROM calls WHERE id > ? AND id <= ? AND time < ?')

  function atOnce<T>(work: () => T): T {
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  function noteGap({ reason, calls, since, until }: Gap) {
    const sql = 'INSERT INTO gaps (noticed, reason, calls, since, until) VALUES (?, ?, ?, ?, ?)'
    database.prepare(sql).run(now().toISOString(), reason, calls, since, until)
  }

  return {
    /** All of them or, when one fails, none. */
    append: (rows: NewRow[], gap: Gap | null): CallRow[] =>
      atOnce(() => {
        if (gap) noteGap(gap)
        return add(rows)
      }),
    noteGap,
    page: (query: PageQuery): Page => {
      const matches = matchesSql(query.filter)
      const count = matches ? Number(database.prepare(matches.text).get(...matches.values)?.total) : 0
      const page = pageSql({ ...query, limit: query.limit + 1 }, count)
      const found = database.prepare(page.text).all(...page.values) as Columns[]
      const rows = found.slice(0, query.limit).map(toRow)
      const total = totalSql(query.filter)
      return {
        rows,
        next: found.length > query.limit ? (rows.at(-1)?.id ?? null) : null,
        total: Number(database.prepare(total.text).get(...total.values)?.total),
      }
    },
    /** Removes what is older among the next `size` rows after `from`; tells where to go on, or null when nothing is left to remove. */
    prune: ({ olderThan, from, size }: { olderThan: string; from: number; size: number }): number | null => {
      const sql = 'SELECT max(id) AS last FROM (SELECT id FROM calls WHERE id > ? ORDER BY id LIMIT ?)'
      const last = database.prepare(sql).get(from, size)?.last
      if (typeof last !== 'number') return null
      return atOnce(() => remove.run(from, last, olderThan)).changes === 0 ? null : last
    },
    close: () => database.close(),
  }
}

/** SQLite would make a file others may read; its companions take over the mode of this one. */
function createPrivate(path: string) {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

type Columns = {
  id: number
  time: string
  client: CallRow['client']
  client_name: string | null
  server: CallRow['server']
  method: string
  target: string | null
  outcome: CallRow['outcome']
  code: string | null
  message: string | null
  duration_ms: number
  request_bytes: number
  response_bytes: number
}

const toRow = ({ client_name, duration_ms, request_bytes, response_bytes, ...same }: Columns): CallRow => ({
  ...same,
  clientName: client_name,
  durationMs: duration_ms,
  requestBytes: request_bytes,
  responseBytes: response_bytes,
})
