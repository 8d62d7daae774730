import { randomBytes } from 'node:crypto'
import { chmod, chown, type FileHandle, open, readFile, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** How the bytes get to the disk. A test passes one that runs out of space. */
export type WriteAll = (handle: FileHandle, bytes: Uint8Array) => Promise<void>
type Options = { mode?: number; owner?: { uid: number; gid: number } | null; write?: WriteAll }

/**
 * Replaces a file so that a reader, or a kill at any moment, finds the old bytes or the new ones, never a part. The new
 * bytes are complete and synced before the old ones go, and the folder is synced as well: without that a power cut can
 * undo the rename. Ours, because write-file-atomic takes a short write on a full disk for a whole one.
 */
export async function writeAtomic(path: string, data: string | Uint8Array, options: Options = {}) {
  const { mode = 0o600, owner = null, write = (handle, bytes) => handle.writeFile(bytes) } = options
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, 'wx', mode)
    try {
      await write(handle, typeof data === 'string' ? Buffer.from(data) : data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(temporary, mode) // the umask had its say when it was made
    if (owner && process.getuid?.() === 0) await chown(temporary, owner.uid, owner.gid)
    await renameOver(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => {}) // it may never have come to be
    throw error
  }
  await syncFolder(dirname(path))
}

/** Whether a file is what a killed `writeAtomic` of one of these left behind; nobody reads it, and its maker may remove it. */
export const isLeftover = (file: string, names: string[]) =>
  names.some((name) => file.startsWith(`.${name}.`) && /^[0-9a-f]{12}\.tmp$/.test(file.slice(name.length + 2)))

/** Windows refuses while another process has the file open for a moment, a virus scanner for example. */
async function renameOver(from: string, to: string) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (process.platform !== 'win32' || !['EPERM', 'EACCES', 'EBUSY'].includes(code) || attempt === 5) throw error
      await new Promise((done) => setTimeout(done, attempt * 50))
    }
  }
}

async function syncFolder(folder: string) {
  if (process.platform === 'win32') return // Windows cannot open a folder for syncing
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
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
