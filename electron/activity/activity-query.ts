import type { ActivityFilter } from '../../shared/contract/activity.ts'

export type PageQuery = { before?: number | undefined; limit: number; filter: ActivityFilter }
type Sql = { text: string; values: (string | number)[] }

const columns = [
  ...['id', 'time', 'client', 'client_name', 'server', 'method', 'target', 'outcome', 'code', 'message'],
  ...['duration_ms', 'request_bytes', 'response_bytes'],
]
  .map((name) => `c.${name}`)
  .join(', ')
/** Shorter parts of words have no trigram: they are looked for in each row. */
const trigram = 3
const text = `ifnull(c.target, '') || ' ' || c.server || ' ' || ifnull(c.client, '') || ' ' || ifnull(c.client_name, '') || ' ' || ifnull(c.message, '')`

/** Rows that hold all the words, by their wordings. */
const matching = 'SELECT rowid FROM words WHERE words MATCH ?'
/** Up to here the rows of a search are fetched and put in order; of more, any stretch of the log holds some. */
const fewRows = 20_000

const countOf = (match: string): Sql => ({
  text: `SELECT ifnull(sum(calls), 0) AS total FROM wordings WHERE id IN (${matching})`,
  values: [match],
})

/** How many rows hold the long words of a search, whatever else is asked; null where there are none. */
export function matchesSql(filter: ActivityFilter): Sql | null {
  const { match } = conditions(filter)
  return match === null ? null : countOf(match)
}

/** One page, newest first. `matches` is what `matchesSql` found. */
export function pageSql({ before, limit, filter }: PageQuery, matches: number): Sql {
  const { where, values } = conditions(filter, matches > fewRows ? '+c.wording' : 'c.wording')
  if (before !== undefined) {
    where.push('c.id < ?')
    values.push(before)
  }
  return { text: `SELECT ${columns} FROM calls c${and(where)} ORDER BY c.id DESC LIMIT ?`, values: [...values, limit] }
}

/** How many rows the filter matches: from the tallies where no words are looked for. */
export function totalSql(filter: ActivityFilter): Sql {
  const { match, where, values } = conditions(filter)
  if (match !== null && where.length === 1) return countOf(match)
  if (filter.search?.trim()) return { text: `SELECT count(*) AS total FROM calls c${and(where)}`, values }
  return { text: `SELECT ifnull(sum(calls), 0) AS total FROM tallies c${and(where)}`, values }
}

function conditions({ server, client, outcome, search = '' }: ActivityFilter, wording = 'c.wording') {
  const where: string[] = []
  const values: (string | number)[] = []
  // NUL would end the text inside SQLite.
  const words = search.replaceAll('\0', ' ').split(/\s+/).filter(Boolean)
  const long = words.filter((word) => [...word].length >= trigram)
  const match = long.length > 0 ? long.map((word) => `"${word.replaceAll('"', '""')}"`).join(' AND ') : null
  if (match !== null) {
    where.push(`${wording} IN (${matching})`)
    values.push(match)
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
  return { match, where, values }
}

const and = (where: string[]) => (where.length > 0 ? ` WHERE ${where.join(' AND ')}` : '')
