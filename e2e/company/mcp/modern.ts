import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createMcpHandler, McpServer, type McpServerFactory } from '@modelcontextprotocol/server'
import express, { type Request as ExpressRequest, type Response as ExpressResponse, type RequestHandler } from 'express'
import { type Caller, callerOf } from '../access.ts'
import { createApp } from '../app.ts'
import { noteMessages } from '../part.ts'
import type { ServerInfo } from './server.ts'
import { longestBody } from './streamable.ts'
import { annotationsOf, type DemoTool, runTool, toolsFor } from './tool.ts'

type Needs = {
  info: ServerInfo
  tools: DemoTool[]
  identify: RequestHandler
  /** Tools that need more of the protocol than plain data can say. */
  extend?: (server: McpServer) => void
}

/** A server of 2026-07-28 and nothing older: no sessions, no `initialize`, every request stands alone. */
export function createModern({ info, tools, identify, extend }: Needs) {
  const { instructions, ...implementation } = info
  const factory: McpServerFactory = ({ authInfo }) => {
    const caller = authInfo?.extra?.caller as Caller
    const server = new McpServer(implementation, instructions ? { instructions } : {})
    for (const tool of toolsFor(tools, caller)) {
      server.registerTool(
        tool.name,
        { title: tool.title, description: tool.description, inputSchema: tool.input, annotations: annotationsOf(tool) },
        (args, { mcpReq }) =>
          runTool(tool, args, {
            caller,
            signal: mcpReq.signal,
            async progress(done, total, message) {
              const progressToken = mcpReq._meta?.progressToken
              if (progressToken === undefined) return
              const params = { progressToken, progress: done, total, message }
              await mcpReq.notify({ method: 'notifications/progress', params })
            },
          }),
      )
    }
    extend?.(server)
    return server
  }
  const handler = createMcpHandler(factory, { legacy: 'reject' })

  const app = createApp(() => ({ status: 'ok', service: info.name }))

  app.all('/mcp', identify, express.json({ limit: longestBody }), async (req, res) => {
    noteMessages(req, req.body)
    const authInfo = { token: '', clientId: 'causeway', scopes: ['mcp'], extra: { caller: callerOf(res) } }
    await send(await handler.fetch(toRequest(req, res), { authInfo, parsedBody: req.body }), res)
  })
  return { app, notify: handler.notify, close: handler.close }
}

function toRequest(req: ExpressRequest, res: ExpressResponse) {
  const aborter = new AbortController()
  res.on('close', () => aborter.abort())
  const headers = new Headers(
    Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)]),
  )
  const body = req.method === 'POST' ? { body: JSON.stringify(req.body) } : {}
  return new Request(`http://${req.headers.host}${req.url}`, {
    method: req.method,
    headers,
    signal: aborter.signal,
    ...body,
  })
}

async function send(answer: Response, res: ExpressResponse) {
  res.writeHead(answer.status, Object.fromEntries(answer.headers))
  res.flushHeaders()
  if (!answer.body) return void res.end()
  // The client closing its stream is how it cancels: no error of ours.
  await pipeline(Readable.fromWeb(answer.body as ReadableStream), res).catch(() => res.destroy())
}
