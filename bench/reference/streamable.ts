import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Message, State } from './state.ts'
import { handle } from './tools.ts'
import { answerJson, readMessage, refuse, streamHeaders, toFrame } from './wire.ts'

/** Streamable HTTP: `/mcp` has sessions and answers by streams, `/mcp-json` has none and answers by JSON. */
export async function answerStreamable(state: State, req: IncomingMessage, res: ServerResponse, hasSessions: boolean) {
  const named = req.headers['mcp-session-id']
  const id = typeof named === 'string' ? named : null
  if (req.method !== 'POST' && !hasSessions) return void res.writeHead(405, { allow: 'POST' }).end()
  if (req.method === 'GET') return openStream(state, res, id)
  if (req.method === 'DELETE') return endSession(state, res, id)
  if (req.method !== 'POST') return void res.writeHead(405).end()
  const message = await readMessage(state, req, res)
  if (!message) return
  if (!hasSessions) return answerAlone(state, message, res)
  const session = message.method === 'initialize' ? begin(state) : id
  if (session === null) return refuse(res, 400, -32000, 'Mcp-Session-Id header is required')
  if (!state.sessions.has(session)) return unknown(state, res, message)
  const headers = message.method === 'initialize' ? { 'mcp-session-id': session } : {}
  await answerByStream({ state, message, res, session, headers })
}

async function answerAlone(state: State, message: Message, res: ServerResponse) {
  const answer = await handle(state, message, 'none', () => {})
  if (answer) answerJson(res, 200, answer)
  else res.writeHead(202).end()
}

type Exchange = { state: State; message: Message; res: ServerResponse; session: string; headers: object }
async function answerByStream({ state, message, res, session, headers }: Exchange) {
  const write = (sent: object) => {
    if (!res.headersSent) res.writeHead(200, { ...streamHeaders, ...headers })
    res.write(toFrame(sent))
  }
  const answer = await handle(state, message, session, (sent, unasked) => {
    if (unasked) state.sessions.get(session)?.stream?.write(toFrame(sent))
    else write(sent)
  })
  if (!answer) return void res.writeHead(202).end()
  if (!res.headersSent) res.writeHead(200, { ...streamHeaders, ...headers })
  res.end(toFrame(answer))
}

function begin(state: State) {
  const id = randomUUID()
  state.sessions.set(id, { stream: null })
  return id
}

function openStream(state: State, res: ServerResponse, id: string | null) {
  state.counts.streams += 1
  const session = id === null ? undefined : state.sessions.get(id)
  if (!session) return unknown(state, res, {})
  res.writeHead(200, streamHeaders).flushHeaders()
  session.stream = res
  res.on('close', () => {
    if (session.stream === res) session.stream = null
  })
}

function endSession(state: State, res: ServerResponse, id: string | null) {
  state.counts.deletes += 1
  const session = id === null ? undefined : state.sessions.get(id)
  if (!session) return unknown(state, res, {})
  session.stream?.end()
  state.sessions.delete(id as string)
  res.writeHead(200).end()
}

function unknown(state: State, res: ServerResponse, { id }: Message) {
  state.counts.unknownSession += 1
  refuse(res, 404, -32001, 'Session not found', id)
}
