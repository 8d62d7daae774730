import { closeSync, openSync, readSync } from 'node:fs'
import { hmacSha256 } from './sha256.ts'

/** The first word of both greetings; the number grows when the handshake or what follows it changes. */
export const protocol = { name: 'causeway', version: 1 } as const
export type Role = 'bridge' | 'control'

export type Handshake = { role: Role; address: string; peerNonce: string; hubNonce: string }

export const createNonce = () => readRandom().toString('hex')
export const isNonce = (text: string | undefined): text is string => /^[0-9a-f]{64}$/.test(text ?? '')
export const greeting = (role: Role, nonce: string) => `${protocol.name} ${protocol.version} ${role} ${nonce}\n`

/**
 * HMAC-SHA256 over everything both sides said. `side` keeps a proof from being sent back to its maker, the nonces keep
 * it from being used again, and the address keeps a fake hub from passing on the real hub's proof.
 */
export function prove(
  key: Buffer,
  side: 'hub' | 'peer',
  { role, address, peerNonce, hubNonce }: Handshake,
  hmac = hmacSha256,
): string {
  const said = `${protocol.name} ${protocol.version} ${side} ${role} ${peerNonce} ${hubNonce} ${address}`
  return hmac(key, Buffer.from(said)).toString('hex')
}

export function isProof(given: string | undefined, expected: string): boolean {
  const bytes = Buffer.from(given ?? '')
  if (bytes.length !== expected.length) return false
  // Every byte is looked at, so that the time tells nothing of where they differ.
  let difference = 0
  for (const [at, byte] of Buffer.from(expected).entries()) difference |= byte ^ (bytes[at] as number)
  return difference === 0
}

/** From the system itself; node:crypto is loaded only where there is no such file (Windows). */
function readRandom(): Buffer {
  const bytes = Buffer.alloc(32)
  let file: number
  try {
    file = openSync('/dev/urandom', 'r')
  } catch {
    return process.getBuiltinModule('node:crypto').randomBytes(32)
  }
  const read = readSync(file, bytes)
  closeSync(file)
  if (read !== bytes.length) throw new Error('the system has no random bytes')
  return bytes
}
