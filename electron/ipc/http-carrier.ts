import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { z } from 'zod'
import { Problem, type ProblemCode, toProblem } from '../../shared/problems.ts'
import type { Log } from '../lib/log.ts'
import { createWebFiles } from '../lib/web-files.ts'
import type { Dispatcher } from './dispatcher.ts'
import { streamEvents } from './event-stream.ts'
import { findRefusal, isForeignPeer } from './http-guard.ts'
import { createWindowSessions } from './window-sessions.ts'

type Needs = {
  dispatcher: Dispatcher
  /** The built window (`dist/renderer`). */
  folder: string
  /** 0, or absent, for any free one. */
  port?: number
  /** An address was used up: whoever shows addresses shows the next. */
  used?: () => void
  log: Log
}
const mostBodyBytes = 1024 * 1024
const TokenBody = z.object({ token: z.string().max(200) })

/** The window and the contract on 127.0.0.1, for whoever holds an address of `mintAddress` (README, “Loopback HTTP”). */
export async function createHttpCarrier({ dispatcher, folder, port: wantedPort = 0, used, log }: Needs) {
  const sessions = createWindowSessions()
  const readFile = createWebFiles({ folder, connect: "'self'" })
  const foreign = new WeakMap<Socket, Promise<boolean>>()
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
    handle(request, response).catch((error) => fail(response, error))
  })
  if (process.platform === 'linux')
    server.on('connection', (socket) => foreign.set(socket, isForeignPeer(socket, process.getuid?.() ?? -1)))
  server.maxConnections = 128
  await listen(server, wantedPort)
  const { port } = server.address() as AddressInfo
  const cookieName = `causeway-${port}`

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const isForeign = await foreign.get(request.socket)
    const refusal = isForeign ? 'the request comes from another person on this machine' : findRefusal(request, port)
    if (refusal) {
      log.warn('request.refused', { reason: refusal, host: request.headers.host, origin: request.headers.origin })
      return refuse(response, 403, 'ipc.forbidden', refusal)
    }
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (request.method === 'POST' && path === '/session') return openSession(request, response)
    if (request.method === 'POST' && path.startsWith('/call/')) return answerCall(request, response, path.slice(6))
    if (request.method === 'GET' && path === '/events') return openEvents(request, response)
    if (request.method !== 'GET') return refuse(response, 404, 'ipc.bad-request', 'no such address')
    const { status, headers, body } = await readFile(path)
    response.writeHead(status, headers).end(body)
  }

  async function openSession(request: IncomingMessage, response: ServerResponse) {
    const body = TokenBody.safeParse(await readJson(request))
    const session = body.success ? sessions.redeem(body.data.token) : null
    if (session === null) {
      log.warn('session.refused', {})
      return refuse(response, 403, 'ipc.session-over', 'this address was used before')
    }
    log.info('session.opened', {})
    used?.()
    const cookie = `${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`
    response.writeHead(204, { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' }).end()
  }

  async function answerCall(request: IncomingMessage, response: ServerResponse, channel: string) {
    if (!isKnown(request)) return refuse(response, 401, 'ipc.session-over')
    const input = await readJson(request)
    sendJson(response, 200, await dispatcher.call(channel, input))
  }

  function openEvents(request: IncomingMessage, response: ServerResponse) {
    if (isKnown(request)) streamEvents(dispatcher, response)
    else refuse(response, 401, 'ipc.session-over')
  }

  const isKnown = (request: IncomingMessage) => sessions.knows(findCookie(request, cookieName))

  function fail(response: ServerResponse, error: unknown) {
    if (!(error instanceof Problem)) log.error('request.crashed', { error })
    if (response.headersSent) return response.destroy()
    const { code, detail } = toProblem(error)
    refuse(response, code === 'internal' ? 500 : 400, code, detail)
  }

  return {
    origin: `http://127.0.0.1:${port}`,
    /** An address that opens one window, once. */
    mintAddress: () => `http://127.0.0.1:${port}/#token=${sessions.mintToken()}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: ReturnType<typeof createServer>, port: number) {
  return new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Problem('ipc.port-taken', `port ${port}`, { cause: error }) : error),
    )
    server.listen({ host: '127.0.0.1', port }, resolve)
  })
}

/** The body as JSON; undefined where there is none. Limits hold before anything is parsed. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBodyBytes) throw new Problem('ipc.bad-request', 'the body is larger than 1 MB')
    chunks.push(chunk)
  }
  if (size === 0) return undefined
  if (!/^application\/json(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new Problem('ipc.bad-request', 'the body is not application/json')
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new Problem('ipc.bad-request', 'the body is not valid JSON', { cause })
  }
}

function findCookie(request: IncomingMessage, name: string) {
  const pairs = (request.headers.cookie ?? '').split('; ').map((pair) => pair.split('='))
  return pairs.find(([key]) => key === name)?.[1] ?? ''
}

function refuse(response: ServerResponse, status: number, code: ProblemCode, detail?: string) {
  sendJson(response, status, { ok: false, problem: new Problem(code, detail).data })
}

function sendJson(response: ServerResponse, status: number, value: unknown) {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // What is left of a refused body is not read: the connection ends with the answer.
    ...(status === 200 ? {} : { Connection: 'close' }),
  })
  response.end(JSON.stringify(value))
}
