import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export type Seen = {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  /** The body as JSON, where it is some. */
  message: { id?: unknown; method?: string; params?: Record<string, unknown> }
  at: number
}
export type Reply = {
  json: (value: unknown, status?: number, headers?: Record<string, string>) => void
  text: (text: string, status?: number, headers?: Record<string, string>) => void
  /** Begins an event stream; events are written as they are given. */
  stream: (headers?: Record<string, string>) => {
    write: (text: string | Buffer) => void
    end: () => void
    cut: () => void
  }
  result: (result?: unknown, headers?: Record<string, string>) => void
  response: ServerResponse
}
export type Handler = (seen: Seen, reply: Reply) => unknown

async function readBody(request: IncomingMessage) {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString()
}

function toMessage(body: string): Seen['message'] {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}

/** An HTTP server that does exactly what a test says, on a free port of loopback. */
export async function startRawServer(handler: Handler, at = 0) {
  const requests: Seen[] = []
  const sockets = new Set<Socket>()
  const server = createServer(async (request, response) => {
    const body = await readBody(request).catch(() => '')
    const { method = '', url: path = '', headers } = request
    const seen: Seen = { method, path, headers, body, message: toMessage(body), at: performance.now() }
    requests.push(seen)
    response.on('error', () => {})
    const text: Reply['text'] = (content, status = 200, extra = {}) => response.writeHead(status, extra).end(content)
    const json: Reply['json'] = (value, status = 200, extra = {}) =>
      text(JSON.stringify(value), status, { 'content-type': 'application/json', ...extra })
    await handler(seen, {
      response,
      text,
      json,
      result: (result = {}, extra = {}) => json({ jsonrpc: '2.0', id: seen.message.id, result }, 200, extra),
      stream: (extra = {}) => {
        response.writeHead(200, { 'content-type': 'text/event-stream', ...extra })
        response.flushHeaders()
        return {
          write: (content) => void response.write(content),
          end: () => void response.end(),
          cut: () => void response.destroy(),
        }
      },
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      cutAll()
    })
  onTestFinished(close)
  const posts = (method?: string) =>
    requests.filter((seen) => seen.method === 'POST' && (method === undefined || seen.message.method === method))
  return { url: `http://127.0.0.1:${port}`, port, requests, posts, cutAll, close }
}

/** What `initialize` is answered with. */
export const initialized = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  serverInfo: { name: 'raw', version: '1' },
}

export const event = (data: unknown, { id, name }: { id?: string; name?: string } = {}) =>
  `${name ? `event: ${name}\n` : ''}${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`

/** Streamable HTTP: answers `initialize` and `initialized`, refuses the GET stream, and hands on the rest. */
export const streamable =
  (rest: Handler, sessionId: () => string | null = () => 's-1'): Handler =>
  (seen, reply) => {
    const { method } = seen.message
    const session = sessionId()
    if (seen.method === 'POST' && method === 'initialize')
      return reply.result(initialized, session === null ? {} : { 'mcp-session-id': session })
    if (seen.method === 'POST' && method === 'notifications/initialized') return reply.text('', 202)
    if (seen.method === 'GET' && !seen.headers['last-event-id']) return reply.text('', 405)
    if (seen.method === 'DELETE') return reply.text('', 200)
    return rest(seen, reply)
  }
