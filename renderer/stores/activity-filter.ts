import type { ActivityFilter, CallRow } from '../../shared/contract/activity.ts'

/** Whether a row that has just been added belongs into a filtered view, as the log's own search would say. */
export function matches(row: CallRow, { server, client, outcome, search }: ActivityFilter) {
  if (server && row.server !== server) return false
  if (client && row.client !== client) return false
  if (outcome && row.outcome !== outcome) return false
  const text = [row.target, row.server, row.client, row.clientName, row.message].join(' ').toLowerCase()
  return words(search).every((word) => text.includes(word))
}

const words = (search = '') => search.toLowerCase().split(/\s+/).filter(Boolean)
