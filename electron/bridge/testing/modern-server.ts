import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { createTools } from './modern-tools.ts'

/** The official server of 2026-07-28 on loopback; with `legacy: 'stateless'` it serves older clients too. */
export async function startModernServer(legacy: 'reject' | 'stateless' = 'reject') {
  const aborted: string[] = []
  const methods: string[] = []
  let held = Promise.withResolvers<void>()
  const handler = createMcpHandler(() => createTools({ aborted, hold: () => held.promise }), { legacy })
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts).toString()
    methods.push(`${request.method} ${body ? (JSON.parse(body) as { method?: string }).method : ''}`.trim())
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)])
    const answer = await handler.fetch(
      new Request(`http://${request.headers.host}${request.url}`, {
        method: request.method ?? 'GET',
        headers,
        signal: gone.signal,
        ...(body ? { body } : {}),
      }),
    )
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.flushHeaders()
    if (answer.body) await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
    else response.end()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: { transport: 'auto', url: `http://127.0.0.1:${port}/mcp` },
    aborted,
    methods,
    notify: handler.notify,
    /** Lets `steps` end, which waits for it once it has told all its progress. */
    release() {
      held.resolve()
      held = Promise.withResolvers()
    },
    /** Breaks every connection; the server goes on. */
    cut: () => server.closeAllConnections(),
    async close() {
      await handler.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
