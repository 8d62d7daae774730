import { createHmac, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { z } from 'zod'
import { ClientId, ServerId } from '../../shared/ids.ts'
import { AdHoc } from './ad-hoc.ts'
import { type Handshake, isNonce, isProof, protocol, prove, type Role } from './end/proof.ts'

const longestGreeting = 4096
// A server named by its address comes with its headers, and a bearer token alone can have kilobytes.
const longestHello = 32 * 1024

export const BridgeHello = z.object({
  role: z.literal('bridge'),
  server: ServerId,
  client: ClientId.nullable(),
  pid: z.number().int(),
  version: z.string().max(64),
  /** This bridge's client was initialized before, with a hub that has gone: the answer to its `initialize` is not wanted. */
  resumed: z.boolean(),
  /** A server that is in no catalog; `server` is then nobody's name. */
  adHoc: AdHoc.optional(),
})
export type BridgeHello = z.infer<typeof BridgeHello>
const ControlHello = z.object({ role: z.literal('control'), pid: z.number().int(), version: z.string().max(64) })
const Hello = z.discriminatedUnion('role', [BridgeHello, ControlHello])
export type Hello = z.infer<typeof Hello>

/** Why a connection was not let in; the stable word of the log. */
type Refusal = 'silent' | 'oversized' | 'bad-greeting' | 'other-version' | 'wrong-proof' | 'bad-hello' | 'gone'
type Needs = { socket: Socket; key: Buffer; address: string; silenceMs: number }
export type Accepted = { ok: true; hello: Hello; rest: Buffer } | { ok: false; why: Refusal }

/** The hub's half of the handshake (README, “Handshake”). Says nothing until spoken to, and answers to the letter or not at all. */
export function accept({ socket, key, address, silenceMs }: Needs): Promise<Accepted> {
  const { promise, resolve } = Promise.withResolvers<Accepted>()
  const hubNonce = randomBytes(32).toString('hex')
  let said: { role: Role; peerNonce: string } | null = null
  let head: Buffer = Buffer.alloc(0)

  function end(outcome: Accepted) {
    clearTimeout(timer)
    socket.off('data', onData).off('close', onClose)
    socket.pause()
    resolve(outcome)
  }
  const refuse = (why: Refusal) => end({ ok: false, why })
  const timer = setTimeout(() => refuse('silent'), silenceMs)
  const onClose = () => refuse('gone')

  function onData(chunk: Buffer) {
    head = head.length ? Buffer.concat([head, chunk]) : chunk
    const at = head.indexOf(10)
    const longest = said ? longestHello : longestGreeting
    if (at > longest || (at < 0 && head.length > longest)) return refuse('oversized')
    if (at < 0) return
    const line = head.toString('utf8', 0, at)
    head = head.subarray(at + 1)
    if (said) return onHello(line, said)
    onGreeting(line)
    // Whoever sends more before the hub has answered does not know the protocol.
    if (head.length > 0 && said) refuse('bad-greeting')
  }
  function onGreeting(line: string) {
    const [name, version, role, peerNonce, ...rest] = line.split(' ')
    const isRole = role === 'bridge' || role === 'control'
    if (name !== protocol.name || !isRole || !isNonce(peerNonce) || rest.length > 0) return refuse('bad-greeting')
    if (version !== `${protocol.version}`) {
      socket.write(`${protocol.name} ${protocol.version}\n`)
      return refuse('other-version')
    }
    said = { role, peerNonce }
    const proof = proveFast(key, 'hub', { ...said, address, hubNonce })
    socket.write(`${protocol.name} ${protocol.version} ${hubNonce} ${proof}\n`)
  }
  function onHello(line: string, { role, peerNonce }: { role: Role; peerNonce: string }) {
    const proof = line.slice(0, 64)
    if (!isProof(proof, proveFast(key, 'peer', { role, peerNonce, address, hubNonce }))) return refuse('wrong-proof')
    const hello = Hello.safeParse({ ...parse(line.slice(65)), role })
    if (!hello.success) return refuse('bad-hello')
    end({ ok: true, hello: hello.data, rest: head })
  }
  socket.on('data', onData).on('close', onClose)
  return promise
}

/** In the same words as the bridge, and at a tenth of the time: the hub has node:crypto loaded anyway. */
const proveFast = (key: Buffer, side: 'hub' | 'peer', handshake: Handshake) =>
  prove(key, side, handshake, (secret, said) => createHmac('sha256', secret).update(said).digest())

function parse(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return value && typeof value === 'object' ? value : {}
  } catch {
    return {}
  }
}
