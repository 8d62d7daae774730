import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Message, State } from './state.ts'

export const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
}
export const toFrame = (message: object, event = 'message') => `event: ${event}\ndata: ${JSON.stringify(message)}\n\n`

export function answerJson(res: ServerResponse, status: number, body: object, headers = {}) {
  const bytes = Buffer.from(JSON.stringify(body))
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers }).end(bytes)
}
export const refuse = (res: ServerResponse, status: number, code: number, message: string, id: unknown = null) =>
  answerJson(res, status, { jsonrpc: '2.0', id, error: { code, message } })

/** By its events: a server that costs little tells bridges apart better, and iterating costs more than all of the rest. */
function readBody(req: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const parts: Buffer[] = []
  req.on('data', (part: Buffer) => void parts.push(part))
  req.on('end', () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)))
  req.on('error', reject)
  return promise
}

/** The message of a POST; answered with 400 and undefined where it is not JSON. */
export async function readMessage(state: State, req: IncomingMessage, res: ServerResponse) {
  state.counts.posts += 1
  const body = await readBody(req)
  try {
    return JSON.parse(body.toString()) as Message
  } catch {
    state.counts.badJson += 1
    refuse(res, 400, -32700, 'Parse error')
  }
}
