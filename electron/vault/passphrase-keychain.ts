import crypto, { type Argon2Parameters, createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { Problem } from '../../shared/problems.ts'
import { findFile, type writeAtomic } from '../lib/atomic-file.ts'
import { type Keychain, keyBytes } from './keychain.ts'

type Needs = {
  folder: string
  write: typeof writeAtomic
  /** Whether the runtime has argon2. */
  hasArgon2?: () => Promise<boolean>
}
type Kdf = z.infer<typeof Stored>['kdf']

const shortest = 12
// OWASP 2025: argon2id with 64 MiB; scrypt where the runtime has no argon2 (Electron’s is built on BoringSSL).
const argon2id = { name: 'argon2id', memory: 65_536, passes: 3, parallelism: 1 } as const
const scryptKdf = { name: 'scrypt', N: 131_072, r: 8, p: 1 } as const

const hex = z.string().regex(/^(?:[0-9a-f]{2})+$/)
// The limits keep a planted file from making the app compute for ever.
const Stored = z.object({
  version: z.literal(1),
  kdf: z.discriminatedUnion('name', [
    z.object({
      name: z.literal('argon2id'),
      memory: z.int().min(8192).max(1_048_576),
      passes: z.int().min(1).max(16),
      parallelism: z.int().min(1).max(4),
    }),
    z.object({
      name: z.literal('scrypt'),
      N: z.int().min(16_384).max(1_048_576),
      r: z.int().min(1).max(16),
      p: z.int().min(1).max(4),
    }),
  ]),
  salt: hex,
  nonce: hex,
  sealed: hex,
})

/**
 * A keychain for machines without one: the vault’s key lies in `vault.key`, sealed by a passphrase that is asked once a
 * start and kept nowhere. It exists only after the person has chosen it.
 */
export function createPassphraseKeychain({ folder, write, hasArgon2 = canArgon2 }: Needs) {
  const path = join(folder, 'vault.key')
  let key: Buffer | null = null

  const isSetUp = async () => (await findFile(path)) !== null

  async function get(): ReturnType<Keychain['get']> {
    if (key) return { state: 'ok', key: Buffer.from(key) }
    if (await isSetUp()) return { state: 'locked-or-lost', reason: 'It is sealed by your passphrase.' }
    return { state: 'absent', reason: 'No passphrase was chosen.' }
  }

  /** Chooses the passphrase. There is no way back to the secrets without it. */
  async function setUp(passphrase: string) {
    if ([...passphrase].length < shortest)
      throw new Problem('vault.passphrase-weak', `use at least ${shortest} characters`)
    const fresh = randomBytes(keyBytes)
    const kdf: Kdf = (await hasArgon2()) ? argon2id : scryptKdf
    const [salt, nonce] = [randomBytes(16), randomBytes(12)]
    const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, kdf, salt), nonce).setAAD(aad(kdf))
    const sealed = Buffer.concat([cipher.update(fresh), cipher.final(), cipher.getAuthTag()])
    const stored = { version: 1, kdf, salt: toHex(salt), nonce: toHex(nonce), sealed: toHex(sealed) }
    await write(path, Buffer.from(JSON.stringify(stored)))
    key = fresh
  }

  /** Throws vault.passphrase-wrong, and vault.unreadable where the file is not one of ours. */
  async function unlock(passphrase: string) {
    const stored = await read()
    if (stored.kdf.name === 'argon2id' && !(await hasArgon2()))
      throw new Problem('vault.unreadable', 'it was sealed where the app’s runtime has argon2')
    const kek = await derive(passphrase, stored.kdf, Buffer.from(stored.salt, 'hex'))
    const sealed = Buffer.from(stored.sealed, 'hex')
    try {
      const decipher = createDecipheriv('aes-256-gcm', kek, Buffer.from(stored.nonce, 'hex'), { authTagLength: 16 })
        .setAAD(aad(stored.kdf))
        .setAuthTag(sealed.subarray(-16))
      key = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    } catch {
      throw new Problem('vault.passphrase-wrong')
    }
  }

  async function read() {
    const bytes = await findFile(path)
    try {
      return Stored.parse(JSON.parse(bytes?.toString('utf8') ?? ''))
    } catch (cause) {
      throw new Problem('vault.unreadable', path, { cause })
    }
  }

  return { path, isSetUp, get, setUp, unlock }
}

async function derive(passphrase: string, kdf: Kdf, salt: Buffer): Promise<Buffer> {
  // The same letters in another Unicode form are the same passphrase.
  const message = Buffer.from(passphrase.normalize('NFKC'))
  if (kdf.name === 'scrypt') {
    const { N, r, p } = kdf
    const run = promisify<Buffer, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)
    return run(message, salt, keyBytes, { N, r, p, maxmem: 256 * N * r })
  }
  const { memory, passes, parallelism } = kdf
  const parameters: Argon2Parameters = { message, nonce: salt, parallelism, tagLength: keyBytes, memory, passes }
  return promisify(crypto.argon2)('argon2id', parameters)
}

/** Asked by doing it: a runtime on another TLS library may have the function and not the algorithm. */
async function canArgon2(): Promise<boolean> {
  if (typeof crypto.argon2 !== 'function') return false
  const least = { message: 'x', nonce: Buffer.alloc(8), parallelism: 1, tagLength: 4, memory: 8, passes: 1 }
  try {
    await promisify(crypto.argon2)('argon2id', least)
    return true
  } catch {
    return false
  }
}

/** Weaker parameters in the file would open nothing: they are part of what is sealed. */
const aad = (kdf: Kdf) => Buffer.from(`causeway/passphrase/1 ${JSON.stringify(kdf)}`)
const toHex = (bytes: Buffer) => bytes.toString('hex')
