import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { under } from '../../lib/paths.ts'

export type HubFiles = { address: string; key: Buffer }
export const addressFile = 'hub.address'
export const keyFile = 'hub.key'
export const keyBytes = 32

/** Where a running hub published itself; null where none did. Files that someone else could have written are not believed. */
export function findHub(runFolder: string): HubFiles | null {
  const address = readOwn(under(runFolder, addressFile), 4096)?.toString().trimEnd()
  const key = readOwn(under(runFolder, keyFile), keyBytes + 1)
  return address && key?.length === keyBytes ? { address, key } : null
}

/** The bytes of a file that is ours alone: a regular file, owned by us, closed to others. Null for any other. */
export function readOwn(path: string, limit: number): Buffer | null {
  let file: number
  try {
    // O_NONBLOCK: a planted FIFO must not hold us.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch {
    return null
  }
  try {
    const { mode, uid } = fstatSync(file)
    const isOurs = !process.getuid || (uid === process.getuid() && (mode & 0o077) === 0)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || !isOurs) return null
    const bytes = Buffer.alloc(limit)
    return bytes.subarray(0, readSync(file, bytes, 0, limit, 0))
  } finally {
    closeSync(file)
  }
}
