import { mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'

type Needs = { path: string; log: Log; waitMs?: number }

/**
 * One holder at a time over all processes of this person: the kernel's own file lock, held through an empty SQLite
 * file, so it ends with its owner however that dies, and nothing has to be judged stale.
 * Callers in this process queue up. A holder must not ask for the same lock again.
 */
export function createFileLock({ path, log, waitMs = 60_000 }: Needs) {
  let last: Promise<unknown> = Promise.resolve()
  return function withLock<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(async () => {
      const release = await acquire({ path, log, waitMs })
      try {
        return await work()
      } finally {
        release()
      }
    })
    last = turn.catch(() => {})
    return turn
  }
}

async function acquire({ path, log, waitMs }: Required<Needs>) {
  const { DatabaseSync } = await import('node:sqlite')
  const deadline = performance.now() + waitMs
  for (;;) {
    const database = await openLock(DatabaseSync, path).catch((error) => {
      // A full or read-only disk must not keep anyone from their tokens in memory, and nobody else can write there either.
      log.warn('lock.unavailable', { path, error })
      return null
    })
    if (!database) return () => {}
    const outcome = begin(database)
    if (outcome === 'held') return () => database.close()
    database.close()
    if (outcome === 'not-a-lock') await rm(path, { force: true })
    else if (performance.now() > deadline) throw new Problem('vault.busy', path)
    await delay(20)
  }
}

async function openLock(Database: typeof DatabaseSync, path: string) {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Only ever created, never opened here: closing a second descriptor would drop a POSIX lock this process holds.
  const created = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return null
    throw error
  })
  await created?.close()
  return new Database(path, { timeout: 0 })
}

const busy = 5
const notADatabase = 26

function begin(database: DatabaseSync): 'held' | 'busy' | 'not-a-lock' {
  try {
    // The journal stays in memory: holding the lock writes nothing to the disk.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return 'held'
  } catch (error) {
    const code = Number((error as { errcode?: number }).errcode) & 0xff
    if (code === notADatabase) return 'not-a-lock'
    if (code === busy) return 'busy'
    database.close()
    throw error
  }
}
