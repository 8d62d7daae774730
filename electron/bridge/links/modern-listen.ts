import { Problem } from '../../../shared/problems.ts'
import type { Log } from '../../lib/log.ts'
import { elements } from '../json-walk.ts'
import type { LinkNeeds } from '../link.ts'
import { metaKeys } from '../revision.ts'
import { notificationLine } from '../rpc.ts'
import { createBackoff, wait } from './backoff.ts'
import { readSome } from './bodies.ts'
import { createCursor, readEvents } from './event-reader.ts'
import type { Answer } from './exchange.ts'
import { membersAt } from './json-edit.ts'
import { findSpan, textAt } from './json-path.ts'
import type { LinkSettings } from './link-options.ts'
import type { OpenRequest } from './open-request.ts'
import { idKey, type ServerMessage } from './server-message.ts'
import type { SseEvent } from './sse-parser.ts'
import { toStatusProblem } from './status-problem.ts'

type Sift = (message: ServerMessage) => ServerMessage | null
type Needs = Pick<LinkNeeds, 'deliver'> & {
  settings: LinkSettings
  log: Log
  /** Sends the request once more, as it is. */
  post: (request: OpenRequest) => Promise<Answer>
  /** Takes one event of the stream; `sift` sees each message in it first. */
  take: (event: SseEvent, request: OpenRequest, sift?: Sift) => Promise<void>
  /** The server has ended the subscription in its own words. */
  finish: (request: OpenRequest) => void
}

const steadyMs = 5_000
const listNotices: Record<string, string> = {
  toolsListChanged: 'notifications/tools/list_changed',
  promptsListChanged: 'notifications/prompts/list_changed',
  resourcesListChanged: 'notifications/resources/list_changed',
}
const acknowledged = 'notifications/subscriptions/acknowledged'
const mayComeBack = ({ status }: Answer) => status === 401 || status === 408 || status === 429 || status >= 500

/** Everything a subscription might have told while its stream was away. */
export function missedNotices(acknowledgement: Buffer, subscription: string): Buffer[] {
  const meta = `"_meta":{"${metaKeys.subscription}":${subscription}}`
  const filter = findSpan(acknowledgement, ['params', 'notifications'])
  return membersAt(acknowledgement, filter?.start ?? 0).flatMap(({ key, value }) => {
    const method = Object.hasOwn(listNotices, key) ? listNotices[key] : undefined
    if (method && textAt(acknowledgement, value) === 'true') return [notificationLine(method, `{${meta}}`)]
    if (key !== 'resourceSubscriptions' || acknowledgement[value.start] !== 0x5b) return []
    const uris = (elements(acknowledgement, value.start) ?? []).map((uri) => textAt(acknowledgement, uri))
    return uris.map((uri) => notificationLine('notifications/resources/updated', `{"uri":${uri},${meta}}`))
  })
}

/**
 * Keeps one `subscriptions/listen` stream open: when it breaks it is asked for again under the client’s own id, and
 * what may have been missed meanwhile is told as if it had happened.
 */
export function createSubscription({ settings, log, post, take, finish, deliver }: Needs) {
  const { timings, maxMessageBytes } = settings
  const nudges = new Set<AbortController>()

  const sifter = (request: OpenRequest, isAgain: boolean) => (message: ServerMessage) => {
    if (message.kind !== 'notification') return message
    if (message.method === 'notifications/cancelled') {
      const id = findSpan(message.line, ['params', 'requestId'])
      if (id && idKey(textAt(message.line, id)) === idKey(request.id)) finish(request)
    }
    if (message.method !== acknowledged || !isAgain) return message
    for (const notice of missedNotices(message.line, request.id)) void deliver(notice)
    return null
  }

  /** Reads one connection of the stream to its end. Throws where the server does not want to be asked again. */
  async function follow(answer: Answer, request: OpenRequest, retry: { ms: number | null }, isAgain: boolean) {
    if (answer.status === 200 && answer.type === 'text/event-stream') {
      const cursor = createCursor()
      const sift = sifter(request, isAgain)
      await readEvents(answer.body, cursor, maxMessageBytes, (event) => take(event, request, sift))
      retry.ms = cursor.retryMs
      return
    }
    const body = await readSome(answer.body)
    if (mayComeBack(answer)) return
    if (body.includes('"jsonrpc"')) await take({ kind: 'event', type: 'message', data: body, id: null }, request)
    if (!request.isDone()) throw toStatusProblem(answer, body)
  }

  /** Returns when the subscription is over; throws what ended it. `first` is the stream it began with. */
  async function keepOpen(request: OpenRequest, first: Answer) {
    const backoff = createBackoff({ firstMs: timings.backoffFirstMs, mostMs: timings.backoffMostMs })
    const retry = { ms: null as number | null }
    let answer: Answer | null = first
    for (let isAgain = false; ; isAgain = true) {
      const openedAt = performance.now()
      const nudge = new AbortController()
      const body = answer?.body
      nudge.signal.addEventListener('abort', () => body?.destroy(new Error('woken')), { once: true })
      nudges.add(nudge)
      try {
        if (answer) await follow(answer, request, retry, isAgain)
        if (request.isDone()) return
        if (performance.now() - openedAt > steadyMs) backoff.reset()
        const stopped = AbortSignal.any([request.abort.signal, nudge.signal])
        await wait(retry.ms ?? backoff.nextMs(), stopped).catch(() => request.abort.signal.throwIfAborted())
      } finally {
        nudges.delete(nudge)
      }
      answer = await again(request)
    }
  }

  async function again(request: OpenRequest): Promise<Answer | null> {
    try {
      return await post(request)
    } catch (error) {
      request.abort.signal.throwIfAborted()
      if (!(error instanceof Problem)) throw error
      log.debug('subscription.unreachable', { error })
      return null
    }
  }

  return {
    keepOpen,
    /** Every stream is asked for anew: the old ones may be dead without a sign. */
    wake() {
      for (const nudge of nudges) nudge.abort()
    },
  }
}
