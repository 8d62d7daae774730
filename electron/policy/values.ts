import { keys, type PolicyKey, policyKeys } from './keys.ts'
import type { Table } from './reading.ts'

export type Parsed = { state: 'absent' } | { state: 'ok'; value: unknown } | { state: 'bad'; reason: string }

/** One key of one table. Names are taken in any case, as the registry does, so that a slip is not a limit that is gone. */
export function parseKey(key: PolicyKey, table: Table, asText: boolean): Parsed {
  const found = Object.entries(table).filter(([name]) => name.toLowerCase() === key.toLowerCase())
  if (found.length === 0) return { state: 'absent' }
  if (found.length > 1) return { state: 'bad', reason: 'it stands there twice' }
  const { schema } = keys[key]
  const given = found[0]?.[1]
  for (const spelled of asText ? spellings(given) : [given]) {
    const parsed = schema.safeParse(spelled)
    if (parsed.success) return { state: 'ok', value: parsed.data }
  }
  const [issue] = schema.safeParse(given).error?.issues ?? []
  const where = issue?.path.length ? `${issue.path.join('.')}: ` : ''
  return { state: 'bad', reason: `${where}${issue?.message ?? 'not valid'}` }
}

/** Management tools write numbers for booleans and text for everything; the first spelling that fits is meant. */
function* spellings(value: unknown): Generator<unknown> {
  yield value
  if (value === 0 || value === 1) yield value === 1
  if (typeof value !== 'string') return
  try {
    const inner: unknown = JSON.parse(value.trim().replace(/^(true|false)$/i, (word) => word.toLowerCase()))
    yield inner
    if (inner === 0 || inner === 1) yield inner === 1
  } catch {
    // Then it is text.
  }
}

export const unknownNames = (table: Table): string[] => {
  const known = new Set(policyKeys.map((key) => key.toLowerCase()))
  return Object.keys(table).filter((name) => !known.has(name.toLowerCase()))
}
