import { createHash, randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { brand } from '../../shared/brand.ts'
import { Problem } from '../../shared/problems.ts'
import { writeAtomic } from '../lib/atomic-file.ts'
import { addressFile, keyBytes, keyFile } from './end/find-hub.ts'

/** macOS allows 103 bytes in a socket's path; past that Node 20 cuts it silently. */
const longestPath = 103
const lockMs = 10_000

/** Makes the folder ours alone, or refuses: a link, a foreign owner or an open mode would let others in. */
async function claimFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error // a file in its place is named below
  })
  if (process.platform === 'win32') return // inside the person's profile, closed by its inherited permissions
  const { mode, uid } = await lstat(folder).then((found) => {
    if (found.isDirectory()) return found
    throw new Problem('bridge.folder-unsafe', `${folder} is not a folder of its own but a link or a file`)
  })
  if (uid !== process.getuid?.()) throw new Problem('bridge.folder-unsafe', `${folder} belongs to someone else`)
  if (mode & 0o022) throw new Problem('bridge.folder-unsafe', `others may write to ${folder}`)
  if (mode & 0o055) await chmod(folder, 0o700)
}

/** Where the socket lies: in the run folder, or under a short name where that path would be too long for a socket. */
export async function claimAddress(runFolder: string, runtimeFolder: string | undefined): Promise<string> {
  await claimFolder(runFolder)
  if (process.platform === 'win32') return `\\\\.\\pipe\\${brand.slug}-${randomBytes(16).toString('hex')}`
  const plain = join(runFolder, 'hub.sock')
  if (Buffer.byteLength(plain) <= longestPath) return plain
  const name = `${brand.slug}-${createHash('sha256').update(runFolder).digest('hex').slice(0, 12)}`
  for (const parent of [runtimeFolder, tmpdir(), '/tmp']) {
    if (!parent || !(await isFolder(parent))) continue
    const short = join(parent, name, 'hub.sock')
    if (Buffer.byteLength(short) > longestPath) continue
    await claimFolder(join(parent, name))
    return short
  }
  throw new Problem('bridge.folder-unsafe', `no folder with a path short enough for a socket (${runFolder})`)
}

/** Connects first: who answers is a running app; what refuses is a leftover and goes. Nothing else is ever removed. */
export async function clearStale(address: string): Promise<void> {
  if (process.platform === 'win32') return
  const found = await lstat(address).catch(() => null)
  if (!found) return
  if (!found.isSocket() || found.uid !== process.getuid?.()) {
    throw new Problem('bridge.folder-unsafe', `${address} is not a socket of ours`)
  }
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = connect(address, () => {
      probe.destroy()
      resolve(undefined)
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
  if (code === undefined || code === 'EAGAIN') throw new Problem('app.already-running')
  if (code !== 'ECONNREFUSED' && code !== 'ENOENT') throw new Problem('bridge.folder-unsafe', `${address}: ${code}`)
  await rm(address, { force: true })
}

/** One start at a time: between the look at a leftover and its removal, another start could have taken its place. */
export async function underLock<T>(runFolder: string, work: () => Promise<T>): Promise<T> {
  const path = join(runFolder, 'hub.starting')
  for (;;) {
    const lock = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return null
      throw error
    })
    if (lock) {
      try {
        return await work()
      } finally {
        await lock.close()
        await rm(path, { force: true })
      }
    }
    const since = await stat(path).catch(() => null)
    if (since && Date.now() - since.mtimeMs > lockMs) await rm(path, { force: true })
    else await pause(20)
  }
}

export const createKey = () => randomBytes(keyBytes)

/** The key first, then the address: whoever finds the address finds its key. */
export async function publish(runFolder: string, { address, key }: { address: string; key: Buffer }) {
  await writeAtomic(join(runFolder, keyFile), key)
  await writeAtomic(join(runFolder, addressFile), `${address}\n`)
}

/** Takes the announcement back, unless a later start has already put its own there. */
export async function unpublish(runFolder: string, key: Buffer): Promise<void> {
  const published = await readFile(join(runFolder, keyFile)).catch(() => null)
  if (!published?.equals(key)) return
  await rm(join(runFolder, addressFile), { force: true })
  await rm(join(runFolder, keyFile), { force: true })
}

async function isFolder(path: string) {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
