import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import {
  createMcpHandler,
  createRequestStateCodec,
  isLegacyRequest,
  McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import { addPrompts, addResources } from './reading.ts'
import { addRounds } from './rounds.ts'
import { addQuestionsOfSessions } from './sessions.ts'
import { addTools } from './tools.ts'

/**
 * A server on the official SDK that passes the suite’s server scenarios by itself, in both generations at one address:
 * with sessions up to 2025-11-25, without as 2026-07-28.
 */
export async function startUpstream() {
  const states = createRequestStateCodec<{ step: number; name?: string }>({ key: randomBytes(32) })
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>()

  function createMcp(era: 'legacy' | 'modern') {
    const listChanged = { listChanged: true }
    const mcp = new McpServer(
      { name: 'conformance-upstream', version: '1.0.0' },
      {
        capabilities: {
          ...{ logging: {}, completions: {}, tools: listChanged, prompts: listChanged },
          resources: { listChanged: true, subscribe: true },
        },
        requestState: { verify: states.verify },
      },
    )
    addTools(mcp)
    addResources(mcp)
    addPrompts(mcp)
    if (era === 'modern') addRounds({ mcp, states, changed })
    else {
      addQuestionsOfSessions(mcp)
      mcp.server.setRequestHandler('resources/subscribe', () => ({}))
      mcp.server.setRequestHandler('resources/unsubscribe', () => ({}))
    }
    return mcp
  }
  const modern = createMcpHandler(() => createMcp('modern'), { legacy: 'reject' })
  function changed(what: 'tools' | 'prompts') {
    if (what === 'tools') modern.notify.toolsChanged()
    else modern.notify.promptsChanged()
  }

  async function answer(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id')
    const known = id === null ? undefined : sessions.get(id)
    if (known) return known.handleRequest(request)
    if (!(await isLegacyRequest(request))) return modern.fetch(request)
    if (id !== null) return new Response('Session not found', { status: 404 })
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => void sessions.set(session, transport),
      onsessionclosed: (session) => void sessions.delete(session),
    })
    await createMcp('legacy').connect(transport)
    return transport.handleRequest(request)
  }

  const server = createServer((request, response) => {
    serve(answer, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      await modern.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function serve(
  answer: (request: Request) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const { status, headers, body } = await answer(
    new Request(`http://${request.headers.host}${request.url}`, {
      method: request.method ?? 'GET',
      headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
      signal: gone.signal,
      ...(parts.length > 0 ? { body: Buffer.concat(parts) } : {}),
    }),
  )
  response.writeHead(status, Object.fromEntries(headers))
  response.flushHeaders()
  if (body) await pipeline(Readable.fromWeb(body as ReadableStream), response)
  else response.end()
}
