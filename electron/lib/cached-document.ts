import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { findFile, writeAtomic } from './atomic-file.ts'
import type { Log } from './log.ts'

/** A document of the company as it was last read from the network. */
type Kept<T> = { source: string; fetchedAt: string; document: T }

/**
 * The last good copy of a fetched document, for an offline start. It is a cache: a copy that cannot be read is
 * reported as absent, with a line in the log, because the network has the truth.
 */
export function createCachedDocument<T>({ path, schema, log }: { path: string; schema: z.ZodType<T>; log: Log }) {
  const envelope = z.object({ source: z.string(), fetchedAt: z.iso.datetime(), document: schema })

  async function find(source: string): Promise<Kept<T> | null> {
    try {
      const bytes = await findFile(path)
      if (!bytes) return null
      const kept = envelope.parse(JSON.parse(bytes.toString('utf8'))) as Kept<T>
      return kept.source === source ? kept : null
    } catch (error) {
      log.warn('cache.unreadable', { path, error })
      return null
    }
  }

  /** A full disk costs the next offline start, not this one. */
  async function keep(kept: Kept<T>) {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeAtomic(path, JSON.stringify(kept))
    } catch (error) {
      log.warn('cache.not-written', { path, error })
    }
  }

  return { find, keep }
}
