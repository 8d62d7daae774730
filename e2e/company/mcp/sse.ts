import { randomUUID } from 'node:crypto'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js'
import express, { type RequestHandler, type Response } from 'express'
import { callerOf } from '../access.ts'
import { createApp } from '../app.ts'
import { noteMessages } from '../part.ts'
import { createSessionServer, type ServerInfo } from './server.ts'
import { longestBody } from './streamable.ts'
import type { DemoTool } from './tool.ts'

type Needs = { info: ServerInfo; tools: DemoTool[]; identify: RequestHandler }
type Session = { callerId: string; node: string; transport: Transport; end: () => void }

const cookieName = 'fernhill-node'

/**
 * HTTP+SSE of 2024-11-05 the way Python servers speak it: `/sse`, `/messages/?session_id=`, CRLF, comments, and a load
 * balancer in front whose cookie says on which node the session lives.
 */
export function createSse({ info, tools, identify }: Needs) {
  const sessions = new Map<string, Session>()
  const rules = { sticky: true }
  const counts = { opened: 0 }
  const app = createApp(() => ({ status: 'ok', service: info.name, sessions: sessions.size }))

  app.get('/sse', identify, async (_req, res) => {
    const id = randomUUID().replaceAll('-', '')
    const node = `node-${(counts.opened++ % 3) + 1}`
    res.cookie(cookieName, node, { httpOnly: true, path: '/' })
    const transport = createTransport(res, `/messages/?session_id=${id}`)
    sessions.set(id, { callerId: callerOf(res).id, node, transport, end: () => res.end() })
    res.on('close', () => {
      sessions.delete(id)
      transport.onclose?.()
    })
    await createSessionServer(info, tools, callerOf(res)).server.connect(transport)
  })

  app.post('/messages/', identify, express.json({ limit: longestBody }), (req, res) => {
    noteMessages(req, req.body)
    const session = sessions.get(String(req.query.session_id))
    const onNode = !rules.sticky || cookieOf(req.get('cookie')) === session?.node
    if (!session || !onNode || session.callerId !== callerOf(res).id) {
      res.status(404).type('text').send('Could not find session')
      return
    }
    const message = JSONRPCMessageSchema.safeParse(req.body)
    if (!message.success) {
      res.status(400).type('text').send('Could not parse message')
      return
    }
    res.status(202).type('text').send('Accepted')
    session.transport.onmessage?.(message.data)
  })

  return {
    app,
    rules,
    counts,
    openSessions: () => sessions.size,
    /** Ends every stream; the session dies with it. */
    dropSessions() {
      const dropped = [...sessions.values()]
      for (const { end } of dropped) end()
      return dropped.length
    },
  }
}

const cookieOf = (header = '') => new RegExp(`(?:^|; )${cookieName}=([^;]*)`).exec(header)?.[1]

function createTransport(res: Response, endpoint: string): Transport {
  return {
    async start() {
      res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
      res.write(`event: endpoint\r\ndata: ${endpoint}\r\n\r\n: ping - connected\r\n\r\n`)
    },
    async send(message) {
      res.write(`event: message\r\ndata: ${JSON.stringify(message)}\r\n\r\n`)
    },
    async close() {
      res.end()
    },
  }
}
