import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { AccountId } from '../../shared/ids.ts'
import type { PageQuery } from './activity-query.ts'
import { createActivityStore, type Gap } from './activity-store.ts'
import type { NewRow } from './appender.ts'
import { NewerSchema } from './migrations/migrate.ts'

/** Whose log: one database each. `local` holds the calls made while nobody was signed in. */
export type Owner = AccountId | 'local'
export type SetAside = { owner: Owner; as: string; reason: string }

type Needs = { folder: string; now: () => Date; setAside: (news: SetAside) => void; maxPages?: number | undefined }
type Store = ReturnType<typeof createActivityStore>

const filePattern = /^activity-(local|[0-9a-f]{32})\.db$/
const pruneSize = 500

/** The databases of all accounts. One that is damaged, or of a newer version, is kept aside and a new one started. */
export function createActivityFiles({ folder, now, setAside, maxPages }: Needs) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stores = new Map<Owner, Store>()
  const fileOf = (owner: Owner) => join(folder, `activity-${owner}.db`)

  function open(owner: Owner): Store {
    const store = stores.get(owner) ?? createActivityStore({ path: fileOf(owner), now, maxPages })
    stores.set(owner, store)
    return store
  }

  function use<T>(owner: Owner, work: (store: Store) => T): T {
    try {
      return work(open(owner))
    } catch (error) {
      const reason = damageOf(error)
      if (!reason) throw error
      moveAside(owner, reason)
      return work(open(owner))
    }
  }

  function moveAside(owner: Owner, reason: string) {
    stores.get(owner)?.close()
    stores.delete(owner)
    const stem = `activity-${owner}.damaged-${now().toISOString().replaceAll(':', '-').slice(0, 19)}`
    let as = `${stem}.db`
    for (let count = 2; existsSync(join(folder, as)); count += 1) as = `${stem}-${count}.db`
    for (const suffix of ['', '-wal', '-shm'])
      if (existsSync(fileOf(owner) + suffix)) renameSync(fileOf(owner) + suffix, join(folder, as) + suffix)
    open(owner).noteGap({ reason: `${reason}, kept as ${as}`, calls: null, since: null, until: now().toISOString() })
    setAside({ owner, as, reason })
  }

  return {
    append: (owner: Owner, rows: NewRow[], gap: Gap | null) => use(owner, (store) => store.append(rows, gap)),
    page: (owner: Owner, query: PageQuery) => use(owner, (store) => store.page(query)),
    /** Everyone's logs, also of those who are not signed in now: how long they are kept is a promise to each. */
    owners: (): Owner[] =>
      readdirSync(folder).flatMap((name) => (filePattern.test(name) ? [name.slice(9, -3) as Owner] : [])),
    prune: (owner: Owner, olderThan: string, from: number) =>
      use(owner, (store) => store.prune({ olderThan, from, size: pruneSize })),
    close: () => {
      for (const store of stores.values()) store.close()
      stores.clear()
    },
  }
}

const corrupt = 11
const notADatabase = 26

/** Why the file can be of no use to us; null for what may pass: a full disk, a lock, a missing right. */
function damageOf(error: unknown): string | null {
  if (error instanceof NewerSchema) return 'written by a newer version of the app'
  const code = Number((error as { errcode?: number }).errcode) & 0xff
  return code === corrupt || code === notADatabase ? 'damaged' : null
}
