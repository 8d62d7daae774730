import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Message = { id?: number; method: string; params?: { name?: string; _meta?: { progressToken?: unknown } } }

/**
 * An MCP server that is told when to answer. Tools: `hold` says its progress and waits to be let go, `quick` answers,
 * `flood` sends notices for as long as they are taken.
 */
export async function startScaleServer() {
  const held: (() => void)[] = []
  let floodBytes = 0
  let mostSockets = 0
  const notice = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(64 * 1024) } })}\n\n`

  const result = (id: number | undefined, value: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result: value })
  const text = (words: string) => ({ content: [{ type: 'text', text: words }] })
  const openStream = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })

  function hold({ id, params }: Message, response: ServerResponse) {
    openStream(response)
    const progressToken = params?._meta?.progressToken
    for (const progress of [1, 2, 3]) {
      const step = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress } }
      response.write(`data: ${JSON.stringify(step)}\n\n`)
    }
    held.push(() => response.end(`data: ${result(id, text('held'))}\n\n`))
  }
  function flood(response: ServerResponse) {
    openStream(response)
    const more = () => {
      do floodBytes += notice.length
      while (response.write(notice) && !response.destroyed)
    }
    response.on('drain', more)
    more()
  }
  function answer(message: Message, response: ServerResponse) {
    const { id, method, params } = message
    if (id === undefined) return response.writeHead(202).end()
    if (params?.name === 'hold') return hold(message, response)
    if (params?.name === 'flood') return flood(response)
    const serverInfo = { name: 'scale', version: '1' }
    const opening = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }
    response.setHeader('content-type', 'application/json')
    response.end(
      result(id, method === 'initialize' ? opening : method === 'tools/list' ? { tools: [] } : text('quick')),
    )
  }

  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    response.on('error', () => {})
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => answer(JSON.parse(Buffer.concat(parts).toString()), response))
    server.getConnections((_error, count) => {
      mostSockets = Math.max(mostSockets, count)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))
  return {
    endpoint: { transport: 'http', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` },
    held: () => held.length,
    letGo: () => {
      for (const go of held.splice(0)) go()
    },
    floodBytes: () => floodBytes,
    mostSockets: () => mostSockets,
    close() {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
