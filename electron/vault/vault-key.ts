import { randomBytes } from 'node:crypto'
import type { Log } from '../lib/log.ts'
import { inTime, type Keychain, keyBytes } from './keychain.ts'
import type { createVaultFile } from './vault-file.ts'

type Needs = { keychain: Keychain; file: ReturnType<typeof createVaultFile>; patienceMs: number; log: Log }

/** Which key the next write takes. Whoever asks holds the write lock. */
export function createVaultKey({ keychain, file, patienceMs, log }: Needs) {
  /** A fresh key, only where there is neither key nor file, and only once the keychain gives it back. */
  async function make(): Promise<Buffer> {
    const before = await inTime(keychain.get(), patienceMs)
    if (before.state === 'ok') return before.key
    if (before.state === 'unavailable') throw new Error(before.reason)
    if (await file.exists()) throw new Error('Another process wrote a vault whose key this one does not get')
    const fresh = randomBytes(keyBytes)
    await inTime(keychain.put(fresh), patienceMs)
    const after = await inTime(keychain.get(), patienceMs)
    if (after.state !== 'ok' || !after.key.equals(fresh)) throw new Error('The keychain did not keep the key')
    log.info('vault.key-made', { backend: keychain.name })
    return fresh
  }

  /** The key the file wants now: another process may have started afresh with a key of its own. */
  async function current(held: Buffer): Promise<Buffer> {
    if (!(await file.exists()) || (await file.peek(held))) return held
    const answer = await inTime(keychain.get(), patienceMs)
    return answer.state === 'ok' ? answer.key : held
  }
  return { make, current }
}
