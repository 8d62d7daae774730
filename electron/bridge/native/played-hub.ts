import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { accept, type BridgeHello } from '../accept.ts'

/** Text that arrived, in order. */
export function createHeard() {
  const parts: Buffer[] = []
  let bytes = 0
  let lines = 0
  const text = () => Buffer.concat(parts).toString()
  return {
    add(chunk: Buffer) {
      parts.push(chunk)
      bytes += chunk.length
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1
    },
    chunks: () => parts.length,
    length: () => bytes,
    lines: () => lines,
    bytes: () => Buffer.concat(parts),
    text,
    clear() {
      parts.length = bytes = lines = 0
    },
    messages: () =>
      text()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

/** Where it listens, and what it publishes as its address. */
export type HubAddress = { listen: string | { host: string; port: number }; published: string }

/** A hub that a test plays by hand: published and proven like a real one, and silent unless it is told what to say. */
export async function createPlayedHub(home: string, at?: HubAddress) {
  const run = join(home, 'run')
  await mkdir(run, { recursive: true, mode: 0o700 })
  const address = at ?? { listen: join(run, 'hub.sock'), published: join(run, 'hub.sock') }
  const key = randomBytes(32)
  const heard = createHeard()
  const hellos: BridgeHello[] = []
  const sockets = new Set<Socket>()
  let server: Server | null = null
  let peer: Socket | null = null

  async function publish() {
    await writeFile(join(run, 'hub.key'), key, { mode: 0o600 })
    await writeFile(join(run, 'hub.address'), `${address.published}\n`, { mode: 0o600 })
  }
  async function onConnection(socket: Socket) {
    const accepted = await accept({ socket, key, address: address.published, silenceMs: 60_000 })
    if (!accepted.ok || accepted.hello.role !== 'bridge') return void socket.destroy()
    hellos.push(accepted.hello)
    socket.on('data', heard.add)
    if (accepted.rest.length > 0) heard.add(accepted.rest)
    socket.write('ok\n')
    peer = socket
    socket.resume()
  }
  /** `onSocket` plays a hub that does not keep to the protocol. */
  async function start(onSocket: (socket: Socket) => unknown = onConnection) {
    await publish()
    const listening = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
      void onSocket(socket)
    })
    server = listening
    await new Promise<void>((resolve) => listening.listen(address.listen, resolve))
  }
  /** As if it were killed: what it published stays. */
  async function stop() {
    const closing = server
    server = peer = null
    if (!closing) return
    const closed = new Promise((resolve) => closing.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    run,
    key,
    address: address.published,
    heard,
    hellos,
    publish,
    start,
    stop,
    isConnected: () => peer !== null,
    port() {
      const found = server?.address()
      if (!found || typeof found === 'string') throw new Error('the hub does not listen on a port')
      return found.port
    },
    say: (...lines: string[]) => void peer?.write(lines.map((line) => `${line}\n`).join('')),
    peer: () => peer,
  }
}
