import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Express } from 'express'
import { answerError } from './app.ts'

/** One request a part has answered or is answering. Secrets are replaced by a short hash: equal values stay equal. */
export type Seen = {
  at: string
  method: string
  path: string
  headers: Record<string, string>
  /** JSON-RPC methods of the body, with the tool: `tools/call echo`. */
  messages: string[]
  status: number | null
}

/** What goes wrong instead of, or before, the real answer. */
export type Fault =
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  | { kind: 'delay'; ms: number }
  | { kind: 'hang' }
  | { kind: 'reset' }
export type FaultScope = {
  path?: RegExp
  method?: string
  /** How many matching requests it hits; 1 unless told, `Infinity` until removed. */
  times?: number
}

/** One HTTP server of the company, which a test can watch, break, stop and start again on its port. */
export type Part = {
  name: string
  origin: string
  requests: Seen[]
  /** Puts a fault before the next matching requests; returns what removes it. */
  inject: (fault: Fault, scope?: FaultScope) => () => void
  /** A part that is down refuses connections; it comes back on the same port. */
  setDown: (down: boolean) => Promise<void>
  /** Cuts the connection under every open event stream. */
  cutStreams: () => number
  openStreams: () => number
  close: () => Promise<void>
}

const secretHeaders = new Set(['authorization', 'cookie', 'x-api-key', 'x-gateway-secret'])
const longestLog = 10_000

export type StartedPart = Part & { serve: (app: Express) => void }

export async function createPart(name: string, { port = 0 }: { port?: number } = {}): Promise<StartedPart> {
  const requests: Seen[] = []
  const faults: { fault: Fault; scope: FaultScope; left: number }[] = []
  const streams = new Set<ServerResponse>()
  let handler: RequestListener = (_req, res) => void res.writeHead(503).end()

  const server = createServer((req, res) => {
    const seen = see(req)
    requests.push(seen)
    if (requests.length > longestLog) requests.shift()
    watchHead(res, (contentType) => contentType.startsWith('text/event-stream') && streams.add(res))
    res.on('close', () => {
      streams.delete(res)
      seen.status = res.headersSent ? res.statusCode : null
    })
    Object.defineProperty(req, 'seen', { value: seen })
    void serve(req, res)
  })
  // Longer than any test keeps a socket idle: the five seconds of Node would race with clients that reuse sockets.
  server.keepAliveTimeout = 120_000
  const actualPort = await listen(port)

  async function serve(req: IncomingMessage, res: ServerResponse) {
    for (const fault of takeFaults(req)) {
      if (fault.kind === 'hang') return
      if (fault.kind === 'reset') return void req.socket.destroy()
      if (fault.kind === 'delay') await pause(fault.ms, undefined, { ref: false })
      if (fault.kind === 'answer') {
        req.resume()
        return void res.writeHead(fault.status, fault.headers).end(fault.body ?? '')
      }
    }
    if (!res.destroyed) handler(req, res)
  }

  function takeFaults(req: IncomingMessage) {
    const hits = faults.filter(
      ({ scope, left }) =>
        left > 0 && (scope.path?.test(req.url ?? '') ?? true) && (scope.method ?? req.method) === req.method,
    )
    for (const hit of hits) hit.left -= 1
    return hits.map((hit) => hit.fault)
  }

  function listen(wanted: number) {
    return new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', reject)
        resolve((server.address() as AddressInfo).port)
      })
    })
  }
  function stop() {
    return new Promise<void>((resolve) => {
      if (!server.listening) return resolve()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return {
    name,
    origin: `http://127.0.0.1:${actualPort}`,
    requests,
    inject(fault, scope = {}) {
      const entry = { fault, scope, left: scope.times ?? 1 }
      faults.push(entry)
      return () => {
        entry.left = 0
      }
    },
    async setDown(down) {
      if (down) return stop()
      if (!server.listening) await listen(actualPort)
    },
    cutStreams() {
      const cut = [...streams]
      for (const res of cut) res.destroy()
      return cut.length
    },
    openStreams: () => streams.size,
    close: stop,
    serve(app) {
      handler = app.use(answerError)
    },
  }
}

function see(req: IncomingMessage): Seen {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(req.headers)) {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '')
    headers[name] = secretHeaders.has(name) ? fingerprint(text) : text
  }
  return {
    at: new Date().toISOString(),
    method: req.method ?? '',
    path: req.url ?? '',
    headers,
    messages: [],
    status: null,
  }
}

/** `getHeader` knows nothing of headers that were given to `writeHead`. */
function watchHead(res: ServerResponse, tell: (contentType: string) => void) {
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
  res.writeHead = ((...args: unknown[]) => {
    const given = args.find((arg) => typeof arg === 'object') ?? {}
    const written = Object.entries(given).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
    tell(String(written ?? res.getHeader('content-type') ?? ''))
    return writeHead(...args)
  }) as typeof res.writeHead
}

const fingerprint = (value: string) => `sha256:${createHash('sha256').update(value).digest('hex').slice(0, 16)}`

/** Writes the JSON-RPC methods of a parsed body into the part's log. */
export function noteMessages(req: IncomingMessage, body: unknown) {
  const { seen } = req as IncomingMessage & { seen?: Seen }
  for (const message of Array.isArray(body) ? body : [body]) {
    const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } }
    if (typeof method !== 'string') continue
    seen?.messages.push(typeof params?.name === 'string' ? `${method} ${params.name}` : method)
  }
}
