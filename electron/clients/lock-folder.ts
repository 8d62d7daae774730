import { mkdir, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Problem } from '../../shared/problems.ts'

const staleMs = 10_000
const patienceMs = 3_000
type Codes = NodeJS.ErrnoException

/**
 * Holds `<file>.lock` while `work` runs, as the app itself does around its own writes: a folder, because making one
 * either succeeds or says that somebody else has it. One that is ten seconds old was left behind by a crash.
 */
export async function withLockFolder<T>(file: string, work: () => Promise<T>, patience = patienceMs): Promise<T> {
  const lock = `${file}.lock`
  // Before the app's first start there is no folder, so nobody who could hold it.
  const held = await take(lock, Date.now() + patience)
  if (!held) return work()
  try {
    return await work()
  } finally {
    await rmdir(lock).catch(() => {}) // the app may have taken it for stale
  }
}

async function take(lock: string, until: number): Promise<boolean> {
  for (;;) {
    try {
      await mkdir(lock)
      return true
    } catch (error) {
      const { code } = error as Codes
      if (code === 'ENOENT') return false
      if (code !== 'EEXIST') throw new Problem('clients.not-writable', `${dirname(lock)} (${code})`, { cause: error })
      if (await isStale(lock))
        await rmdir(lock).catch(() => {}) // whoever was quicker has it now
      else if (Date.now() > until) throw new Problem('clients.file-in-use', lock, { cause: error })
      else await pause(50)
    }
  }
}

const isStale = (lock: string) =>
  stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > staleMs,
    () => false, // gone by now: the next try takes it
  )
