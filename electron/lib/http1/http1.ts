import type { Socket } from 'node:net'
import { type Connection, createConnection } from './connection.ts'
import type { HttpAnswer, HttpRequest } from './exchange.ts'
import { toRequestBytes } from './request-bytes.ts'

type Needs = {
  /** A new connection to an origin, TLS included. */
  connect: (origin: string) => Promise<Socket>
  headMs?: number
}
/** Someone who waits for a connection; whichever comes first is theirs. */
type Waiter = { resolve: (connection: Connection) => void; reject: (error: Error) => void }
type Place = {
  free: { connection: Connection; until: number }[]
  waiting: Waiter[]
  /** Connections that are being made. */
  opening: number
}

const usualHeadMs = 30_000
const mostTries = 3

/**
 * HTTP/1.1 for the data path: a request is one write, an answer’s bytes are handed on as they came. Connections are
 * kept, one exchange at a time on each. There is no limit on how long an answer takes, nor on silence within it.
 */
export function createHttp1({ connect, headMs = usualHeadMs }: Needs) {
  const places = new Map<string, Place>()
  const all = new Set<Connection>()
  const busy = new Set<Connection>()
  let isClosed = false
  let whenIdle: (() => void)[] = []
  let sweep: NodeJS.Timeout | null = null

  function placeOf(origin: string): Place {
    const known = places.get(origin) ?? { free: [], waiting: [], opening: 0 }
    places.set(origin, known)
    return known
  }

  function add(origin: string, socket: Socket): Connection {
    const connection: Connection = createConnection({
      socket,
      headMs,
      onFree: () => release(origin, connection),
      onGone() {
        all.delete(connection)
        forget(origin, connection)
        settle(connection)
      },
    })
    all.add(connection)
    return connection
  }
  function forget(origin: string, connection: Connection) {
    const place = placeOf(origin)
    const at = place.free.findIndex((each) => each.connection === connection)
    if (at >= 0) place.free.splice(at, 1)
    if (place.free.length + place.waiting.length + place.opening === 0) places.delete(origin)
  }
  function settle(connection: Connection) {
    busy.delete(connection)
    if (busy.size > 0) return
    for (const resolve of whenIdle) resolve()
    whenIdle = []
  }

  /** To whoever waits longest, else kept for the next. */
  function release(origin: string, connection: Connection) {
    const { waiting } = placeOf(origin)
    const next = waiting.shift()
    if (next) return next.resolve(connection)
    settle(connection)
    if (isClosed) return connection.destroy()
    keep(origin, connection, connection.idleMs())
  }
  function keep(origin: string, connection: Connection, idleMs: number) {
    connection.letGo()
    placeOf(origin).free.push({ connection, until: performance.now() + idleMs })
    sweep ??= setTimeout(sweepNow, idleMs).unref()
  }
  /** One timer for all: one for each answer would be work on every call. */
  function sweepNow() {
    sweep = null
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const { free } of [...places.values()]) {
      for (const { connection, until } of [...free]) {
        if (until <= now || !connection.isUsable()) connection.destroy()
        else next = Math.min(next, until)
      }
    }
    if (next < Number.POSITIVE_INFINITY) sweep = setTimeout(sweepNow, next - now + 1).unref()
  }

  /** The one used last: the longer a connection waits, the likelier it is that something on the way forgot it. */
  function take(origin: string): Connection | null {
    const place = places.get(origin)
    for (let last = place?.free.pop(); last; last = place?.free.pop()) {
      if (last.until > performance.now() && last.connection.isUsable()) return last.connection
      last.connection.destroy()
    }
    return null
  }
  async function open(origin: string, place: Place) {
    place.opening += 1
    try {
      const socket = await connect(origin)
      place.opening -= 1
      release(origin, add(origin, socket))
    } catch (error) {
      place.opening -= 1
      // Where somebody was served otherwise meanwhile, nobody depends on this one.
      if (place.waiting.length > place.opening) place.waiting.shift()?.reject(error as Error)
    }
  }
  /** A new connection, or one that is free before it is there. */
  function wait(origin: string, signal: AbortSignal | undefined): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>()
    const place = placeOf(origin)
    const waiter: Waiter = { resolve, reject }
    const leave = () => {
      const at = place.waiting.indexOf(waiter)
      if (at >= 0) place.waiting.splice(at, 1)
      reject(signal?.reason as Error)
    }
    place.waiting.push(waiter)
    signal?.addEventListener('abort', leave)
    void open(origin, place)
    return promise.finally(() => signal?.removeEventListener('abort', leave))
  }

  function run(connection: Connection, request: HttpRequest, bytes: Buffer[]) {
    busy.add(connection)
    connection.hold()
    return connection.run(request, bytes)
  }
  async function runLater(request: HttpRequest, bytes: Buffer[]): Promise<HttpAnswer> {
    const { origin, signal } = request
    for (let tries = 1; ; tries += 1) {
      const connection = await wait(origin, signal)
      if (signal?.aborted) {
        release(origin, connection)
        throw signal.reason
      }
      // It may have gone between being free and being taken; nothing was sent over it yet.
      if (connection.isUsable() || tries === mostTries) return run(connection, request, bytes)
    }
  }
  return {
    /**
     * One exchange. Rejects with the reason of its signal, an `HttpError`, or whatever ended the connection; with
     * TypeError where the request cannot be sent as it is.
     */
    request(request: HttpRequest): Promise<HttpAnswer> {
      if (request.signal?.aborted) return Promise.reject(request.signal.reason)
      let bytes: Buffer[]
      try {
        bytes = toRequestBytes(request)
      } catch (error) {
        return Promise.reject(error)
      }
      const free = take(request.origin)
      return free ? run(free, request, bytes) : runLater(request, bytes)
    },
    /** A connection that somebody else made; the next request to this origin takes it. */
    offer: (origin: string, socket: Socket) => release(origin, add(origin, socket)),
    /** Keeps no connection from here on; resolves when every exchange has ended. */
    async close() {
      isClosed = true
      for (const connection of [...all]) if (!busy.has(connection)) connection.destroy()
      if (busy.size > 0) await new Promise<void>((resolve) => whenIdle.push(resolve))
    },
    destroy() {
      isClosed = true
      if (sweep) clearTimeout(sweep)
      for (const connection of [...all]) connection.destroy()
    },
  }
}
