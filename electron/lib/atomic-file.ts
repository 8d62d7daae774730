import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

/**
 * Replaces a file so that a reader, or a kill at any moment, finds the old bytes or the new ones, never a part.
 * The folder is synced as well: without that a power cut can undo the rename.
 */
export async function writeAtomic(path: string, data: string | Uint8Array, { mode = 0o600 }: { mode?: number } = {}) {
  await writeFileAtomic(path, typeof data === 'string' ? data : Buffer.from(data), { mode, fsync: true })
  if (process.platform === 'win32') return // Windows cannot open a folder for syncing
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The file's bytes, or null where there is no file. Any other failure is thrown: unreadable is not absent. */
export async function findFile(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
