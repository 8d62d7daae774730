import { mkdir, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Backup } from '../../shared/contract/clients.ts'
import type { ClientId } from '../../shared/ids.ts'
import { findFile } from '../lib/atomic-file.ts'
import { hashOf } from './config-file.ts'

const Label = Backup.extend({ sha256: z.string() })
type Label = z.infer<typeof Label>
type Needs = { folder: string; now: () => Date; save: (path: string, data: Uint8Array | string) => Promise<void> }

const kept = 30

/** Dated copies of the files of clients, as they were before each of our writes; readable by their owner only. */
export function createBackups({ folder, now, save }: Needs) {
  const folderOf = (client: ClientId) => join(folder, client)

  /** The label comes last: a copy without one never counts. */
  async function keep({ client, path, bytes }: { client: ClientId; path: string; bytes: Uint8Array }) {
    await mkdir(folderOf(client), { recursive: true, mode: 0o700 })
    const sha256 = hashOf(bytes)
    const at = now().toISOString()
    const id = `${at.replaceAll(':', '-')}-${sha256.slice(0, 8)}`
    const label: Label = { id, client, path, at, bytes: bytes.length, sha256 }
    await save(join(folderOf(client), `${id}.bak`), bytes)
    await save(join(folderOf(client), `${id}.json`), JSON.stringify(label))
    return id
  }

  /** The newest first. */
  async function list(client: ClientId): Promise<Label[]> {
    const names = await readdir(folderOf(client)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    const labels = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => readLabel(client, name)),
    )
    return labels.filter((label) => label !== null).sort((a, b) => b.id.localeCompare(a.id))
  }

  async function readLabel(client: ClientId, name: string) {
    const text = (await findFile(join(folderOf(client), name)))?.toString('utf8') ?? 'null'
    try {
      return Label.safeParse(JSON.parse(text)).data ?? null
    } catch {
      return null // A label half written by a crash: its copy stays on the disk, it is only not offered.
    }
  }

  /** The bytes of a copy, or null when it is gone or no longer what it was. */
  async function find(client: ClientId, id: string): Promise<Uint8Array | null> {
    const label = await readLabel(client, `${id}.json`)
    const bytes = label && (await findFile(join(folderOf(client), `${id}.bak`)))
    return bytes && label && hashOf(bytes) === label.sha256 ? bytes : null
  }

  /** Drops the oldest beyond the limit, but none that undo still needs. */
  async function prune(client: ClientId, needed: ReadonlySet<string>) {
    const old = (await list(client)).slice(kept).filter(({ id }) => !needed.has(id))
    for (const { id } of old) {
      for (const ending of ['json', 'bak']) await unlink(join(folderOf(client), `${id}.${ending}`)).catch(() => {})
    }
  }

  return { keep, list, find, prune }
}
export type Backups = ReturnType<typeof createBackups>
