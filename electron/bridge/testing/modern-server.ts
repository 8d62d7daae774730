import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import {
  acceptedContent,
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  McpServer,
  ResourceNotFoundError,
  ResourceTemplate,
} from '@modelcontextprotocol/server'
import { z } from 'zod'

const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
const Name = z.object({ name: z.string() })

const regional = fromJsonSchema<{ region: string; where?: { tenant?: number }; dry?: boolean }>({
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    where: { type: 'object', properties: { tenant: { type: 'integer', 'x-mcp-header': 'Tenant' } } },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
  },
  required: ['region'],
} as never)

/** A tool for each thing that 2026-07-28 does in a way of its own. */
function createTools(aborted: string[]) {
  const mcp = new McpServer(
    { name: 'modern', title: 'Modern', version: '7' },
    {
      capabilities: { logging: {}, tools: { listChanged: true }, resources: { listChanged: true, subscribe: true } },
      instructions: 'Be kind.',
    },
  )
  mcp.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => say(text))
  mcp.registerTool('regional', { inputSchema: regional }, ({ region }) => say(region))
  mcp.registerTool('steps', {}, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (let progress = 1; progressToken !== undefined && progress <= 3; progress += 1)
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } })
    return say('done')
  })
  mcp.registerTool('slow', {}, ({ mcpReq }) => {
    return new Promise((resolve) => {
      mcpReq.signal.addEventListener('abort', () => {
        aborted.push('slow')
        resolve(say('aborted'))
      })
    })
  })
  mcp.registerTool('greet', { inputSchema: z.object({ greeting: z.string() }) }, ({ greeting }, { mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'who', Name)
    if (answer) return say(`${greeting} ${answer.name}, ${mcpReq.requestState()}`)
    const who = inputRequired.elicit({ message: `Who is to be told ${greeting}?`, requestedSchema: Name })
    return inputRequired({ inputRequests: { who }, requestState: `state of ${greeting}` })
  })
  mcp.registerResource('note', 'note://1', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'one' }] }))
  mcp.registerResource('file', new ResourceTemplate('file:///{name}', { list: undefined }), {}, (uri) => {
    throw new ResourceNotFoundError(uri.href)
  })
  return mcp
}

/** The official server of 2026-07-28 on loopback; with `legacy: 'stateless'` it serves older clients too. */
export async function startModernServer(legacy: 'reject' | 'stateless' = 'reject') {
  const aborted: string[] = []
  const methods: string[] = []
  const handler = createMcpHandler(() => createTools(aborted), { legacy })
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
