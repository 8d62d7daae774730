import { randomUUID } from 'node:crypto'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js'
import express, { type RequestHandler, type Response } from 'express'
import { callerOf } from '../access.ts'
import { createApp } from '../app.ts'
import { noteMessages } from '../part.ts'
import { createEventStore } from './event-store.ts'
import { createSessionServer, type ServerInfo } from './server.ts'
import type { DemoTool } from './tool.ts'

type Needs = {
  info: ServerInfo
  tools: DemoTool[]
  identify: RequestHandler
  /** Keeps events for clients that come back with Last-Event-ID. */
  resumable?: boolean
  /** Comes before each tool call; true when it has answered, or ended the connection, itself. */
  interfere?: (res: Response) => Promise<boolean>
}
type Session = { callerId: string; transport: StreamableHTTPServerTransport; add: (tool: DemoTool) => unknown }

export const longestBody = '128mb'
const longestBodyBytes = 128 * 1024 * 1024

/** Streamable HTTP with sessions at `/mcp`, on the v1 SDK, and the handles to lose those sessions. */
export function createStreamable({ info, tools, identify, resumable = false, interfere }: Needs) {
  const sessions = new Map<string, Session>()
  const counts = { opened: 0, deletes: 0 }
  const offered = [...tools]
  const app = createApp(() => ({ status: 'ok', service: info.name, sessions: sessions.size }))

  app.all('/mcp', identify, express.json({ limit: longestBody }), async (req, res) => {
    noteMessages(req, req.body)
    if (req.method === 'DELETE') counts.deletes++
    if (isToolCall(req.body) && (await interfere?.(res))) return
    const id = req.get('mcp-session-id')
    const session = id === undefined ? await open(req.body, callerOf(res).id, res) : sessions.get(id)
    if (!session || session.callerId !== callerOf(res).id) {
      const [status, message] = id === undefined ? [400, 'Bad Request: no session'] : [404, 'Session not found']
      res.status(status).json({ jsonrpc: '2.0', id: null, error: { code: -32001, message } })
      return
    }
    await session.transport.handleRequest(req, res, req.body)
  })

  async function open(body: unknown, callerId: string, res: Response): Promise<Session | undefined> {
    if (!(Array.isArray(body) ? body : [body]).some(isInitializeRequest)) return undefined
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        sessions.set(id, session)
        counts.opened++
      },
      maxRequestBodySize: longestBodyBytes,
      ...(resumable ? { eventStore: createEventStore(), retryInterval: 100 } : {}),
    })
    const { server, add } = createSessionServer(info, offered, callerOf(res))
    const session: Session = { callerId, transport, add }
    // The SDK's own types clash under exactOptionalPropertyTypes: its class may hold undefined, its interface may not.
    await server.connect(transport as Parameters<typeof server.connect>[0])
    transport.onclose = () => void (transport.sessionId && sessions.delete(transport.sessionId))
    return session
  }

  async function dropSessions() {
    const dropped = [...sessions.values()]
    sessions.clear()
    await Promise.all(dropped.map(({ transport }) => transport.close()))
    return dropped.length
  }

  return {
    app,
    counts,
    openSessions: () => sessions.size,
    /** Forgets every session: the next request of each is answered 404, as after a restart. */
    dropSessions,
    /** A new tool for everyone; open sessions are told that the list has changed. */
    addTool(tool: DemoTool) {
      offered.push(tool)
      for (const session of sessions.values()) session.add(tool)
    },
  }
}

const isToolCall = (body: unknown) => (body as { method?: unknown } | undefined)?.method === 'tools/call'
