import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'

export function createTools() {
  const mcp = new McpServer({ name: 'sdk', version: '1' }, { capabilities: { logging: {} } })
  mcp.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({ content: [{ type: 'text', text }] }))
  mcp.registerTool('roots', {}, async () => {
    const { roots } = await mcp.server.listRoots()
    return { content: [{ type: 'text', text: roots.map(({ uri }) => uri).join() }] }
  })
  mcp.registerTool('steps', {}, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken
    for (let progress = 1; progressToken !== undefined && progress <= 3; progress += 1) {
      await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } })
    }
    return { content: [{ type: 'text', text: 'done' }] }
  })
  return mcp
}

/** A server built on the official SDK, on loopback: `/mcp` speaks Streamable HTTP with sessions, `/sse` HTTP+SSE; with `token`, to whoever has it. */
export async function startSdkServer(port = 0, token?: string) {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const streams = new Map<string, SSEServerTransport>()
  let opened = 0
  let deleted = 0

  async function onMcp(request: IncomingMessage, response: ServerResponse) {
    const id = request.headers['mcp-session-id']
    if (request.method === 'DELETE') deleted += 1
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (known) return known.handleRequest(request, response)
    if (id) return void response.writeHead(404).end()
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => {
        opened += 1
        sessions.set(session, transport)
      },
    })
    await createTools().connect(transport as Parameters<McpServer['connect']>[0])
    await transport.handleRequest(request, response)
  }
  async function onSse(response: ServerResponse) {
    const transport = new SSEServerTransport('/messages', response)
    opened += 1
    streams.set(transport.sessionId, transport)
    await createTools().connect(transport)
  }
  const server = createServer((request, response) => {
    if (token && request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end()
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const stream = streams.get(url.searchParams.get('sessionId') ?? '')
    if (url.pathname === '/mcp') void onMcp(request, response)
    else if (url.pathname === '/sse') void onSse(response)
    else if (url.pathname === '/messages' && stream) void stream.handlePostMessage(request, response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    counts: () => ({ opened, deleted }),
    close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      return closed
    },
  }
}
