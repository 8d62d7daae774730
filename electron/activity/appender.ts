import type { DatabaseSync } from 'node:sqlite'
import type { CallRow } from '../../shared/contract/activity.ts'

export type NewRow = Omit<CallRow, 'id'>

/** Adds rows, and counts what they have in common: each wording and each tally once a batch, whatever its size. */
export function createAppender(database: DatabaseSync) {
  const insert = database.prepare(`
    INSERT INTO calls (time, client, client_name, server, method, target, outcome, code, message, duration_ms, request_bytes, response_bytes, wording)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const countWording = database.prepare(`
    INSERT INTO wordings (target, server, client, client_name, message, calls) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET calls = calls + excluded.calls RETURNING id`)
  const tally = database.prepare(`
    INSERT INTO tallies (server, client, outcome, calls) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET calls = calls + excluded.calls`)

  function add(row: NewRow, wording: number): CallRow {
    const { time, client, clientName, server, method, target, outcome, code, message } = row
    const { durationMs, requestBytes, responseBytes } = row
    const texts = [time, client, clientName, server, method, target, outcome, code, message]
    const { lastInsertRowid } = insert.run(...texts, durationMs, requestBytes, responseBytes, wording)
    return { id: Number(lastInsertRowid), ...row }
  }

  return (rows: NewRow[]): CallRow[] => {
    const wordings = group(rows, wordsOf)
    const ids = new Map<NewRow, number>()
    for (const { parts, rows: same } of wordings) {
      const id = Number(countWording.get(...parts, same.length)?.id)
      for (const row of same) ids.set(row, id)
    }
    for (const { parts, rows: same } of group(rows, tallyOf)) tally.run(...parts, same.length)
    return rows.map((row) => add(row, ids.get(row) as number))
  }
}

const wordsOf = ({ target, server, client, clientName, message }: NewRow) => [
  target ?? '',
  server,
  client ?? '',
  clientName ?? '',
  message ?? '',
]
const tallyOf = ({ server, client, outcome }: NewRow) => [server, client ?? '', outcome]

/** The rows that have the same parts, together. */
function group(rows: NewRow[], partsOf: (row: NewRow) => string[]) {
  const groups = new Map<string, { parts: string[]; rows: NewRow[] }>()
  for (const row of rows) {
    const parts = partsOf(row)
    const key = JSON.stringify(parts)
    const known = groups.get(key)
    if (known) known.rows.push(row)
    else groups.set(key, { parts, rows: [row] })
  }
  return [...groups.values()]
}
