import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { answerModern } from './modern.ts'
import type { Command } from './reference-server.ts'
import { createState, toStats } from './state.ts'
import { answerStreamable } from './streamable.ts'
import { answerLegacy, answerSplit, openBroadcast, openLegacyStream } from './streams.ts'
import { answerJson } from './wire.ts'

// A process of its own on plain node:http, so that it costs little and can be killed. It misbehaves on request.
const { REFERENCE_PORT = '0', REFERENCE_TOKEN, REFERENCE_ISSUER } = process.env
const state = createState()
state.token = REFERENCE_TOKEN ?? null
const keys = REFERENCE_ISSUER ? createRemoteJWKSet(new URL('/jwks', REFERENCE_ISSUER)) : null
const known = new Set<string>()

/** Either the one token that was set, or any of the issuer; a token is verified once. */
function mayEnter({ authorization = '' }: IncomingMessage['headers']): boolean | Promise<boolean> {
  const token = authorization.startsWith('Bearer ') ? authorization.slice(7) : authorization
  if (state.token !== null) return token === state.token
  return !keys || known.has(token) || verify(token, keys)
}
async function verify(token: string, keys: ReturnType<typeof createRemoteJWKSet>) {
  try {
    await jwtVerify(token, keys, { issuer: REFERENCE_ISSUER as string })
    known.add(token)
    return true
  } catch {
    return false
  }
}

const routeMcp = (req: IncomingMessage, res: ServerResponse) => answerStreamable(state, req, res, true)
const routeModern = (req: IncomingMessage, res: ServerResponse) => answerModern(state, req, res)
const routeMcpJson = (req: IncomingMessage, res: ServerResponse) => answerStreamable(state, req, res, false)

function findRoute({ method = '', url = '/' }: IncomingMessage) {
  if (url === '/mcp') return routeMcp
  if (url === '/mcp-json') return routeMcpJson
  if (url === '/modern') return routeModern
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1')
  const at = `${method} ${pathname}`
  const id = searchParams.get('session_id') ?? ''
  const routes: Record<string, (req: IncomingMessage, res: ServerResponse) => unknown> = {
    'GET /sse': (_req, res) => openLegacyStream(state, res),
    'POST /messages/': (req, res) => answerLegacy(state, req, res, id),
    'GET /events': (_req, res) => openBroadcast(state, res),
    'POST /rpc': (req, res) => answerSplit(state, req, res),
  }
  if (routes[at]) return routes[at]
  if (pathname.startsWith('/.well-known')) state.counts.wellKnown += 1
  else if (!/^\/(sse|messages|events|rpc)/.test(pathname)) state.counts.other += 1
  else return (_req: IncomingMessage, res: ServerResponse) => res.writeHead(405).end()
  return (_req: IncomingMessage, res: ServerResponse) => res.writeHead(404).end('Not found')
}

async function serve(req: IncomingMessage, res: ServerResponse) {
  res.on('error', () => {})
  const route = findRoute(req)
  const entered = mayEnter(req.headers)
  if (entered === true || (await entered)) return route(req, res)
  state.counts.unauthorized += 1
  req.resume()
  answerJson(res, 401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' })
}

function onCommand(command: Command): unknown {
  if (command.do === 'set-token') state.token = command.token
  else if (command.do === 'set-latency') state.latencyMs = command.ms
  else if (command.do === 'forget-sessions') {
    state.sessions.clear()
    state.legacy.clear()
  } else if (command.do === 'cut-streams') {
    for (const { stream } of state.sessions.values()) stream?.destroy()
    for (const stream of [...state.legacy.values(), ...state.broadcast, ...state.listeners.keys()]) stream.destroy()
  }
  return toStats(state)
}

const server = createServer((req, res) => {
  state.counts.requests += 1
  const answer = () => void serve(req, res).catch(() => res.destroy())
  if (state.latencyMs > 0) setTimeout(answer, state.latencyMs)
  else answer()
})
server.keepAliveTimeout = 60_000
server.requestTimeout = 0
server.on('connection', (socket) => socket.setNoDelay(true))
process.on('message', ({ id, command }: { id: number; command: Command }) =>
  process.send?.({ id, answer: onCommand(command) }),
)
process.on('disconnect', () => process.exit(0))
server.listen(Number(REFERENCE_PORT), '127.0.0.1', () =>
  process.send?.({ ready: (server.address() as AddressInfo).port }),
)
