import type { ActivityFilter } from '../../shared/contract/activity.ts'

export type PageQuery = { before?: number | undefined; limit: number; filter: ActivityFilter }
type Sql = { text: string; values: (string | number)[] }

/** Shorter parts of words have no trigram: they are looked for in each row. */
const trigram = 3
const text = `ifnull(c.target, '') || ' ' || c.server || ' ' || ifnull(c.client, '') || ' ' || ifnull(c.client_name, '') || ' ' || ifnull(c.message, '')`

/** One page, newest first. */
export function pageSql({ before, limit, filter }: PageQuery): Sql {
  const { from, where, values } = conditions(filter)
  const id = from.includes('words') ? 'w.rowid' : 'c.id'
  if (before !== undefined) {
    where.push(`${id} < ?`)
    values.push(before)
  }
  return { text: `SELECT c.* FROM ${from}${and(where)} ORDER BY ${id} DESC LIMIT ?`, values: [...values, limit] }
}

/** How many rows the filter matches: from the tallies where no words are looked for. */
export function totalSql(filter: ActivityFilter): Sql {
  const { from, where, values } = conditions(filter)
  if (from.includes('words') && where.length === 1)
    return { text: `SELECT count(*) AS total FROM words w${and(where)}`, values }
  if (filter.search?.trim()) return { text: `SELECT count(*) AS total FROM ${from}${and(where)}`, values }
  return { text: `SELECT ifnull(sum(calls), 0) AS total FROM tallies c${and(where)}`, values }
}

function conditions({ server, client, outcome, search = '' }: ActivityFilter) {
  const where: string[] = []
  const values: string[] = []
  // NUL would end the text inside SQLite.
  const words = search.replaceAll('\0', ' ').split(/\s+/).filter(Boolean)
  const long = words.filter((word) => [...word].length >= trigram)
  if (long.length > 0) {
    where.push('words MATCH ?')
    values.push(long.map((word) => `"${word.replaceAll('"', '""')}"`).join(' AND '))
  }
  for (const [column, value] of Object.entries({ server, client, outcome })) {
    if (value === undefined) continue
    where.push(`c.${column} = ?`)
    values.push(value)
  }
  for (const word of words.filter((each) => !long.includes(each))) {
    where.push(`${text} LIKE ? ESCAPE '\\'`)
    values.push(`%${word.replace(/[\\%_]/g, '\\$&')}%`)
  }
  return {
    from: long.length > 0 ? 'words w JOIN calls c ON c.id = w.rowid' : 'calls c',
    where,
    values: [...values] as (string | number)[],
  }
}

const and = (where: string[]) => (where.length > 0 ? ` WHERE ${where.join(' AND ')}` : '')
