import { connect, type Socket } from 'node:net'
import type { HubFiles } from './find-hub.ts'
import { createNonce, greeting, isNonce, isProof, protocol, prove, type Role } from './proof.ts'
import { readInto } from './read-into.ts'

/** `away`: nobody there. `unproven`: whoever is there does not know the key. `refused`: the hub said why. */
export type Dialled =
  | { state: 'open'; socket: Socket }
  | { state: 'away' | 'unproven' | 'other-version' }
  | { state: 'refused'; errorText: string }

const silenceMs = 5000
const longestLine = 4096

/** Connects to the hub, makes it prove itself, proves us, says hello. Nothing of the client is sent before. */
export function dial(hub: HubFiles, role: Role, hello: object): Promise<Dialled> {
  const { promise, resolve } = Promise.withResolvers<Dialled>()
  const socket: Socket = connect({ path: hub.address, onread: readInto(() => socket) })
  const peerNonce = createNonce()
  let head: Buffer = Buffer.alloc(0)
  let proven = false
  let done = false

  const end = (outcome: Dialled) => {
    done = true
    clearTimeout(timer)
    for (const event of ['connect', 'data', 'close', 'error']) socket.removeAllListeners(event)
    socket.on('error', () => {}) // 'close' follows and tells
    if (outcome.state !== 'open') socket.destroy()
    resolve(outcome)
  }
  const timer = setTimeout(() => end({ state: 'unproven' }), silenceMs)

  function onGreeting(line: string) {
    const [name, version, hubNonce, proof] = line.split(' ')
    if (name === protocol.name && version !== `${protocol.version}`) return end({ state: 'other-version' })
    if (!isNonce(hubNonce)) return end({ state: 'unproven' })
    const handshake = { role, address: hub.address, peerNonce, hubNonce }
    if (!isProof(proof, prove(hub.key, 'hub', handshake))) return end({ state: 'unproven' })
    proven = true
    socket.write(`${prove(hub.key, 'peer', handshake)} ${JSON.stringify(hello)}\n`)
  }
  function onAnswer(line: string) {
    if (line.startsWith('no ')) return end({ state: 'refused', errorText: line.slice(3) })
    if (line !== 'ok') return end({ state: 'unproven' })
    socket.pause()
    end({ state: 'open', socket })
    if (head.length > 0) socket.unshift(head)
  }
  socket.on('connect', () => socket.write(greeting(role, peerNonce)))
  socket.on('error', () => end({ state: proven ? 'unproven' : 'away' }))
  socket.on('close', () => end({ state: proven ? 'unproven' : 'away' }))
  socket.on('data', (chunk) => {
    head = head.length ? Buffer.concat([head, chunk]) : chunk
    for (let at = head.indexOf(10); at >= 0 && !done; at = head.indexOf(10)) {
      const line = head.toString('utf8', 0, at)
      head = head.subarray(at + 1)
      if (proven) onAnswer(line)
      else onGreeting(line)
    }
    if (head.length > longestLine && !done) end({ state: 'unproven' })
  })
  return promise
}
