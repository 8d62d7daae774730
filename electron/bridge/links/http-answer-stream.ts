import { Problem } from '../../../shared/problems.ts'
import { createBackoff, wait } from './backoff.ts'
import { readSome, toMegabytes } from './bodies.ts'
import { type Cursor, createCursor, readEvents } from './event-reader.ts'
import type { Answer, Exchange } from './exchange.ts'
import { type Session, sessionHeaders } from './http-session.ts'
import type { Inbox } from './inbox.ts'
import type { LinkSettings } from './link-options.ts'
import type { OpenRequest } from './open-request.ts'
import type { SseEvent } from './sse-parser.ts'
import { toStatusProblem } from './status-problem.ts'

type Needs = {
  url: URL
  exchange: Exchange
  inbox: Inbox
  settings: LinkSettings
  isCurrent: (session: Session) => boolean
}

// The server may be back in a moment; everything else it says about a stream is final.
const isPassing = (error: unknown) =>
  error instanceof Problem && (error.code === 'bridge.unreachable' || error.code === 'bridge.interrupted')

/**
 * Follows the stream that answers one POST. A stream that ends before the answer is sought again from its own last
 * event id, as long as there is one; without one the request fails, as nobody knows whether it ran.
 */
export function createAnswerStream({ url, exchange, inbox, settings, isCurrent }: Needs) {
  const { timings, maxMessageBytes } = settings

  function take(event: SseEvent, request: OpenRequest | null): Promise<void> | void {
    if (event.kind === 'event') {
      if (event.type === 'message' && event.data.length > 0) return inbox.receive(event.data, request)
    } else if (request) {
      inbox.refuse(request, new Problem('bridge.answer-too-large', `more than ${toMegabytes(maxMessageBytes)}`))
      request.abort.abort()
    }
  }

  async function reconnect(lastEventId: string, session: Session, signal: AbortSignal): Promise<Answer> {
    const headers = {
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
      ...sessionHeaders(session),
      'last-event-id': lastEventId,
    }
    const headersMs = timings.streamHeadersMs
    const answer = await exchange({ method: 'GET', url, headers, signal, isRepeatable: true, headersMs })
    if (answer.status === 200 && answer.type === 'text/event-stream') return answer
    throw toStatusProblem(answer, await readSome(answer.body))
  }

  /** The stream again, or the problem that ends the search for it. */
  async function resume(cursor: Cursor, session: Session, signal: AbortSignal): Promise<Answer> {
    const backoff = createBackoff({ firstMs: timings.backoffFirstMs, mostMs: timings.backoffMostMs })
    const until = performance.now() + timings.resumeMs
    for (;;) {
      await wait(cursor.retryMs ?? backoff.nextMs(), signal)
      if (!isCurrent(session)) throw new Problem('bridge.interrupted', `${url.host} opened a new session`)
      try {
        return await reconnect(cursor.lastEventId ?? '', session, signal)
      } catch (error) {
        if (!isPassing(error) || performance.now() > until) throw error
      }
    }
  }

  return async (first: Answer, request: OpenRequest | null, session: Session, signal: AbortSignal) => {
    const cursor = createCursor()
    let { body } = first
    for (;;) {
      await readEvents(body, cursor, maxMessageBytes, (event) => take(event, request))
      if (!request || request.isDone() || request.early === 'refused' || signal.aborted) return
      if (!cursor.lastEventId) {
        if (request.early) request.early = 'lost'
        inbox.refuse(request, request.trouble ?? new Problem('bridge.interrupted', `${url.host} ended the stream`))
        return
      }
      try {
        body = (await resume(cursor, session, signal)).body
      } catch (error) {
        const problem = error instanceof Problem && error.code !== 'bridge.unauthorized' ? lost(url, error) : error
        return inbox.refuse(request, problem)
      }
    }
  }
}

const lost = ({ host }: URL, cause: Problem) =>
  new Problem('bridge.interrupted', `${host}, and the stream could not be taken up again`, { cause })
