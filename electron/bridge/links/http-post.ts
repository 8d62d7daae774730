import type { Problem } from '../../../shared/problems.ts'
import type { Body } from '../../lib/http1/response-body.ts'
import { readAll, readSome } from './bodies.ts'
import type { Answer, Exchange } from './exchange.ts'
import { createAnswerStream } from './http-answer-stream.ts'
import { isForgotten, type Session, sessionHeaders } from './http-session.ts'
import type { Inbox } from './inbox.ts'
import type { LinkSettings } from './link-options.ts'
import type { OpenRequest } from './open-request.ts'
import { limitAnswer } from './opening.ts'
import { toStatusProblem } from './status-problem.ts'

type Needs = {
  url: URL
  exchange: Exchange
  inbox: Inbox
  settings: LinkSettings
  /** Aborted when the link closes: ends what belongs to no request. */
  closing: AbortSignal
  isCurrent: (session: Session) => boolean
  /** The server took a message: it is one of this kind. */
  markKnown: () => void
}

export type Parcel = {
  line: Buffer
  method: string | null
  request: OpenRequest | null
  session: Session
  /** It is part of opening a new session. */
  isRenewal?: boolean
  /** Called with a 2xx answer before it is read. */
  accepted?: (answer: Answer) => void
  /** Called once all of it is on its way. */
  onSent?: () => void
}

export type Outcome =
  | { kind: 'carried' }
  /** The session is unknown there; the message was not acted upon. */
  | { kind: 'forgotten'; status: number }
  | { kind: 'refused'; status: number; body: Buffer; problem: Problem }

const carried: Outcome = { kind: 'carried' }
const mostUnasked = 8

// Sent once more where a kept connection turned out to be gone. A tool call never is: it may have run.
const isRepeatable = (method: string | null) =>
  method !== null && method !== 'tools/call' && !method.startsWith('tasks/')

// A call may take hours before its first byte; a server has nothing to do before it takes these.
const isOwedAtOnce = ({ method, request }: Parcel) => request === null || method === 'initialize'

/** Carries one message in one POST and reads what answers it: JSON, a stream, or nothing. */
export function createPost({ url, exchange, inbox, settings, closing, isCurrent, markKnown }: Needs) {
  const followStream = createAnswerStream({ url, exchange, inbox, settings, isCurrent })
  const unasked: Body[] = []

  /** A stream for what wants no answer may go on for as long as it likes, and nothing waits for it; but not many do. */
  function keepUnasked(body: Body, following: Promise<void>) {
    following.catch(() => {}).finally(() => unasked.includes(body) && unasked.splice(unasked.indexOf(body), 1))
    if (unasked.push(body) > mostUnasked) unasked.shift()?.destroy()
  }

  async function readJson(answer: Answer, request: OpenRequest) {
    const body = await readAll(answer, settings.maxMessageBytes, settings.timings.stallMs)
    const first = body.toString('latin1', 0, 200).replace('\u00ef\u00bb\u00bf', '').trimStart()[0]
    if (first === '{' || first === '[') await inbox.receive(body, request)
    if (request.isDone() || request.early === 'refused') return
    inbox.refuse(request, request.trouble ?? toStatusProblem(answer, body))
  }

  async function read(answer: Answer, { request, session }: Parcel) {
    if (answer.type === 'text/event-stream') {
      const following = followStream(answer, request, session, request?.abort.signal ?? closing)
      if (request) await following
      else keepUnasked(answer.body, following)
    } else if (request && answer.status === 200) await readJson(answer, request)
    else {
      const body = await readSome(answer.body)
      if (request) inbox.refuse(request, toStatusProblem(answer, body))
    }
  }

  return async (parcel: Parcel): Promise<Outcome> => {
    const { line, method, request, session, accepted, onSent } = parcel
    if (request) request.progress = 'sent'
    const answer = await exchange({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'accept-encoding': 'gzip, deflate, br',
        ...sessionHeaders(session),
      },
      body: line,
      signal: request?.abort.signal ?? closing,
      isRepeatable: isRepeatable(method),
      ...(isOwedAtOnce(parcel) ? { headersMs: settings.timings.headersMs } : {}),
      ...(onSent ? { onSent } : {}),
    })
    if (request) request.progress = 'heard-of'
    if (request && method === 'initialize') limitAnswer(request, inbox, settings.timings.headersMs, url.host)
    if (answer.status >= 200 && answer.status < 300) {
      markKnown()
      accepted?.(answer)
      await read(answer, parcel)
      return carried
    }
    const body = await readSome(answer.body)
    if (isForgotten(answer, body, session)) return { kind: 'forgotten', status: answer.status }
    return { kind: 'refused', status: answer.status, body, problem: toStatusProblem(answer, body) }
  }
}
