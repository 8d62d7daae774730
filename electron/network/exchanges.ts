import type { Socket } from 'node:net'
import type { HttpAnswer, HttpRequest } from '../lib/http1/exchange.ts'
import { openSession, type Session } from './http2.ts'

type Needs = {
  /** Opens a connection that may speak HTTP/2, and says whether it does. */
  open: (url: URL) => Promise<{ socket: Socket; isHttp2: boolean }>
  /** One exchange over HTTP/1.1, on connections of its own. */
  request: (options: HttpRequest) => Promise<HttpAnswer>
  /** A connection that turned out to speak HTTP/1.1; the next exchange takes it. */
  offer: (origin: string, socket: Socket) => void
}

const mostTries = 3

/** HTTP/2 where a server offers it over TLS, so that a thousand calls are no thousand sockets; else HTTP/1.1. */
export function createExchanges({ open, request, offer }: Needs) {
  const sessions = new Map<string, Set<Session>>()
  const opening = new Map<string, Promise<Session | null>>()
  const http1 = new Set<string>()
  let isClosed = false

  async function start(origin: string): Promise<Session | null> {
    const { socket, isHttp2 } = await open(new URL(origin))
    if (!isHttp2) {
      http1.add(origin)
      offer(origin, socket)
      return null
    }
    const session = await openSession(origin, socket)
    if (session.takesNone()) {
      session.close()
      http1.add(origin)
      return null
    }
    const known = [...(sessions.get(origin) ?? [])].filter((each) => !each.isOver())
    sessions.set(origin, new Set([...known, session]))
    // Whoever waited for it may still use it.
    if (isClosed) setImmediate(session.close)
    return session
  }
  /** A connection with a place for one more. Whoever comes while one is being made waits for that one. */
  async function find(origin: string): Promise<Session | null> {
    for (;;) {
      const free = [...(sessions.get(origin) ?? [])].find((each) => each.reserve())
      if (free) return free
      if (http1.has(origin)) return null
      const next = opening.get(origin) ?? start(origin).finally(() => opening.delete(origin))
      opening.set(origin, next)
      const session = await next
      if (!session) return null
      if (session.reserve()) return session
    }
  }

  /** The same, for as long as it is wanted: a way that leads nowhere keeps nobody who has left. */
  async function findFor(origin: string, signal: AbortSignal | undefined): Promise<Session | null> {
    const found = find(origin)
    if (!signal) return found
    const left = Promise.withResolvers<never>()
    const leave = () => left.reject(signal.reason)
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
    try {
      return await Promise.race([found, left.promise])
    } catch (error) {
      void found.then((session) => session?.release()).catch(() => {})
      throw error
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  async function requestSecurely(origin: string, options: HttpRequest): Promise<HttpAnswer> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const session = await findFor(origin, options.signal)
      if (!session) break
      const answer = await session.request(options)
      if (!('unsent' in answer)) return answer
      if (answer.unsent === 'elsewhere') http1.add(origin)
      if (http1.has(origin)) break
    }
    return request(options)
  }

  return {
    request(options: HttpRequest): Promise<HttpAnswer> {
      const { origin } = options
      return origin.startsWith('https:') ? requestSecurely(origin, options) : request(options)
    },
    /** What runs is finished. */
    close() {
      isClosed = true
      for (const each of [...sessions.values()].flatMap((all) => [...all])) each.close()
    },
    destroy() {
      isClosed = true
      for (const each of [...sessions.values()].flatMap((all) => [...all])) each.destroy()
    },
  }
}
