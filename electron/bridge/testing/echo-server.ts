import { readFileSync } from 'node:fs'
import type { Link } from '../link.ts'
import type { IdText, Message } from '../message.ts'
import type { LinkHandlers } from '../upstream.ts'

export type EchoOptions = {
  /** What `initialize` and `tools/list` answer; read anew by each session. */
  tools?: () => string[]
  version?: string
  /** Calls never answered, until the link ends. */
  hang?: Set<string>
  onMessage?: (message: Message) => void
  onClose?: () => void
  /** What the end of a link waits for. */
  closed?: Promise<void>
}

/** A small MCP server in memory behind a link: lists tools, echoes calls, says what it is told to say. */
export function createEchoLink({ deliver, fail }: LinkHandlers, options: EchoOptions = {}): Link {
  const { tools = () => ['echo'], version = '2025-11-25', hang = new Set(['hang']), onMessage, onClose } = options
  let closed = false
  const answer = (id: IdText, result: unknown) => {
    if (!closed) void deliver(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`))
  }
  function onRequest(id: IdText, method: string, line: Buffer) {
    const { params } = JSON.parse(line.toString()) as { params?: { name?: string; arguments?: { text?: string } } }
    if (method === 'initialize') {
      const capabilities = { tools: { listChanged: true } }
      return answer(id, { protocolVersion: version, capabilities, serverInfo: { name: 'echo', version: '1' } })
    }
    if (method === 'ping') return answer(id, {})
    if (method === 'tools/list') {
      return answer(id, { tools: tools().map((name) => ({ name, inputSchema: { type: 'object' } })) })
    }
    if (method !== 'tools/call') return fail(id, { code: -32601, message: 'Method not found' })
    if (hang.has(params?.name ?? '')) return
    const text = params?.name === 'file' ? readFileSync(params.arguments?.text ?? '', 'utf8') : params?.arguments?.text
    answer(id, { content: [{ type: 'text', text: text ?? '' }], isError: params?.name === 'fail' })
  }
  return {
    send(message) {
      onMessage?.(message)
      const { kind, id, method, line } = message
      if (kind === 'request') queueMicrotask(() => onRequest(id as IdText, method as string, line))
    },
    async close() {
      closed = true
      onClose?.()
      await options.closed
    },
  }
}
