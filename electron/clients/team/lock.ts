import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Problem } from '../../../shared/problems.ts'
import { writeAtomic } from '../../lib/atomic-file.ts'
import type { Field } from '../edit/change.ts'

const lockPath = join('.agents', 'mcp', 'mcp-servers.lock.json')

const Written = z.object({ key: z.string(), value: z.json(), merged: z.boolean().optional() })
const Lock = z.object({
  version: z.literal(1),
  /** Per project file and server: the fields the last run wrote there. */
  files: z.record(z.string(), z.record(z.string(), z.array(Written))),
})
export type Lock = z.infer<typeof Lock>
export type Entries = Record<string, Field[]>

/**
 * What the last run wrote, committed beside the team file: so a server that was taken out of it goes from every project
 * file, and an entry of somebody's own is never mistaken for ours.
 */
export async function readLock(root: string): Promise<{ path: string; text: string | null; lock: Lock }> {
  const path = join(root, lockPath)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new Problem('team.unreadable', `${path} (${error.code})`, { cause: error })
  })
  if (text === null) return { path, text, lock: { version: 1, files: {} } }
  const parsed = Lock.safeParse(parseJson(text))
  if (!parsed.success)
    throw new Problem('team.unreadable', `${path}: take the version of it from the repository, or delete it`)
  // git may have given it the line ends of Windows
  return { path, text: text.replaceAll('\r\n', '\n'), lock: parsed.data }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Sorted, so that the same servers give the same bytes on every machine. */
export function lockText(files: Record<string, Entries>) {
  const sorted = <T>(values: Record<string, T>) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
  const used = sorted(files).filter(([, entries]) => Object.keys(entries).length > 0)
  const lock = {
    version: 1,
    files: Object.fromEntries(used.map(([path, entries]) => [path, Object.fromEntries(sorted(entries))])),
  }
  return used.length === 0 ? null : `${JSON.stringify(lock, null, 2)}\n`
}

export async function writeLock(path: string, text: string | null) {
  if (text !== null) return writeAtomic(path, text, { mode: 0o644 })
  await unlink(path)
}

export const entriesIn = (lock: Lock, path: string): Entries =>
  Object.fromEntries(
    Object.entries(lock.files[path] ?? {}).map(([name, fields]) => [
      name,
      fields.map(({ key, value, merged }) => ({ key, value: value as Field['value'], ...(merged ? { merged } : {}) })),
    ]),
  )
