import { type Node, parseTree } from 'jsonc-parser'
import { z } from 'zod'

export type Table = Record<string, unknown>
export type Tables = { mandatory: Table; recommended: Table }
/** For everybody on the computer, or for one person. */
export type Scope = 'device' | 'user'

/** What one place says, or why it must not be believed. A place that is not there has no reading. */
export type Reading = { source: string; scope: Scope } & (
  | { tables: Tables; asText: boolean; refused?: undefined; problem?: string }
  | { refused: string }
)

export type PolicySources = {
  /** The reading that counts most first. */
  read: () => Promise<Reading[]>
  /** Why others than the administrator could change this file; null where they cannot. */
  findUntrusted: (path: string) => Promise<string | null>
  /** Paths of which a change is told at once, where the system can do that. */
  watched: string[]
}

/** What a place says that this version does not understand as a whole. */
export class Unreadable extends Error {}

const TableOf = z.record(z.string(), z.unknown())
const Document = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  mandatory: TableOf.default({}),
  recommended: TableOf.default({}),
})

/** `policy.json`. Anything unexpected at its top is refused: a key beside `mandatory` would be one that never holds. */
export function parseDocument(text: string): Tables {
  const parsed = Document.safeParse(parseJson(text.replace(/^\ufeff/, '')))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Unreadable(`${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'not valid'}`)
}

function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Unreadable(`not valid JSON (${error instanceof Error ? error.message : ''})`)
  }
  const name = findRepeated(parseTree(text))
  if (name !== null) throw new Unreadable(`“${name}” stands in it twice, and only one can be meant`)
  return value
}

/** A name that one object has twice: a parser keeps the last, whoever reads the file may believe the first. */
function findRepeated(node: Node | undefined): string | null {
  const names = node?.type === 'object' ? (node.children ?? []).map(({ children }) => String(children?.[0]?.value)) : []
  const repeated = names.find((name, at) => names.indexOf(name) < at)
  if (repeated !== undefined) return repeated
  for (const child of node?.children ?? []) {
    const found = findRepeated(child)
    if (found !== null) return found
  }
  return null
}

/** Registry and managed preferences: what is mandatory stands at the top, the rest in a table of its own. */
export function parseFlat(table: Table): Tables {
  const entries = Object.entries(table)
  const isNamed = (wanted: string) => (entry: [string, unknown]) => entry[0].toLowerCase() === wanted
  const version = entries.find(isNamed('schemaversion'))?.[1]
  if (version !== undefined && Number(version) !== 1)
    throw new Unreadable(`written for another version of the app (schemaVersion ${String(version)})`)
  const recommended = TableOf.safeParse(entries.find(isNamed('recommended'))?.[1] ?? {})
  if (!recommended.success) throw new Unreadable('recommended: it is not a table')
  const mandatory = entries.filter((entry) => !isNamed('schemaversion')(entry) && !isNamed('recommended')(entry))
  return { mandatory: Object.fromEntries(mandatory), recommended: recommended.data }
}
