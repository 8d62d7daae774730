import { join } from 'node:path'
import type { VaultState } from '../../shared/contract/vault.ts'
import { Problem, type ProblemCode } from '../../shared/problems.ts'
import { writeAtomic } from '../lib/atomic-file.ts'
import type { Log } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import type { Content } from './envelope.ts'
import { createFileLock } from './file-lock.ts'
import { inTime, type Keychain, type KeychainAnswer, KeychainSilent, watched } from './keychain.ts'
import { createPassphraseKeychain } from './passphrase-keychain.ts'
import { createVaultFile } from './vault-file.ts'
import { createVaultKey } from './vault-key.ts'

type Needs = {
  folder: string
  keychain: Keychain
  log: Log
  now: () => Date
  /** Stands in the file's header, such as `causeway 0.1.0`. */
  createdBy: string
  /** Policy: refuse to keep secrets in memory where there is no keychain. */
  requireKeychain?: () => boolean
  /** How long a silent keychain is waited for before the person is told; its answer still counts later. */
  patienceMs?: number
  /** Pause between attempts to write to a full disk. */
  retryWriteMs?: number
  write?: typeof writeAtomic
}

const empty: Content = { generation: 0, secrets: new Map() }
const kept = 'The saved sign-ins are kept. Unlock the keychain and try again, or start afresh and sign in anew.'

/**
 * Knows the person's secrets, sealed in a file whose key lies in the keychain. It refuses plain text: without a
 * keychain it keeps them in memory and says so; a file it cannot read is kept, never taken for an empty one.
 * Nothing touches the keychain before the first question.
 */
export function createVault(needs: Needs) {
  const { folder, log, now, createdBy, requireKeychain = () => false, patienceMs = 60_000 } = needs
  const { retryWriteMs = 5_000, write = writeAtomic } = needs
  const passphrase = createPassphraseKeychain({ folder, write })
  /** Set as long as a passphrase, and not the keychain, holds the key. */
  let byPassphrase = false
  const keychain = watched({
    ...needs.keychain,
    async get() {
      byPassphrase = await passphrase.isSetUp()
      return byPassphrase ? passphrase.get() : needs.keychain.get()
    },
    put: (fresh) =>
      byPassphrase ? Promise.reject(new Error('A passphrase holds the key')) : needs.keychain.put(fresh),
  })
  const by = () => ({ createdBy, backend: byPassphrase ? 'passphrase' : keychain.name })
  const file = createVaultFile({ folder, write, now, log, by })
  const keys = createVaultKey({ keychain, file, patienceMs, log })
  const lock = createFileLock({ path: join(folder, 'vault.lock'), log })
  const lockWrites = createFileLock({ path: join(folder, 'vault.write.lock'), log })
  const changed = createSignal<VaultState>()

  let current: VaultState = { state: 'opening', backend: 'keychain', problem: null }
  let key: Buffer | null = null
  let stored = empty
  /** Not yet on disk; null is a deletion. In memory mode nothing ever leaves it. */
  const pending = new Map<string, string | null>()
  let closed = false
  let retryTimer: NodeJS.Timeout | undefined

  function become(state: VaultState['state'], code?: ProblemCode, detail?: string) {
    const before = current
    const problem = code ? new Problem(code, detail).data : null
    current = { state, backend: state === 'memory' ? 'memory' : byPassphrase ? 'passphrase' : 'keychain', problem }
    if (before.state === state && before.problem?.code === code) return
    log[state === 'ready' && !code ? 'info' : 'warn']('vault.state-changed', { state, code, detail })
    changed.emit(current)
  }

  /** One question at a time: a second prompt over the first helps nobody. */
  let asking: Promise<void> | null = null
  function ask() {
    asking ??= keychain
      .get()
      .then((answer) => lockWrites(() => settle(answer)))
      .catch((error) => {
        log.error('vault.open-failed', { error })
        if (error instanceof Problem) become('broken', error.code, error.detail)
        else become('broken', 'vault.unreadable', file.path)
      })
      .finally(() => {
        asking = null
      })
    return asking
  }

  async function settle(answer: KeychainAnswer) {
    if (closed) return
    if (answer.state === 'unavailable') return withoutKeychain('vault.no-keychain', answer.reason)
    if (byPassphrase && requireKeychain()) return withoutKeychain('vault.no-keychain', 'a passphrase is not enough')
    if (answer.state === 'ok') await load(answer.key)
    else if (byPassphrase) become('locked', 'vault.passphrase-needed')
    else if (await file.exists()) {
      // keytar says null for a locked keyring as well: only where there is no file does it mean that there is no key.
      become('locked', 'vault.locked', `${answer.reason} ${kept}`)
    } else become('ready')
    await writePending()
  }

  async function load(found: Buffer) {
    const loaded = await file.load(found)
    if (loaded.state === 'newer') return become('broken', 'vault.newer', file.path)
    key = found
    stored = loaded.state === 'ok' ? loaded.content : empty
    if (loaded.state === 'set-aside') become('ready', 'vault.set-aside', `${loaded.reason}; it is kept as ${loaded.as}`)
    else become('ready')
  }

  function withoutKeychain(code: ProblemCode, reason: string) {
    if (!requireKeychain()) return become('memory', code, reason)
    pending.clear()
    become('broken', 'vault.keychain-required', reason)
  }

  const begin = () =>
    inTime(ask(), patienceMs).catch((error) => {
      if (!(error instanceof KeychainSilent)) throw error
      if (current.state === 'opening') become('locked', 'vault.keychain-silent', kept)
    })

  let opening: Promise<void> | null = null
  function open() {
    opening ??= begin()
    return opening
  }

  async function usable() {
    if (closed) throw new Error('The vault is closed')
    if (current.state === 'opening') await open()
    if (current.state !== 'ready' && current.state !== 'memory') throw toError(current)
  }

  /** Puts what is pending on disk, over whatever another process wrote since. The caller holds the write lock. */
  async function writePending() {
    if (pending.size === 0 || current.state !== 'ready') return
    try {
      key = key ? await keys.current(key) : await keys.make()
    } catch (error) {
      log.warn('vault.key-refused', { error })
      return withoutKeychain('vault.keychain-refused', error instanceof Error ? error.message : '')
    }
    await save(key).catch(notSaved)
  }

  async function save(sealing: Buffer) {
    const loaded = await file.load(sealing)
    if (loaded.state === 'newer') return become('broken', 'vault.newer', file.path)
    const changes = [...pending]
    const secrets = new Map(loaded.state === 'ok' ? loaded.content.secrets : stored.secrets)
    for (const [name, value] of changes) value === null ? secrets.delete(name) : secrets.set(name, value)
    const generation = Math.max(stored.generation, loaded.state === 'ok' ? loaded.content.generation : 0) + 1
    await file.save({ generation, secrets }, sealing)
    stored = { generation, secrets }
    for (const [name, value] of changes) if (pending.get(name) === value) pending.delete(name)
    become('ready')
  }

  function notSaved(error: unknown) {
    log.warn('vault.write-failed', { error })
    become('ready', 'vault.not-saved', error instanceof Error ? error.message : undefined)
    clearTimeout(retryTimer)
    if (!closed) retryTimer = setTimeout(() => void flush(), retryWriteMs).unref()
  }

  /** Calls made while a write runs share the next one. */
  let queued: Promise<void> | null = null
  function flush() {
    queued ??= lockWrites(() => {
      queued = null
      return writePending()
    }).catch((error) => {
      queued = null
      notSaved(error)
    })
    return queued
  }

  async function change(changes: [string, string | null][]) {
    await usable()
    for (const [name, value] of changes) pending.set(name, value)
    if (current.state === 'ready') await flush()
    if (current.state === 'broken') throw toError(current)
  }

  const find = (name: string) => (pending.has(name) ? pending.get(name) : stored.secrets.get(name)) ?? null

  async function names(prefix = ''): Promise<string[]> {
    await usable()
    const all = new Set([...stored.secrets.keys(), ...pending.keys()])
    return [...all].filter((name) => name.startsWith(prefix) && find(name) !== null).sort()
  }

  async function reread() {
    await usable()
    const found = key && (await file.peek(key).catch((error) => void log.warn('vault.reread-failed', { error })))
    if (found) stored = found
  }

  async function retry(): Promise<VaultState> {
    if (current.state === 'ready') {
      await flush()
      return current
    }
    if (current.state !== 'memory') become('opening')
    opening = begin()
    await opening
    return current
  }

  /** Opens what a passphrase seals. A wrong one changes nothing and may be tried again. */
  async function unlock(given: string): Promise<VaultState> {
    if (!(await passphrase.isSetUp())) throw new Problem('vault.no-passphrase')
    await passphrase.unlock(given)
    return retry()
  }

  /** Keeps secrets over a restart on a machine without a keychain, at the person’s own wish. */
  async function setPassphrase(chosen: string): Promise<VaultState> {
    await open()
    if (requireKeychain()) throw new Problem('vault.keychain-required')
    if (current.state !== 'memory') throw new Problem('vault.passphrase-not-needed')
    await passphrase.setUp(chosen)
    log.info('vault.passphrase-chosen')
    return retry()
  }

  async function startAfresh(): Promise<VaultState> {
    if (current.state !== 'locked' && current.state !== 'broken') return current
    // A file that would open if only there were a keychain is not the one in the way.
    if (current.problem?.code === 'vault.keychain-required') return current
    await lockWrites(async () => {
      await file.setAside()
      // A forgotten passphrase keeps nothing from being chosen anew.
      if (byPassphrase) await file.setAside([passphrase.path])
      stored = empty
    })
    log.info('vault.started-afresh')
    return retry()
  }

  async function close() {
    if (closed) return
    if (current.state === 'ready' && pending.size > 0) await flush()
    closed = true
    clearTimeout(retryTimer)
    key?.fill(0)
    key = null
  }

  return {
    /** Asking for the first time opens the vault, in the background. */
    snapshot: (): VaultState => {
      if (current.state === 'opening' && !closed) void open()
      return current
    },
    changed: changed.on,
    retry,
    startAfresh,
    unlock: ({ passphrase: given }: { passphrase: string }) => unlock(given),
    setPassphrase: ({ passphrase: chosen }: { passphrase: string }) => setPassphrase(chosen),
    get: async (name: string): Promise<string | null> => {
      await usable()
      return find(name)
    },
    /** Resolves once it is on disk, or kept in memory and said so (`kept`). */
    set: (name: string, value: string) => change([[name, value]]),
    delete: (name: string) => change([[name, null]]),
    deletePrefix: async (prefix: string) => change((await names(prefix)).map((name) => [name, null])),
    names,
    /** Work that must not run in two processes at once, such as a token refresh. It must not ask for itself again. */
    lock,
    /** Takes over what another process wrote. A file that cannot be read now changes nothing. */
    reread,
    /** `memory` means: gone after a restart. */
    kept: (): VaultState['backend'] =>
      current.state === 'ready' && current.problem?.code !== 'vault.not-saved' ? current.backend : 'memory',
    /**
     * Whether the keychain still owes an answer. Its native call cannot be ended: a process that exits in an orderly way
     * would wait for it, for ever behind a prompt, so it has to end itself by SIGKILL once all else is closed.
     */
    keychainHangs: keychain.silent,
    close,
  }
}

const toError = ({ problem }: VaultState) => new Problem(problem?.code ?? 'vault.locked', problem?.detail)
