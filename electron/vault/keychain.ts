/** What the keychain says about the vault's key. `reason` is for the person: plain words, no secret. */
export type KeychainAnswer =
  | { state: 'ok'; key: Buffer }
  | { state: 'absent' | 'locked-or-lost' | 'unavailable'; reason: string }

/** Where the one 32-byte key of the vault lies. Another keychain library is one more file beside `keytar-keychain.ts`. */
export type Keychain = {
  /** Stands in the vault's header, so that a change of backend can be told. */
  name: string
  /** The key's buffer is the caller's, who wipes it. */
  get: () => Promise<KeychainAnswer>
  put: (key: Buffer) => Promise<void>
  delete: () => Promise<void>
}

export const keyBytes = 32

/** The answer, or an error when the keychain stays silent: a prompt nobody sees must not hold up the app. */
export async function inTime<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KeychainSilent()), patienceMs)
  })
  return Promise.race([answer, over]).finally(() => clearTimeout(timer))
}

/** The same keychain, and whether it owes an answer. */
export function watched(keychain: Keychain): Keychain & { silent: () => boolean } {
  let owed = 0
  function counted<T>(answer: Promise<T>): Promise<T> {
    owed += 1
    return answer.finally(() => {
      owed -= 1
    })
  }
  return {
    name: keychain.name,
    get: () => counted(keychain.get()),
    put: (key) => counted(keychain.put(key)),
    delete: () => counted(keychain.delete()),
    silent: () => owed > 0,
  }
}

export class KeychainSilent extends Error {
  override name = 'KeychainSilent'
  override message = 'The keychain does not answer'
}

/** Forgets the key with the process: for tests and for hosts without a keychain of their own. */
export function createMemoryKeychain(initial?: Buffer): Keychain {
  let key = initial
  return {
    name: 'memory',
    get: async () => (key ? { state: 'ok', key: Buffer.from(key) } : { state: 'absent', reason: 'No key yet.' }),
    put: async (next) => {
      key = Buffer.from(next)
    },
    delete: async () => {
      key = undefined
    },
  }
}
