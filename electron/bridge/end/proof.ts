import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** The first word of both greetings; the number grows when the handshake or what follows it changes. */
export const protocol = { name: 'causeway', version: 1 } as const
export type Role = 'bridge' | 'control'

export type Handshake = { role: Role; address: string; peerNonce: string; hubNonce: string }

export const createNonce = () => randomBytes(32).toString('hex')
export const isNonce = (text: string | undefined): text is string => /^[0-9a-f]{64}$/.test(text ?? '')
export const greeting = (role: Role, nonce: string) => `${protocol.name} ${protocol.version} ${role} ${nonce}\n`

/**
 * HMAC-SHA256 over everything both sides said. `side` keeps a proof from being sent back to its maker, the nonces keep
 * it from being used again, and the address keeps a fake hub from passing on the real hub's proof.
 */
export function prove(key: Buffer, side: 'hub' | 'peer', { role, address, peerNonce, hubNonce }: Handshake): string {
  const said = `${protocol.name} ${protocol.version} ${side} ${role} ${peerNonce} ${hubNonce} ${address}`
  return createHmac('sha256', key).update(said).digest('hex')
}

export function isProof(given: string | undefined, expected: string): boolean {
  const bytes = Buffer.from(given ?? '')
  return bytes.length === expected.length && timingSafeEqual(bytes, Buffer.from(expected))
}
