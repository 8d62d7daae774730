import { randomUUID } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  type JSONRPCMessage,
  ListRootsRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { openTestLink, until } from './test-link.ts'

/** A server of the official SDK with a tool for each thing that can travel. */
function createServer(aborted: string[] = []) {
  const server = new McpServer({ name: 'official', version: '1' }, { capabilities: { logging: {} } })
  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => say(text))
  server.registerTool('progress', {}, async ({ _meta, sendNotification }) => {
    for (let progress = 1; progress <= 4; progress += 1)
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken: _meta?.progressToken ?? '', progress, total: 4 },
      })
    return say('done')
  })
  server.registerTool('ask', {}, async () => say(JSON.stringify((await server.server.listRoots()).roots)))
  server.registerTool('slow', {}, ({ signal }) => {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        aborted.push('slow')
        resolve(say('aborted'))
      })
    })
  })
  server.registerTool('change', {}, () => {
    server.sendToolListChanged()
    return say('changed')
  })
  return server
}

async function listen(app: express.Express) {
  const http: HttpServer = await new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

const kinds = {
  async 'Streamable HTTP with sessions'(aborted: string[]) {
    const app = express().use(express.json({ limit: '64mb' }))
    const sessions = new Map<string, StreamableHTTPServerTransport>()
    app.all('/mcp', async (request, response) => {
      const known = sessions.get(String(request.headers['mcp-session-id']))
      if (known) return known.handleRequest(request, response, request.body)
      if (request.headers['mcp-session-id']) return void response.status(404).end()
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id),
      })
      await createServer(aborted).connect(transport as Transport)
      await transport.handleRequest(request, response, request.body)
    })
    return { endpoint: { transport: 'http', url: `${await listen(app)}/mcp` }, sessions }
  },
  async 'Streamable HTTP with sessions and JSON answers, found out by asking'(aborted: string[]) {
    const app = express().use(express.json({ limit: '64mb' }))
    const sessions = new Map<string, StreamableHTTPServerTransport>()
    app.all('/mcp', async (request, response) => {
      const known = sessions.get(String(request.headers['mcp-session-id']))
      if (known) return known.handleRequest(request, response, request.body)
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        enableJsonResponse: true,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id),
      })
      await createServer(aborted).connect(transport as Transport)
      await transport.handleRequest(request, response, request.body)
    })
    return { endpoint: { transport: 'auto', url: `${await listen(app)}/mcp` }, sessions }
  },
  async 'Streamable HTTP without sessions'(aborted: string[]) {
    const app = express().use(express.json({ limit: '64mb' }))
    app.post('/mcp', async (request, response) => {
      const transport = new StreamableHTTPServerTransport()
      await createServer(aborted).connect(transport as Transport)
      await transport.handleRequest(request, response, request.body)
    })
    app.use((_, response) => void response.status(405).end())
    return { endpoint: { transport: 'http', url: `${await listen(app)}/mcp` }, sessions: new Map() }
  },
  async 'HTTP+SSE'(aborted: string[]) {
    const app = express()
    const sessions = new Map<string, SSEServerTransport>()
    app.get('/sse', async (_, response) => {
      const transport = new SSEServerTransport('/messages', response)
      sessions.set(transport.sessionId, transport)
      response.on('close', () => sessions.delete(transport.sessionId))
      await createServer(aborted).connect(transport)
    })
    app.post('/messages', express.json({ limit: '64mb' }), async (request, response) => {
      await sessions.get(String(request.query.sessionId))?.handlePostMessage(request, response, request.body)
    })
    return { endpoint: { transport: 'sse', url: `${await listen(app)}/sse` }, sessions }
  },
}

/** The official client, speaking through a link as it would through the bridge. */
async function connect(endpoint: Record<string, unknown>) {
  let received: (message: JSONRPCMessage) => void = () => {}
  const link = openTestLink(endpoint, { deliver: (line) => received(JSON.parse(line.toString()) as JSONRPCMessage) })
  const transport: Transport = {
    start: async () => {
      received = (message) => transport.onmessage?.(message)
    },
    send: async (message) => link.send(message as never),
    close: () => link.link.close(),
  }
  const client = new Client(
    { name: 'official-client', version: '1' },
    { capabilities: { roots: { listChanged: true } } },
  )
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///home', name: 'home' }] }))
  await client.connect(transport)
  return { client, link }
}

const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text

const all = Object.entries(kinds)
// Without sessions a server cannot ask, be cancelled or have news; with JSON answers it can say nothing on the way.
const withSessions = all.filter(([name]) => !name.includes('without'))
const withStreams = all.filter(([name]) => !name.includes('JSON'))
const withBoth = withSessions.filter((kind) => withStreams.includes(kind))

describe('the official client with an official server', () => {
  test.each(all)('odd text, 4 MB, twenty calls at once, lists and errors over %s', async (_name, start) => {
    const { client } = await connect((await start([])).endpoint)
    expect(client.getServerVersion()).toMatchObject({ name: 'official' })
    expect((await client.listTools()).tools).toHaveLength(5)
    for (const text of ['', '\u2028 \ud83d\ude00 "\\\n\r\t\u0001', 'x'.repeat(4_000_000)])
      expect(textOf(await client.callTool({ name: 'echo', arguments: { text } }))).toBe(text)
    const many = await Promise.all(
      Array.from({ length: 20 }, (_, at) => client.callTool({ name: 'echo', arguments: { text: `${at}` } })),
    )
    expect(many.map(textOf)).toEqual(Array.from({ length: 20 }, (_, at) => `${at}`))
    await expect(client.request({ method: 'no/such' }, z.any())).rejects.toMatchObject({ code: -32601 })
  })

  test.each(withStreams)('progress arrives, each step before the result over %s', async (_name, start) => {
    const { client } = await connect((await start([])).endpoint)
    const steps: number[] = []
    await client.callTool({ name: 'progress' }, undefined, { onprogress: ({ progress }) => void steps.push(progress) })
    expect(steps).toEqual([1, 2, 3, 4])
  })

  test.each(withBoth)('the server asks, the client answers over %s', async (_name, start) => {
    const { client } = await connect((await start([])).endpoint)
    expect(textOf(await client.callTool({ name: 'ask' }))).toContain('file:///home')
  })

  test.each(withSessions)('a cancel reaches the server over %s', async (_name, start) => {
    const aborted: string[] = []
    const { client } = await connect((await start(aborted)).endpoint)
    const controller = new AbortController()
    const call = client.callTool({ name: 'slow' }, undefined, { signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    await expect(call).rejects.toThrow()
    await until(() => aborted.length === 1)
  })

  test.each(withSessions)('news of a changed list arrives over %s', async (_name, start) => {
    const { client } = await connect((await start([])).endpoint)
    const changed = Promise.withResolvers<void>()
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed.resolve())
    await client.callTool({ name: 'echo', arguments: { text: 'the stream is open' } })
    // The stream for news opens after `initialized`, beside everything else.
    const again = setInterval(() => client.callTool({ name: 'change' }).catch(() => {}), 50)
    await changed.promise
    clearInterval(again)
  })

  test.each(withSessions)('closing ends the session at the server over %s', async (_name, start) => {
    const { endpoint, sessions } = await start([])
    const { client, link } = await connect(endpoint)
    await client.listTools()
    expect(sessions.size).toBe(1)
    await link.link.close()
    await until(() => sessions.size === 0)
  })
})
