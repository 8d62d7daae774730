import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type PolicySources, parseDocument, type Reading, type Tables } from './reading.ts'
import { checkFolder, type Owner, readTrusted } from './trusted-file.ts'

type Needs = { folder: string; owner?: Owner }

/**
 * Linux: `policy.json` and `policy.d/*.json` in one folder of the administrator's. Of two files the one later in the
 * alphabet counts, as everywhere in /etc, and each of them before `policy.json`.
 */
export function createFolderSource({ folder, owner = 0 }: Needs): PolicySources {
  const dropIns = join(folder, 'policy.d')
  const main = join(folder, 'policy.json')

  async function listDropIns(): Promise<string[]> {
    if (!(await checkFolder(dropIns, owner))) return []
    const names = await readdir(dropIns)
    return names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort()
  }
  async function read(): Promise<Reading[]> {
    const names = await refusing(dropIns, listDropIns)
    const paths = Array.isArray(names) ? names.map((name) => join(dropIns, name)) : []
    const refused = Array.isArray(names) ? [] : [names]
    const files = await Promise.all([main, ...paths].map((path) => readFile(path, owner)))
    return [...refused, ...files.filter((reading) => reading !== null).reverse()]
  }
  return { read, findUntrusted: createFindUntrusted(owner), watched: [main, join(dropIns, '*')] }
}

async function readFile(path: string, owner: Owner): Promise<Reading | null> {
  const found = await refusing(path, async () => {
    const bytes = await readTrusted(path, owner)
    return bytes && parseDocument(toText(bytes))
  })
  return found === null || 'refused' in found ? found : toReading(path, found)
}

const toReading = (source: string, tables: Tables): Reading => ({ source, scope: 'device', tables, asText: false })

/** Broken UTF-8 is not read as question marks. */
const toText = (bytes: Buffer) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

/** Whatever goes wrong while a place is read, the place is there: it is refused, never taken for absent. */
export async function refusing<T>(source: string, work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work()
  } catch (error) {
    return { source, scope: 'device', refused: error instanceof Error ? error.message : 'it cannot be read' }
  }
}
type Refused = { source: string; scope: 'device'; refused: string }

export const createFindUntrusted = (owner: Owner) => async (path: string) => {
  const found = await refusing(path, () => readTrusted(path, owner))
  return found && 'refused' in found ? found.refused : null
}
