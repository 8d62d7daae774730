import { createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

type Handle = (stream: ServerHttp2Stream, path: string, body: Buffer) => void

/** An HTTP/2 server behind TLS that also speaks HTTP/1.1, and tells over how many connections it was reached. */
export async function startHttp2Server(tls: { key: string; cert: string }, handle: Handle, mostStreams = 100) {
  const sessions = new Set<ServerHttp2Session>()
  let opened = 0
  let http1 = 0
  const server = createSecureServer({
    ...tls,
    allowHTTP1: true,
    maxSessionMemory: 200,
    settings: { maxConcurrentStreams: mostStreams },
  })
  server.on('session', (session) => {
    opened += 1
    sessions.add(session.on('error', () => {}))
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = []
    stream.on('error', () => {}).on('data', (part: Buffer) => parts.push(part))
    stream.on('end', () => handle(stream, String(headers[':path']), Buffer.concat(parts)))
  })
  server.on('request', (request, response) => {
    if (request.httpVersion !== '1.1') return
    http1 += 1
    response.end('http1')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  onTestFinished(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return {
    url: `https://mcp.acme.test:${(server.address() as AddressInfo).port}`,
    sessions,
    opened: () => opened,
    http1: () => http1,
  }
}
