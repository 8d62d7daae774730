import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { State } from './state.ts'
import { handle } from './tools.ts'
import { answerJson, readMessage, streamHeaders, toFrame } from './wire.ts'

/** HTTP+SSE: the stream at `/sse` names the address its session posts to. */
export function openLegacyStream(state: State, res: ServerResponse) {
  state.counts.streams += 1
  const id = randomUUID().replaceAll('-', '')
  res.writeHead(200, streamHeaders).write(`event: endpoint\ndata: /messages/?session_id=${id}\n\n`)
  state.legacy.set(id, res)
  res.on('close', () => {
    if (state.legacy.get(id) === res) state.legacy.delete(id)
  })
}

export async function answerLegacy(state: State, req: IncomingMessage, res: ServerResponse, id: string) {
  const message = await readMessage(state, req, res)
  if (!message) return
  const stream = state.legacy.get(id)
  if (!stream) {
    state.counts.unknownSession += 1
    return void res.writeHead(404, { 'content-type': 'text/plain' }).end('Could not find session')
  }
  res.writeHead(202).end('Accepted')
  const answer = await handle(state, message, id, (sent) => stream.write(toFrame(sent)))
  if (answer) stream.write(toFrame(answer))
}

/** The split transport: one stream at `/events` for everyone, on which every answer is broadcast. */
export function openBroadcast(state: State, res: ServerResponse) {
  state.counts.streams += 1
  res.writeHead(200, streamHeaders).write(': hello\r\nevent: system\r\ndata: {"status":"connected"}\r\n\r\n')
  state.broadcast.add(res)
  res.on('close', () => state.broadcast.delete(res))
}

export async function answerSplit(state: State, req: IncomingMessage, res: ServerResponse) {
  const message = await readMessage(state, req, res)
  if (!message) return
  const broadcast = (sent: object) => {
    const event = 'method' in sent ? 'progress' : 'message'
    for (const stream of state.broadcast) stream.write(toFrame(sent, event))
  }
  if (message.method === 'initialize') {
    return answerJson(res, 200, (await handle(state, message, 'split', broadcast)) ?? {})
  }
  if (message.id === undefined || message.method === undefined) {
    await handle(state, message, 'split', broadcast)
    return void res.writeHead(204).end()
  }
  answerJson(res, 202, { jsonrpc: '2.0', id: message.id, result: { status: 'accepted' } })
  const answer = await handle(state, message, 'split', broadcast)
  if (answer) broadcast(answer)
}
