import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'
import type { HttpAnswer, HttpRequest } from '../lib/http1/exchange.ts'

/** The server did nothing with the request: it may be sent again, `elsewhere` by HTTP/1.1 only. */
export type Unsent = { unsent: 'here' | 'elsewhere' }

const idleMs = 30_000
const limits = {
  /** How long a server may take to say what it takes (its settings). */
  settingsMs: 10_000,
  /** While anything runs a server is asked at this pace whether it is there. */
  pingMs: 30_000,
  /** One that has missed so many turns in a row is dead, whatever TCP says; a busy server may need a few. */
  mostMissed: 10,
}
const mostStreams = 1000
const streamWindow = 1024 * 1024
const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM, NGHTTP2_HTTP_1_1_REQUIRED, HTTP2_HEADER_STATUS } = constants

/**
 * One HTTP/2 connection. Each request is a stream of its own with a window of its own: one that nobody reads holds up
 * no other, and giving one up ends that stream alone. A server that says it is leaving (GOAWAY) finishes what it took.
 */
export async function openSession(origin: string, socket: Socket, given: Partial<typeof limits> = {}) {
  const { settingsMs, pingMs, mostMissed } = { ...limits, ...given }
  const session: ClientHttp2Session = connect(origin, {
    createConnection: () => socket,
    settings: { initialWindowSize: streamWindow, enablePush: false },
  })
  session.on('error', () => {}) // every stream tells its own
  let streams = 0
  session.setTimeout(idleMs, () => {
    if (streams === 0) session.close()
  })
  // How many streams it takes stands in its settings, which every server sends first (RFC 9113 §3.4).
  const settings = Promise.withResolvers<void>()
  session.once('remoteSettings', () => settings.resolve()).once('close', () => settings.reject(lost()))
  session.setLocalWindowSize(16 * streamWindow)
  const late = setTimeout(() => {
    settings.reject(Object.assign(new Error('it sent no settings'), { code: 'ETIMEDOUT' }))
    session.destroy()
  }, settingsMs)
  await settings.promise.finally(() => clearTimeout(late))
  const isDoubtful = watchPulse(session, () => streams > 0, { pingMs, mostMissed })

  const start = ({ path, method, headers, body, signal }: HttpRequest) =>
    session.request(
      { ...toLowerCase(headers as Record<string, string>), ':method': method, ':path': path },
      { endStream: !body, ...(signal ? { signal } : {}) },
    )

  /** Sends one request in a place that was reserved. */
  function request(options: HttpRequest): Promise<HttpAnswer | Unsent> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer | Unsent>()
    let stream: ClientHttp2Stream
    try {
      stream = start(options)
    } catch (error) {
      streams -= 1
      // It closed between the reservation and now; a header that cannot be sent is the caller’s.
      if (session.closed || session.destroyed) resolve({ unsent: 'here' })
      else reject(error)
      return promise
    }
    let failure: Error | null = null
    stream.on('error', (error) => {
      failure = error
    })
    stream.once('response', (answer) => {
      const { [HTTP2_HEADER_STATUS]: statusCode = 0, ...rest } = answer
      resolve({ statusCode: Number(statusCode), headers: rest as HttpAnswer['headers'], body: toWhole(stream) })
    })
    stream.once('close', () => {
      streams -= 1
      if (stream.rstCode === NGHTTP2_REFUSED_STREAM) resolve({ unsent: 'here' })
      else if (stream.rstCode === NGHTTP2_HTTP_1_1_REQUIRED) resolve({ unsent: 'elsewhere' })
      else reject(failure ?? lost())
    })
    if (options.body) stream.end(options.body)
    options.onSent?.()
    return promise
  }

  const limit = () => Math.min(session.remoteSettings.maxConcurrentStreams ?? mostStreams, mostStreams)
  return {
    takesNone: () => limit() < 1,
    /** Keeps a place for one request; false where it would be queued behind those that are open. */
    reserve() {
      if (session.closed || session.destroyed || isDoubtful() || streams >= limit()) return false
      streams += 1
      return true
    },
    /** Gives a reserved place back. */
    release() {
      streams -= 1
    },
    request,
    isOver: () => session.closed || session.destroyed,
    /** Ends when the last stream has. */
    close: () => session.close(),
    destroy: () => session.destroy(),
  }
}
export type Session = Awaited<ReturnType<typeof openSession>>

/**
 * Asks the server whether it is there for as long as anything runs. Headers that begin and do not end hold up a whole
 * connection and cannot be seen from here; but no answer to a PING can come past them. Tells whether one is overdue: then
 * nothing new is sent this way.
 */
function watchPulse(session: ClientHttp2Session, isBusy: () => boolean, { pingMs, mostMissed }: Pulse): () => boolean {
  // Turns and not time: a computer that slept, or was busy itself, must not hold that against the server.
  let missed = 0
  const timer = setInterval(() => {
    if (missed > mostMissed) return session.destroy(lost(), NGHTTP2_CANCEL)
    if (missed > 0) missed += 1
    else if (isBusy() && !session.destroyed) {
      missed = 1
      session.ping(() => {
        missed = 0
      })
    }
  }, pingMs).unref()
  session.once('close', () => clearInterval(timer))
  return () => missed > 1
}
type Pulse = Pick<typeof limits, 'pingMs' | 'mostMissed'>

/** A stream that is cut off with its connection ends as if it were whole; this one fails then. Letting go of it cancels. */
function toWhole(stream: ClientHttp2Stream): Readable {
  const body = new PassThrough()
  stream.pipe(body, { end: false })
  stream.once('end', () => (stream.rstCode === 0 ? body.end() : body.destroy(lost())))
  stream.once('error', (error) => body.destroy(error))
  stream.once('close', () => {
    if (!body.writableEnded) body.destroy(lost())
  })
  body.on('error', () => {}).once('close', () => stream.close(NGHTTP2_CANCEL))
  return body
}

const lost = () => Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' })

const toLowerCase = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
