import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

type Options = {
  /** Where a name leads; the proxy knows names this machine does not. */
  hosts: Record<string, number>
  /** `name:password` it wants. */
  credentials?: string
  challenge?: string
  tls?: { key: string; cert: string }
  /** Answers a CONNECT instead of the proxy. */
  answer?: (socket: Socket) => void
}

/** A forward proxy as companies have them: CONNECT only, with or without a sign-in, over http or https. */
export async function startProxy({ hosts, credentials, challenge = 'Basic realm="acme"', tls, answer }: Options) {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = tls ? createSecureServer(tls) : createServer()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  })
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {})
    asked.push(request.url ?? '')
    if (answer) return answer(socket)
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
    if (wanted && request.headers['proxy-authorization'] !== wanted)
      return socket.end(`HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: ${challenge}\r\n\r\n`)
    const port = hosts[request.url ?? '']
    if (port === undefined) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    sockets.add(upstream)
    upstream.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  return { port, asked, close }
}
