import { Problem } from '../../../shared/problems.ts'
import type { Log } from '../../lib/log.ts'
import { createBackoff, wait } from './backoff.ts'
import { readSome, toMegabytes } from './bodies.ts'
import { type Cursor, createCursor, readEvents } from './event-reader.ts'
import type { Answer, Exchange } from './exchange.ts'
import { type Session, sessionHeaders } from './http-session.ts'
import type { Inbox } from './inbox.ts'
import type { LinkSettings } from './link-options.ts'
import type { SseEvent } from './sse-parser.ts'

type Needs = {
  url: URL
  exchange: Exchange
  inbox: Inbox
  settings: LinkSettings
  log: Log
  /** The stream worked before and now the server does not know the session. */
  forgotten: (session: Session) => void
}

type Watch = { session: Session; stopped: AbortSignal; early: Promise<unknown> | null; onSent: () => void }

const steadyMs = 5_000

/** Keeps the stream open on which a server speaks unasked. A server that has none (405) is never asked again. */
export function createListener({ url, exchange, inbox, settings, log, forgotten }: Needs) {
  const { timings, maxMessageBytes } = settings
  let isOffered = true
  let running: AbortController | null = null
  let attempt: AbortController | null = null

  async function take(event: SseEvent) {
    if (event.kind === 'event') {
      if (event.type === 'message' && event.data.length > 0) await inbox.receive(event.data)
      return
    }
    const request = event.answers === null ? undefined : inbox.find(event.answers)
    if (request)
      inbox.refuse(request, new Problem('bridge.answer-too-large', `more than ${toMegabytes(maxMessageBytes)}`))
    else log.warn('stream.event-too-large')
  }

  type Attempt = { session: Session; cursor: Cursor; signal: AbortSignal; onSent: () => void }
  const connect = ({ session, cursor, signal, onSent }: Attempt): Promise<Answer | null> =>
    exchange({
      method: 'GET',
      url,
      headers: {
        accept: 'text/event-stream',
        // Compression makes some proxies hold events back until a block is full.
        'accept-encoding': 'identity',
        ...sessionHeaders(session),
        ...(cursor.lastEventId ? { 'last-event-id': cursor.lastEventId } : {}),
      },
      signal,
      isRepeatable: true,
      headersMs: timings.streamHeadersMs,
      onSent,
    }).catch((error) => {
      if (!signal.aborted) log.debug('stream.unreachable', { error })
      return null
    })

  /** False where it makes no sense to ask this session again. */
  function mayComeBack({ status }: Answer, session: Session, hasWorked: boolean): boolean {
    if (status === 405) isOffered = false
    if (status === 404 && hasWorked && session.id !== null) forgotten(session)
    return status === 401 || status === 408 || status === 429 || status >= 500
  }

  async function keepOpen({ session, stopped, onSent, ...watch }: Watch) {
    let { early } = watch
    const cursor = createCursor()
    const backoff = createBackoff({ firstMs: timings.backoffFirstMs, mostMs: timings.backoffMostMs })
    let hasWorked = false
    while (!stopped.aborted) {
      attempt = new AbortController()
      const signal = AbortSignal.any([stopped, attempt.signal])
      const openedAt = performance.now()
      const answer = await connect({ session, cursor, signal, onSent })
      onSent()
      let isAlive = false
      if (answer?.status === 200 && answer.type === 'text/event-stream') {
        hasWorked = true
        isAlive = await readEvents(answer.body, cursor, maxMessageBytes, take)
      } else if (answer) {
        await readSome(answer.body)
        const mayRepeat = mayComeBack(answer, session, hasWorked)
        if (early && isOffered) {
          await early
          early = null
          continue
        }
        if (!mayRepeat) return
      }
      if (performance.now() - openedAt > steadyMs) backoff.reset()
      const ms = isAlive && cursor.retryMs !== null ? cursor.retryMs : backoff.nextMs()
      await wait(attempt.signal.aborted ? 0 : ms, AbortSignal.any([stopped, attempt.signal])).catch(() => {})
    }
  }

  function stop() {
    running?.abort()
    running = null
  }

  /** Resolves once it is asked for. What is refused `early` is asked for once more behind that. */
  function start(session: Session, early: Promise<unknown> | null = null): Promise<void> {
    stop()
    if (!isOffered) return Promise.resolve()
    const controller = new AbortController()
    running = controller
    return new Promise((resolve) => {
      const watch = { session, stopped: controller.signal, early, onSent: resolve }
      keepOpen(watch).catch((error) => log.error('stream.failed', { error }))
    })
  }

  /** Connects anew at once: the machine slept, or the network is another one. */
  const wake = () => attempt?.abort()

  return { start, stop, wake }
}
