import { createHash } from 'node:crypto'
import { AccountId } from '../../shared/ids.ts'
import { Problem, type ProblemData, toProblem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import type { Clock } from './clock.ts'
import { fromStored, type Session, toStored } from './session.ts'

/** The part of the vault this room uses. `get` throws where it cannot read: a locked vault is not an empty one. */
export type Vault = {
  get: (name: string) => Promise<string | null | undefined>
  set: (name: string, value: string) => Promise<void>
  delete: (name: string) => Promise<void>
  names: (prefix: string) => Promise<string[]>
  /** Takes over what another process wrote: `get` alone answers from memory. */
  reread: () => Promise<void>
  /** One holder at a time over all processes of this person; not to be taken by `get`, `set` or `delete`. */
  lock: <T>(work: () => Promise<T>) => Promise<T>
  kept: () => 'keychain' | 'passphrase' | 'memory'
}

/** Who is signed in at this SSO as this client, as the vault knows it. */
export function createSessionStore({ vault, clock, log }: { vault: Vault; clock: Clock; log: Log }) {
  const nameOf = (account: AccountId) => `account:${account}:sso`

  /** Null when nobody is signed in. A record that cannot be read is a Problem, and stays where it is. */
  async function read(account: AccountId): Promise<Session | null> {
    const text = await vault.get(nameOf(account))
    if (text === null || text === undefined) return null
    try {
      return fromStored(text, clock)
    } catch (cause) {
      throw new Problem('auth.record-unreadable', undefined, { cause })
    }
  }

  /** What stands on the disk now, whoever wrote it. */
  async function reread(account: AccountId): Promise<Session | null> {
    await vault.reread()
    return read(account)
  }

  /** Who is signed in here. A vault or a record that cannot be read is said, with whose it is where that is known. */
  async function find(sso: SsoClient): Promise<Found | null> {
    let account: AccountId | null = null
    try {
      account = await findCurrent(sso)
      const session = account && (await read(account))
      return session ? { session } : null
    } catch (error) {
      log.warn('session.not-read', { account, error })
      return { account, problem: toProblem(error) }
    }
  }

  async function findCurrent(sso: SsoClient): Promise<AccountId | null> {
    const parsed = AccountId.safeParse(await vault.get(currentName(sso)))
    return parsed.success ? parsed.data : null
  }

  const write = (session: Session) => vault.set(nameOf(session.account.id), toStored(session))

  /** A sign-in’s record, and who is now signed in: in this order, so that a kill between leaves the old state. */
  async function writeNew(sso: SsoClient, session: Session) {
    await keepUnreadable(session.account.id)
    await write(session)
    await vault.set(currentName(sso), session.account.id)
  }

  /** An unreadable record is never overwritten: it moves aside, where support can look at it. */
  async function keepUnreadable(account: AccountId) {
    try {
      await read(account)
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'auth.record-unreadable') throw error
      const aside = `${nameOf(account)}:unreadable-${clock.now().toISOString().slice(0, 10)}`
      await vault.set(aside, (await vault.get(nameOf(account))) ?? '')
      log.warn('session.set-aside', { account })
    }
  }

  /** The secrets first: a pointer to nothing means signed out. */
  async function forget(sso: SsoClient, account: AccountId) {
    await vault.delete(nameOf(account))
    await vault.delete(currentName(sso))
  }

  return { reread, find, write, writeNew, forget, lock: vault.lock, kept: vault.kept }
}
export type SessionStore = ReturnType<typeof createSessionStore>

type Found = { session: Session } | { account: AccountId | null; problem: ProblemData }
type SsoClient = { issuer: string; clientId: string }
export const currentName = ({ issuer, clientId }: SsoClient) =>
  `sso:${createHash('sha256').update(`${issuer}|${clientId}`).digest('hex').slice(0, 32)}:current`
