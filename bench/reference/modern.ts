import type { IncomingMessage, ServerResponse } from 'node:http'
import { metaKeys } from '../../electron/bridge/revision.ts'
import type { Message, State } from './state.ts'
import { handle, serverInfo } from './tools.ts'
import { answerJson, readMessage, refuse, streamHeaders, toFrame } from './wire.ts'

const version = '2026-07-28'
const capabilities = { tools: { listChanged: true } }
const cached = { ttlMs: 0, cacheScope: 'private' }

/** `/modern`: 2026-07-28 and nothing older. No session, each answer on the stream of its own POST. */
export async function answerModern(state: State, req: IncomingMessage, res: ServerResponse) {
  if (req.method !== 'POST') return void res.writeHead(405, { allow: 'POST' }).end()
  const message = await readMessage(state, req, res)
  if (!message) return
  if (req.headers['mcp-protocol-version'] !== version) {
    const error = { code: -32022, message: 'Unsupported protocol version', data: { supported: [version] } }
    return answerJson(res, 400, { jsonrpc: '2.0', id: message.id ?? null, error })
  }
  if (message.id === undefined) return refuse(res, 400, -32600, 'Only requests are posted')
  const { id, method, params } = message
  if (method === 'subscriptions/listen') return listen(state, message, res)
  if (method === 'server/discover') {
    state.counts.initialize += 1
    const meta = params?._meta as Record<string, unknown> | undefined
    state.openings.push({ clientInfo: meta?.[metaKeys.clientInfo], capabilities: meta?.[metaKeys.capabilities] })
    const { serverInfo: info, instructions } = serverInfo
    const result = { supportedVersions: [version], capabilities, instructions, _meta: { [metaKeys.serverInfo]: info } }
    return answerJson(res, 200, { jsonrpc: '2.0', id, result: { resultType: 'complete', ...result, ...cached } })
  }
  if (params?.name === 'ask') return ask(message, res)
  await answerByStream(state, message, res)
}

async function answerByStream(state: State, message: Message, res: ServerResponse) {
  const session = 'modern'
  // The end of its exchange is how a request is cancelled.
  res.on('close', () => {
    const stop = state.running.get(`${session}/${message.id}`)
    if (!stop) return
    state.counts.cancelled += 1
    stop()
  })
  const write = (sent: object) => {
    if (!res.headersSent) res.writeHead(200, streamHeaders)
    res.write(toFrame(sent))
  }
  const answer = await handle(state, message, session, (sent, unasked) => {
    if (unasked) tell(state, sent as Message)
    else write(sent)
  })
  if (!answer) return
  const { result, ...rest } = answer as { result?: object }
  if (!res.headersSent) res.writeHead(200, streamHeaders)
  res.end(toFrame(result ? { ...rest, result: { resultType: 'complete', ...result, ...cached } } : answer))
}

/** Asks for the client's roots by an answer that wants the call again. */
function ask({ id, params }: Message, res: ServerResponse) {
  const { roots } = (params?.inputResponses ?? {}) as { roots?: unknown }
  const result =
    roots === undefined
      ? { resultType: 'input_required', inputRequests: { roots: { method: 'roots/list' } }, requestState: 'asked' }
      : { resultType: 'complete', content: [{ type: 'text', text: JSON.stringify(roots) }] }
  answerJson(res, 200, { jsonrpc: '2.0', id, result })
}

function listen(state: State, { id, params }: Message, res: ServerResponse) {
  state.counts.streams += 1
  const _meta = { [metaKeys.subscription]: id }
  const method = 'notifications/subscriptions/acknowledged'
  res.writeHead(200, streamHeaders)
  res.write(toFrame({ jsonrpc: '2.0', method, params: { _meta, notifications: params?.notifications } }))
  state.listeners.set(res, id)
  res.on('close', () => state.listeners.delete(res))
}

function tell(state: State, sent: Message) {
  for (const [stream, id] of state.listeners) {
    stream.write(toFrame({ ...sent, params: { ...sent.params, _meta: { [metaKeys.subscription]: id } } }))
  }
}
