import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'

/** An https server that tells how it was reached: protocol, client certificate, whether a request came at all. */
export async function startTlsServer(options: ServerOptions) {
  const requests: { protocol: string | null; client: string | undefined }[] = []
  let connections = 0
  const server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket
    requests.push({ protocol: socket.getProtocol(), client: [socket.getPeerCertificate()?.subject?.CN].flat()[0] })
    response.setHeader('content-type', 'application/json').end('{"ok":true}')
  })
  server.on('secureConnection', () => {
    connections += 1
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return { port: (server.address() as AddressInfo).port, requests, connections: () => connections }
}
