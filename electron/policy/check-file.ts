import { readFile } from 'node:fs/promises'
import { Problem, type ProblemData } from '../../shared/problems.ts'
import { merge, toRefusal } from './merge.ts'
import { parseDocument, type Tables } from './reading.ts'
import { unknownNames } from './values.ts'

export type PolicyCheck = { path: string; set: string[]; problems: ProblemData[] }
/** With what the file says, where it can be read at all. */
type Checked = PolicyCheck & { tables: Tables | null }

/**
 * What a `policy.json` would do, before IT rolls it out: a slip in it closes what it should have opened. Its owner and
 * mode are not asked: here it may lie anywhere.
 */
export async function checkPolicyFile(path: string): Promise<Checked> {
  const tables = await readTables(path)
  if (!('mandatory' in tables)) return { path, set: [], problems: [tables], tables: null }
  // Each table by itself: what is mandatory would hide what is wrong with a suggestion for the same key.
  const rows = [tables.mandatory, tables.recommended].flatMap((table, index) => {
    const one = index === 0 ? { mandatory: table, recommended: {} } : { mandatory: {}, recommended: table }
    const readings = [{ source: path, scope: 'device' as const, tables: one, asText: false }]
    return merge({ readings, person: {}, company: {}, untrusted: new Map() })
  })
  const unknown = [tables.mandatory, tables.recommended].flatMap(unknownNames)
  return {
    path,
    set: [...new Set(rows.flatMap(({ key, source, problem }) => (source && !problem ? [key] : [])))],
    problems: [
      ...rows.flatMap(({ problem }) => problem ?? []),
      ...unknown.map((name) => new Problem('policy.key-unknown', `${name} in ${path}`).data),
    ],
    tables,
  }
}

async function readTables(path: string): Promise<Tables | ProblemData> {
  try {
    return parseDocument(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)))
  } catch (error) {
    return toRefusal(path, error instanceof Error ? error.message : 'it cannot be read')
  }
}
