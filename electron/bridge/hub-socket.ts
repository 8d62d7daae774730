import { chmod } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { Problem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { accept, type Hello } from './accept.ts'
import { toRpcError } from './rpc.ts'
import { claimAddress, clearStale, createKey, publish, underLock, unpublish } from './run-folder.ts'

type Needs = {
  runFolder: string
  /** `XDG_RUNTIME_DIR`, for a run folder whose path is too long. */
  runtimeFolder: string | undefined
  /** A connection whose other end has proven itself; `rest` came behind its hello. It was told `ok`. */
  onPeer: (socket: Socket, hello: Hello, rest: Buffer) => void
  /** How long a connection may take to prove itself. */
  silenceMs?: number
  log: Log
}

const mostUnproven = 64
const mostProven = 1024
const logEveryMs = 10_000

/** The hub's socket: publishes where it is, lets in who knows the key, and bounds what everyone else can cost. */
export function createHubSocket({ runFolder, runtimeFolder, onPeer, silenceMs = 5_000, log }: Needs) {
  const sockets = new Set<Socket>()
  let unproven = 0
  let refused = 0
  let lastLogged = 0
  let listening: { server: Server; key: Buffer } | null = null

  /** A flood is one line each ten seconds, with a count. */
  function logRefusal(why: string) {
    refused += 1
    if (Date.now() - lastLogged < logEveryMs) return
    lastLogged = Date.now()
    log.warn('connection.refused', { why, count: refused })
    refused = 0
  }

  async function onConnection(socket: Socket, address: string, key: Buffer) {
    socket.on('error', () => {}) // 'close' follows and tells
    if (unproven >= mostUnproven || sockets.size >= mostProven + mostUnproven) {
      logRefusal('too-many')
      return socket.destroy()
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    unproven += 1
    const accepted = await accept({ socket, key, address, silenceMs })
    unproven -= 1
    if (!accepted.ok) {
      logRefusal(accepted.why)
      if (accepted.why === 'bad-hello')
        socket.write(`no ${JSON.stringify(toRpcError(new Problem('bridge.version-mismatch')))}\n`)
      return socket.destroySoon()
    }
    socket.write('ok\n')
    onPeer(socket, accepted.hello, accepted.rest)
  }

  async function listen() {
    const address = await claimAddress(runFolder, runtimeFolder)
    await underLock(runFolder, async () => {
      await clearStale(address)
      const key = createKey()
      const server = createServer((socket) => void onConnection(socket, address, key))
      await open(server, address)
      listening = { server, key }
      await publish(runFolder, { address, key })
    })
    log.info('hub.listening', { address })
    return address
  }

  async function close() {
    if (!listening) return
    const { server, key } = listening
    listening = null
    await unpublish(runFolder, key)
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return { listen, close }
}

async function open(server: Server, address: string) {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Problem('app.already-running') : error),
    )
  })
  if (process.platform === 'win32') {
    server.listen(address)
    return listening
  }
  // The mask holds while the name is bound, which `listen` does before it returns: others can never connect.
  const before = process.umask(0o177)
  try {
    server.listen(address)
  } finally {
    process.umask(before)
  }
  await listening
  await chmod(address, 0o600)
}
