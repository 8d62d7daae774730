import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { until } from './until.ts'

type Json = Record<string, unknown>
export type Received = { id?: unknown; method?: string; result?: unknown; error?: Json; params?: Json }

/** The client’s side of a bridge, as plain lines: what a client’s SDK would hide stays visible. */
export function createLineClient(child: ChildProcessWithoutNullStreams) {
  const received: Received[] = []
  const lines: string[] = []
  const answers = new Map<unknown, Received>()
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.endsWith('}')) return // half a line, of a bridge that was killed
    lines.push(line)
    const message = JSON.parse(line) as Received
    received.push(message)
    if (!message.method) answers.set(message.id, message)
  })
  const type = (message: Json | string) =>
    child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const answer = (id: unknown) => until(() => answers.get(id), `the answer to ${id}`)
  return {
    child,
    received,
    /** The same as they came: what parsing would lose is still there. */
    lines,
    answers,
    type,
    answer,
    call(id: number, name: string, args: Json = {}) {
      type({ id, method: 'tools/call', params: { name, arguments: args, _meta: { progressToken: id } } })
    },
    async initialize(capabilities: Json = {}) {
      const clientInfo = { name: 'Test app', version: '1' }
      type({ id: 'open', method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities, clientInfo } })
      const opened = await answer('open')
      type({ method: 'notifications/initialized' })
      return opened
    },
  }
}
export type LineClient = ReturnType<typeof createLineClient>
