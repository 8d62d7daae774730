import express, { type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { type Caller, callerOf } from '../access.ts'
import { createApp } from '../app.ts'
import { noteMessages } from '../part.ts'
import type { ServerInfo } from './server.ts'
import { longestBody } from './streamable.ts'
import { annotationsOf, type DemoTool, runTool, toolsFor } from './tool.ts'

type Needs = { info: ServerInfo; tools: DemoTool[]; identify: RequestHandler }

const Message = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
})
type Message = z.infer<typeof Message>

const versions = ['2024-11-05', '2025-03-26']
// Such servers name their events as it pleased them that day.
const eventNames = ['message', 'progress', 'system']

/**
 * A home-grown server as FastAPI teams write them. `GET /events` and `POST /rpc` know nothing of each other: only
 * `initialize` is answered in the POST's body, and every other answer goes to every open stream, whoever reads it.
 */
export function createSplit({ info, tools, identify }: Needs) {
  const streams = new Set<Response>()
  const running = new Map<string | number, AbortController>()
  let sent = 0
  const app = createApp(() => ({ status: 'healthy', service: info.name, clients: streams.size }))

  app.get('/events', identify, (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    res.write(`event: connected\r\ndata: {"status":"connected","server":"${info.name}"}\r\n\r\n: keep-alive\r\n\r\n`)
    streams.add(res)
    res.on('close', () => streams.delete(res))
  })

  app.post('/rpc', identify, express.json({ limit: longestBody }), (req, res) => {
    noteMessages(req, req.body)
    const parsed = Message.safeParse(req.body)
    if (!parsed.success) {
      res
        .status(422)
        .json({ detail: parsed.error.issues.map(({ path, message }) => ({ loc: ['body', ...path], msg: message })) })
      return
    }
    const message = parsed.data
    if (message.id === undefined) {
      if (message.method === 'notifications/cancelled') running.get(message.params.requestId as string)?.abort()
      res.status(204).end()
    } else if (message.method === 'initialize') {
      res.json({ jsonrpc: '2.0', id: message.id, result: initialize(message) })
    } else {
      res.status(202).json({ jsonrpc: '2.0', id: message.id, result: { status: 'accepted' } })
      void answer(message.id, message, callerOf(res))
    }
  })

  function initialize({ params }: Message) {
    const asked = String(params.protocolVersion)
    const { instructions, ...serverInfo } = info
    const protocolVersion = versions.includes(asked) ? asked : '2025-03-26'
    return { protocolVersion, capabilities: { tools: {} }, serverInfo, ...(instructions ? { instructions } : {}) }
  }

  async function answer(id: string | number, message: Message, caller: Caller) {
    const aborter = new AbortController()
    running.set(id, aborter)
    try {
      const result = await handle(message, caller, aborter.signal)
      broadcast(result ? { jsonrpc: '2.0', id, result } : { jsonrpc: '2.0', id, error: unknownMethod(message.method) })
    } catch (error) {
      // A cancelled call gets no answer.
      if (!aborter.signal.aborted) broadcast({ jsonrpc: '2.0', id, error: { code: -32603, message: String(error) } })
    } finally {
      running.delete(id)
    }
  }

  async function handle({ method, params }: Message, caller: Caller, signal: AbortSignal) {
    const mine = toolsFor(tools, caller)
    if (method === 'ping') return {}
    if (method === 'tools/list') return { tools: mine.map(describe) }
    if (method !== 'tools/call') return null
    const tool = mine.find((tool) => tool.name === params.name)
    if (!tool) return { content: [{ type: 'text', text: `Unknown tool: ${String(params.name)}` }], isError: true }
    const progressToken = (params._meta as { progressToken?: string | number } | undefined)?.progressToken
    return runTool(tool, params.arguments ?? {}, {
      caller,
      signal,
      async progress(progress, total, message) {
        if (progressToken === undefined) return
        const params = { progressToken, progress, total, message }
        broadcast({ jsonrpc: '2.0', method: 'notifications/progress', params })
      },
    })
  }

  function broadcast(message: unknown) {
    const event = `event: ${eventNames[sent++ % eventNames.length]}\r\ndata: ${JSON.stringify(message)}\r\n\r\n`
    for (const stream of streams) stream.write(event)
  }

  return { app, openStreams: () => streams.size }
}

const describe = (tool: DemoTool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: z.toJSONSchema(tool.input, { io: 'input' }),
  annotations: annotationsOf(tool),
})
const unknownMethod = (method: string) => ({ code: -32601, message: `Method not found: ${method}` })
