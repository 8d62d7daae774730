import type { Socket } from 'node:net'
import type { AnswerHead } from './answer-head.ts'
import { createAnswerReader } from './answer-reader.ts'
import type { HttpAnswer, HttpRequest } from './exchange.ts'
import { usualIdleMs } from './framing.ts'
import { cutOff, HttpError } from './http-error.ts'
import { createBody } from './response-body.ts'

type Needs = {
  socket: Socket
  /** A head that has begun must have ended by then. */
  headMs: number
  /** The last answer is whole, and the connection takes another request. */
  onFree: () => void
  /** It is closed, once. */
  onGone: () => void
}
type Exchange = {
  signal: AbortSignal | undefined
  abort: () => void
  resolve: (answer: HttpAnswer) => void
  reject: (error: Error) => void
  body: ReturnType<typeof createBody> | null
}

/** One connection of HTTP/1.1: one exchange after the other, never two at once. */
export function createConnection({ socket, headMs, onFree, onGone }: Needs) {
  let current: Exchange | null = null
  let failure: Error | null = null
  let idleMs = usualIdleMs
  let headTimer: NodeJS.Timeout | null = null
  const reader = createAnswerReader({ onHead, onData: (piece) => current?.body?.push(piece) })

  function onHead(head: AnswerHead, mayWaitMs: number) {
    idleMs = mayWaitMs
    const mine = current
    if (!mine) return
    mine.body = createBody({
      pause: () => socket.pause(),
      resume: () => current === mine && socket.resume(),
      abort: (reason) => current === mine && fail(reason),
    })
    mine.resolve({ statusCode: head.status, headers: head.headers, body: mine.body.body })
  }
  function over(): Exchange | null {
    const ended = current
    current = null
    stopHeadTimer()
    ended?.signal?.removeEventListener('abort', ended.abort)
    return ended
  }
  /** The answer is whole. */
  function end() {
    over()?.body?.end()
    reader.reset()
  }
  /** Nothing more is read from this connection: what follows could belong to anything. */
  function fail(error: Error) {
    const ended = over()
    ended?.reject(error)
    ended?.body?.fail(error)
    socket.destroy()
  }
  function stopHeadTimer() {
    if (headTimer) clearTimeout(headTimer)
    headTimer = null
  }
  function watchHead() {
    if (!reader.isInHead()) return stopHeadTimer()
    const slow = new HttpError('HTTP_SLOW_HEADERS', `its headers took more than ${headMs / 1000} s`)
    headTimer ??= setTimeout(fail, headMs, slow)
  }

  function onBytes(piece: Buffer) {
    // What nobody asked for would be taken for the next answer.
    if (!current) return void socket.destroy()
    try {
      const read = reader.push(piece)
      if (read < 0) return watchHead()
      if (read < piece.length) idleMs = 0
    } catch (error) {
      return fail(error as Error)
    }
    end()
    if (idleMs === 0 || socket.writableLength > 0 || !socket.writable) return void socket.destroy()
    socket.resume()
    onFree()
  }
  /** The other side sends no more. */
  function onEnd() {
    if (!current) return
    try {
      reader.finish()
      end()
    } catch (error) {
      fail(error as Error)
    }
  }
  socket.on('data', onBytes).on('end', onEnd)
  // The last one: whoever dialled puts a refused certificate in words by ending the socket with them.
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', () => {
    if (current) fail(failure ?? cutOff())
    onGone()
  })

  return {
    /** Resolves once the head of the answer is there. `bytes` is what `toRequestBytes` made of the request. */
    run({ signal, onSent }: HttpRequest, bytes: Buffer[]): Promise<HttpAnswer> {
      if (current || !socket.writable) return Promise.reject(cutOff())
      const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
      const abort = () => fail(signal?.reason as Error)
      current = { signal, abort, resolve, reject, body: null }
      signal?.addEventListener('abort', abort)
      write(socket, bytes)
      onSent?.()
      return promise
    },
    /** Still open, and quiet since its last answer. */
    isUsable: () => current === null && socket.writable && !socket.readableEnded,
    idleMs: () => idleMs,
    /** A connection in use keeps the process alive, one that waits does not. */
    hold: () => socket.ref(),
    letGo: () => socket.unref(),
    destroy: () => fail(cutOff()),
  }
}
export type Connection = ReturnType<typeof createConnection>

function write(socket: Socket, bytes: Buffer[]) {
  const [first = Buffer.alloc(0), second] = bytes
  if (!second) return void socket.write(first)
  socket.cork()
  socket.write(first)
  socket.write(second)
  socket.uncork()
}
