import { constants, type Stats } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Only the administrator may decide over a computer: whoever else can write a file, or swap it, decides otherwise. */
export type Owner = number
const maxBytes = 1024 * 1024

/** Why what a file says must not be believed; in words for IT. */
class Untrusted extends Error {}

/**
 * A file that nobody but its owner (root) can have written, or null where there is none. Throws Untrusted for one that
 * is there and is a link, belongs to somebody else, can be written by others, or lies where others could swap it.
 */
export async function readTrusted(path: string, owner: Owner): Promise<Buffer | null> {
  if (!(await checkFolder(dirname(path), owner))) return null
  const file = await openFile(path)
  if (!file) return null
  try {
    const found = await file.stat()
    if (!found.isFile()) throw new Untrusted('it is not a file')
    checkOwner(found, owner, 'it')
    if (found.nlink > 1) throw new Untrusted('it has a second name (a hard link)')
    if (found.size > maxBytes) throw new Untrusted('it is larger than 1 MB')
    return await file.readFile()
  } finally {
    await file.close()
  }
}

async function openFile(path: string) {
  try {
    // Not through a link, which others may have made, and without waiting for a pipe's other end.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return null
    throw new Untrusted(code === 'ELOOP' ? 'it is a link' : `it cannot be opened (${code})`)
  }
}

/** True where it is there and only its owner can change what lies in it, at every level above as well. */
export async function checkFolder(folder: string, owner: Owner): Promise<boolean> {
  const above = dirname(folder)
  if (above !== folder && !(await checkFolder(above, owner))) return false
  const found = await look(folder)
  if (!found) return false
  if (found.isSymbolicLink()) throw new Untrusted(`${folder} is a link`)
  if (!found.isDirectory()) throw new Untrusted(`${folder} is not a folder`)
  checkOwner(found, owner, folder)
  return true
}

async function look(path: string) {
  try {
    return await lstat(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw new Untrusted(`${path} cannot be looked at (${codeOf(error)})`)
  }
}

const writableByOthers = 0o022
const sticky = 0o1000

function checkOwner(found: Stats, owner: Owner, name: string) {
  if (found.uid !== owner && found.uid !== 0) throw new Untrusted(`${name} belongs to user ${found.uid}, not to root`)
  // In a sticky folder, such as /tmp, others may add files but neither rename nor delete ours.
  const isSafe = found.isDirectory() && (found.mode & sticky) !== 0
  if ((found.mode & writableByOthers) !== 0 && !isSafe)
    throw new Untrusted(`${name} can be written by others than root`)
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown error'
