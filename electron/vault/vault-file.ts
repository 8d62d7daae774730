import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findFile, isLeftover, type writeAtomic } from '../lib/atomic-file.ts'
import type { Log } from '../lib/log.ts'
import { type Content, decode, encode } from './envelope.ts'

type Needs = {
  folder: string
  write: typeof writeAtomic
  now: () => Date
  log: Log
  by: () => { createdBy: string; backend: string }
}

export type Loaded =
  | { state: 'none' }
  | { state: 'ok'; content: Content }
  | { state: 'newer' }
  | { state: 'set-aside'; reason: string; as: string }

/** `vault.bin` and its previous generation. Whoever calls `load`, `save` or `setAside` holds the write lock. */
export function createVaultFile({ folder, write, now, log, by }: Needs) {
  const path = join(folder, 'vault.bin')
  const backup = `${path}.bak`

  /** Reads without touching anything; null where there is no file or it does not open with this key. */
  async function peek(key: Buffer): Promise<Content | null> {
    const bytes = await findFile(path)
    const decoded = bytes && decode(bytes, key)
    return decoded?.state === 'ok' ? decoded.content : null
  }

  async function load(key: Buffer): Promise<Loaded> {
    await removeLeftovers(folder)
    const newest = await findFile(path)
    const previous = await findFile(backup)
    if (!newest && !previous) return { state: 'none' }
    const first = newest ? decode(newest, key) : ({ state: 'damaged', reason: 'the file is gone' } as const)
    if (first.state === 'ok') {
      await rm(backup, { force: true })
      return first
    }
    const second = previous && decode(previous, key)
    if (second?.state === 'ok') {
      await setAside([path])
      await rename(backup, path)
      log.warn('vault.previous-generation-used', { reason: first.state === 'newer' ? 'newer' : first.reason })
      return second
    }
    if (first.state === 'newer') return first
    return { state: 'set-aside', reason: first.reason, as: await setAside() }
  }

  async function save(content: Content, key: Buffer) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const before = await findFile(path)
    if (before) await write(backup, before)
    await write(path, encode(content, key, by()))
    if ((await peek(key))?.generation !== content.generation) {
      if (before) await rename(backup, path)
      throw new Error('The vault did not read back as it was written')
    }
    await rm(backup, { force: true })
  }

  /** Nothing is deleted: a key that turns up again opens the old file. */
  async function setAside(paths = [path, backup]): Promise<string> {
    const stamp = now().toISOString().replaceAll(':', '-').slice(0, 19)
    const taken = new Set(await readdir(folder).catch(() => [] as string[]))
    let as = ''
    for (const from of paths) {
      if (!(await exists(from))) continue
      as = nextFree(`vault.lost-${stamp}`, taken)
      await rename(from, join(folder, as))
      log.warn('vault.set-aside', { as })
    }
    return as
  }

  return {
    path,
    exists: async () => (await exists(path)) || (await exists(backup)),
    peek,
    load,
    save,
    setAside: (paths?: string[]) => setAside(paths),
  }
}

/** Also true for what cannot be read: it is there. */
const exists = (path: string) =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )

function nextFree(stem: string, taken: Set<string>) {
  let name = `${stem}.bin`
  for (let count = 2; taken.has(name); count += 1) name = `${stem}-${count}.bin`
  taken.add(name)
  return name
}

/** A kill in the middle of a write leaves the half-written file of that write under a name of its own. */
async function removeLeftovers(folder: string) {
  const names = await readdir(folder).catch(() => [] as string[])
  for (const name of names)
    if (isLeftover(name, ['vault.bin', 'vault.bin.bak'])) await rm(join(folder, name), { force: true })
}
