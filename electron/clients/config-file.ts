import { createHash } from 'node:crypto'
import { lstat, mkdir, readFile, readlink, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Problem } from '../../shared/problems.ts'
import { type WriteAll, writeAtomic } from '../lib/atomic-file.ts'
import { type Refusal, toReason } from './edit/change.ts'

type Code = NodeJS.ErrnoException['code']
const codeOf = (error: unknown): Code => (error as NodeJS.ErrnoException).code

/** A client’s file as it lies on the disk. `target` is where its bytes are, at the end of any symlinks. */
export type ConfigFile = {
  path: string
  target: string
  bytes: Uint8Array | null
  mode: number | null
  owner: Owner | null
}
type Owner = { uid: number; gid: number }

/** Far beyond any config file; a client’s history file can be tens of megabytes. */
const largest = 64 * 1024 * 1024

export const hashOf = (bytes: Uint8Array | null) =>
  bytes === null ? 'none' : createHash('sha256').update(bytes).digest('hex')

/** Reads a config file, or says which one cannot be read and why. Only “there is no such file” counts as no file. */
export async function readConfig(path: string): Promise<ConfigFile> {
  try {
    const target = await followLinks(path)
    const info = await stat(target).catch((error) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    })
    if (info === null) return { path, target, bytes: null, mode: null, owner: null }
    // A pipe or a device would be waited for without end.
    if (!info.isFile()) throw unreadable(path, 'it is not a file')
    if (info.size > largest) throw unreadable(path, 'it is larger than 64 MB')
    const owner = { uid: info.uid, gid: info.gid }
    return { path, target, bytes: await readFile(target), mode: info.mode & 0o7777, owner }
  } catch (error) {
    if (error instanceof Problem) throw error
    const denied = codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM'
    throw unreadable(
      path,
      denied ? 'it may not be read by this account' : `reading it failed (${codeOf(error)})`,
      error,
    )
  }
}

const unreadable = (path: string, reason: string, cause?: unknown) =>
  new Problem('clients.unreadable', `${path}: ${reason}`, { cause })

export const refused = (path: string, refusal: Refusal) =>
  unreadable(path, `${refusal.line === null ? '' : `line ${refusal.line}: `}${toReason(refusal)}`)

/** The end of a chain of symlinks, also when nothing is there yet. */
async function followLinks(path: string, hops = 0): Promise<string> {
  const info = await lstat(path).catch((error) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  if (!info?.isSymbolicLink()) return path
  if (hops > 20) throw Object.assign(new Error('too many symlinks'), { code: 'ELOOP' })
  return followLinks(resolve(dirname(path), await readlink(path)), hops + 1)
}

/**
 * Replaces a config file as a whole: a reader finds the old bytes or the new ones. A symlink stays, its target is
 * written; mode and owner stay. The new bytes are complete and synced before the old ones go, so that a full disk costs
 * nothing. Returns the folders it had to make, outermost first.
 */
export async function writeConfig(file: ConfigFile, bytes: Uint8Array, write?: WriteAll): Promise<string[]> {
  const { path, target, mode, owner } = file
  // A rename would get past a read-only mark that somebody set on purpose.
  if (mode !== null && (mode & 0o200) === 0)
    throw new Problem('clients.not-writable', `${path}: it is marked read-only`)
  const folders: string[] = []
  try {
    folders.push(...(await makeFolders(dirname(target))))
    await writeAtomic(target, bytes, { mode: mode ?? 0o600, owner, write: guarded(file, write) })
    return folders
  } catch (error) {
    await removeFolders(folders)
    throw toWriteProblem(path, error)
  }
}

/**
 * Writing takes a disk some time, and an app may write its file meanwhile. So once the new bytes lie complete beside it,
 * the file is looked at a last time: one that is no longer as it was read stays, and only then is it replaced.
 */
const guarded =
  ({ path, bytes: known }: ConfigFile, write: WriteAll = (handle, bytes) => handle.writeFile(bytes)): WriteAll =>
  async (handle, bytes) => {
    await write(handle, bytes)
    await handle.sync()
    if (hashOf((await readConfig(path)).bytes) !== hashOf(known)) throw new Problem('clients.changed-meanwhile', path)
  }

/** Saves a file of our own, readable by its owner only; complete on the disk before it counts. */
export async function saveOwn(path: string, data: Uint8Array | string) {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeAtomic(path, data)
  } catch (error) {
    throw toWriteProblem(path, error)
  }
}

async function makeFolders(folder: string) {
  const missing: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    const info = await stat(at).catch((error) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    })
    if (info || dirname(at) === at) break
    missing.unshift(at)
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return missing
}

/** Innermost first, and only those that are empty: what somebody put there in the meantime is theirs. */
export async function removeFolders(folders: readonly string[]) {
  for (const folder of [...folders].reverse()) await rmdir(folder).catch(() => {})
}

export async function deleteConfig({ path, target }: ConfigFile) {
  try {
    await unlink(target)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw toWriteProblem(path, error)
  }
}

export function toWriteProblem(path: string, error: unknown) {
  if (error instanceof Problem) return error
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return new Problem('clients.disk-full', path, { cause: error })
  if (code === undefined) return error
  return new Problem('clients.not-writable', `${path} (${code})`, { cause: error })
}
