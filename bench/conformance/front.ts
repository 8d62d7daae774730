import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Exchange, type Message, type StdioBridge, startStdioBridge } from './stdio-bridge.ts'

const modern = '2026-07-28'
const versionKey = 'io.modelcontextprotocol/protocolVersion'
const abilitiesKey = 'io.modelcontextprotocol/clientCapabilities'

type Command = Parameters<typeof startStdioBridge>[0]
type Bridge = StdioBridge & { listener: ServerResponse | null }

/**
 * The suite speaks HTTP, a bridge stdio: this stands between. A session has a bridge process of its own; all of
 * 2026-07-28 shares one. It judges only what stdio cannot carry, the headers; everything else is the server’s to say.
 */
export async function startFront(command: Command) {
  const sessions = new Map<string, Bridge>()
  let shared: Bridge | null = null

  function open(): Bridge {
    const bridge: Bridge = { ...startStdioBridge(command, () => bridge.listener), listener: null }
    return bridge
  }

  function post(message: Message, request: IncomingMessage, response: ServerResponse) {
    const meta = message.params?._meta
    const claimed = meta?.[versionKey]
    const id = request.headers['mcp-session-id']
    const header = request.headers['mcp-protocol-version']
    const exchange: Exchange = { id: message.id, response, token: meta?.progressToken, isModern: false, headers: {} }
    if (message.method === 'initialize' && claimed === undefined) {
      const session = randomUUID()
      const bridge = open()
      sessions.set(session, bridge)
      return bridge.ask(message, { ...exchange, headers: { 'mcp-session-id': session } })
    }
    if (typeof id === 'string' && claimed === undefined && header !== modern) {
      const bridge = sessions.get(id)
      if (!bridge) return refuse(exchange, 404, -32001, 'Session not found')
      if (message.method !== undefined && message.id !== undefined) return bridge.ask(message, exchange)
      bridge.send(message)
      return void response.writeHead(202).end()
    }
    if (header === undefined) return refuse(exchange, 400, -32020, 'MCP-Protocol-Version is missing')
    if (claimed !== undefined && claimed !== header)
      return refuse(exchange, 400, -32020, 'MCP-Protocol-Version is not that of the message')
    if (header === modern && message.id !== undefined && (claimed === undefined || !meta?.[abilitiesKey]))
      return refuse(exchange, 400, -32602, '_meta lacks what every request has')
    shared ??= open()
    if (message.id !== undefined) return shared.ask(message, { ...exchange, isModern: true })
    shared.send(message)
    return void response.writeHead(202).end()
  }

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const id = String(request.headers['mcp-session-id'])
    const bridge = sessions.get(id)
    if (request.method === 'POST') {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      return post(JSON.parse(Buffer.concat(parts).toString()) as Message, request, response)
    }
    if (request.method === 'GET' && bridge) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }).flushHeaders()
      bridge.listener = response
      return
    }
    if (request.method !== 'DELETE' || !bridge) return void response.writeHead(405).end()
    sessions.delete(id)
    await bridge.close()
    response.writeHead(200).end()
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) =>
      refuse({ id: null, response }, 400, -32700, `That cannot be read: ${error.message}`),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, shared?.close(), ...[...sessions.values()].map((bridge) => bridge.close())])
    },
  }
}

function refuse({ id, response }: Pick<Exchange, 'id' | 'response'>, status: number, code: number, message: string) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message } }))
}
