import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { LinkNeeds } from '../link.ts'
import type { Message } from '../message.ts'
import { modernRevisions, modernVersionOf, toPlain } from '../revision.ts'
import { rpcCodes, toRpcError } from '../rpc.ts'
import { scan } from '../scan.ts'
import { readAll, readSome, toMegabytes } from './bodies.ts'
import { createCursor, readEvents } from './event-reader.ts'
import { type Answer, createExchange } from './exchange.ts'
import { createInbox } from './inbox.ts'
import type { LinkSettings } from './link-options.ts'
import { modernHeaders } from './modern-headers.ts'
import { createSubscription } from './modern-listen.ts'
import { revisionsAt, senderMeta, withVersion } from './modern-meta.ts'
import type { OpenRequest } from './open-request.ts'
import { limitAnswer } from './opening.ts'
import type { ServerMessage } from './server-message.ts'
import type { SseEvent } from './sse-parser.ts'
import { toStatusProblem } from './status-problem.ts'
import { createToolMemory } from './tool-memory.ts'
import type { WakingLink } from './waking-link.ts'

type Options = {
  /** What the server made of `server/discover`: true where it knows the method, false where it is an older server. */
  discovered?: (isModern: boolean) => void
}
export type ModernLink = WakingLink & {
  /** Whether a request of this id runs here. */
  has: (id: string) => boolean
}
type Refusal = { answer: Answer; body: Buffer; code: string | null }

const codes = { headerMismatch: '-32020', unsupportedVersion: '-32022' }
// Statuses by which a server says that it does not know what it was asked. A sign-in that is missing, a server that is
// busy or broken, and silence say nothing of the kind.
const isUnknown = ({ status }: Answer) =>
  status >= 400 && status < 500 && ![401, 403, 407, 408, 413, 425, 429].includes(status)
const isModernCode = (code: string | null) => code !== null && /^-3202[0-2]$/.test(code)

/**
 * Streamable HTTP of 2026-07-28: every request stands alone. It adds what that revision wants said in headers, and
 * posts nothing but requests; a cancel ends the request’s own exchange, and a stream that breaks loses its request.
 */
export function createModernLink(
  url: URL,
  needs: LinkNeeds,
  settings: LinkSettings,
  options: Options = {},
): ModernLink {
  const { timings, maxMessageBytes } = settings
  const { log, deliver } = needs
  const closing = new AbortController()
  const exchange = createExchange(needs, settings)
  const inbox = createInbox({ ...needs, requestMs: timings.requestMs, expired: ({ abort }) => abort.abort() })
  const tools = createToolMemory({ log, askPage })
  /** The revisions this client has shown it speaks. */
  const spoken = new Set<string>()
  let lastAsked = 0
  const ours = new WeakSet<OpenRequest>()
  /** A call may take hours before its first byte. Not so what a server is, and what a call waits for. */
  const isOwed = (request: OpenRequest) => request.method === 'server/discover' || ours.has(request)

  const subscriptionOf = new Map<OpenRequest, ReturnType<typeof createSubscription>>()

  async function post(line: Buffer, request: OpenRequest): Promise<Answer> {
    const { method, abort } = request
    const version = modernVersionOf(line) ?? ''
    const isCall = method === 'tools/call'
    const name = isCall ? toPlain(findText(line, ['params', 'name'])) : null
    const params = name === null ? [] : await tools.find(name, senderMeta(line))
    abort.signal.throwIfAborted()
    request.progress = 'sent'
    return exchange({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        // Compression makes some proxies hold events back until a block is full.
        'accept-encoding': method === 'subscriptions/listen' ? 'identity' : 'gzip, deflate, br',
        ...modernHeaders(line, method, version, params),
      },
      body: line,
      signal: abort.signal,
      isRepeatable: !isCall && !method.startsWith('tasks/'),
      ...(isOwed(request) ? { headersMs: timings.headersMs } : {}),
      ...(method === 'subscriptions/listen' ? { headersMs: timings.streamHeadersMs } : {}),
    })
  }

  /** A request of our own in the name of whoever sent `meta`. */
  async function askPage(meta: string, cursor: string | null): Promise<Buffer> {
    lastAsked += 1
    const id = `"causeway-tools-${lastAsked}"`
    const from = cursor === null ? '' : `,"cursor":${cursor}`
    const line = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/list","params":{"_meta":${meta}${from}}}`)
    const { request, answer } = inbox.ask(id, 'tools/list')
    ours.add(request)
    await run(line, request)
    const { line: said, isError } = await answer
    if (isError) throw new Problem('bridge.server-error', `${url.host} does not list its tools`)
    return said
  }

  function sift(message: ServerMessage, request: OpenRequest): ServerMessage | null {
    if (message.kind === 'request') {
      log.warn('question.dropped', { method: message.method })
      return null
    }
    if (message.kind === 'notification' && message.method === 'notifications/tools/list_changed') tools.drop()
    if (message.kind !== 'response') return message
    if (request.method === 'server/discover') learnRevisions(message)
    return request.method === 'tools/list' && !message.isError ? withoutBadTools(message) : message
  }
  function learnRevisions({ line, isError }: ServerMessage & { kind: 'response' }) {
    const code = isError ? findText(line, ['error', 'code']) : null
    const isModern = isError
      ? isModernCode(code)
      : revisionsAt(line, ['result', 'supportedVersions']).some((each) => modernRevisions.includes(each))
    if (isModern || code === String(rpcCodes.unknownMethod)) options.discovered?.(isModern)
  }
  function withoutBadTools(message: ServerMessage & { kind: 'response' }): ServerMessage {
    const line = tools.read(message.line)
    if (line === message.line) return message
    const again = scan(line)
    return { ...message, line, idSpan: again.ok ? again.message.idSpan : null }
  }

  async function take(
    event: SseEvent,
    request: OpenRequest,
    first = (message: ServerMessage): ServerMessage | null => message,
  ) {
    if (event.kind === 'event') {
      if (event.type !== 'message' || event.data.length === 0) return
      return inbox.receive(event.data, request, (message) => {
        const kept = first(message)
        return kept && sift(kept, request)
      })
    }
    inbox.refuse(request, new Problem('bridge.answer-too-large', `more than ${toMegabytes(maxMessageBytes)}`))
    request.abort.abort()
  }

  /** Reads what answers a request; what the server refused by an HTTP status comes back for a second thought. */
  async function read(answer: Answer, line: Buffer, request: OpenRequest): Promise<Refusal | null> {
    request.progress = 'heard-of'
    if (isOwed(request)) limitAnswer(request, inbox, timings.headersMs, url.host)
    if (answer.status < 200 || answer.status >= 300) {
      const body = await readSome(answer.body)
      return { answer, body, code: body.includes('"jsonrpc"') ? findText(body, ['error', 'code']) : null }
    }
    if (answer.type === 'text/event-stream') {
      if (request.method === 'subscriptions/listen') await subscribe(answer, line, request)
      else await readEvents(answer.body, createCursor(), maxMessageBytes, (event) => take(event, request))
      if (!request.isDone()) throw request.trouble ?? new Problem('bridge.interrupted', `${url.host} ended the stream`)
      return null
    }
    const body = await readAll(answer, maxMessageBytes, timings.stallMs)
    if (body.includes('"jsonrpc"')) await inbox.receive(body, request, (message) => sift(message, request))
    if (!request.isDone()) throw request.trouble ?? toStatusProblem(answer, body)
    return null
  }

  async function subscribe(answer: Answer, line: Buffer, request: OpenRequest) {
    const again = () => post(line, request)
    const subscription = createSubscription({ settings, log, deliver, take, post: again, finish: inbox.finish })
    subscriptionOf.set(request, subscription)
    await subscription.keepOpen(request, answer).finally(() => subscriptionOf.delete(request))
  }

  /** What is sent after a refusal that can be put right; null where it cannot. */
  async function correct({ body, code }: Refusal, line: Buffer, { method }: OpenRequest, tried: Set<string>) {
    if (code === null || tried.has(code)) return null
    tried.add(code)
    if (code === codes.headerMismatch && method === 'tools/call') {
      await tools.refresh(senderMeta(line))
      return line
    }
    // What a request of a revision unknown here would mean in another one, only its client can say.
    if (code !== codes.unsupportedVersion || !modernRevisions.includes(modernVersionOf(line) ?? '')) return null
    const shared = revisionsAt(body, ['error', 'data', 'supported']).filter((each) => spoken.has(each))
    const version = shared.sort().at(-1)
    return version === undefined ? null : withVersion(line, version)
  }

  async function refuse({ answer, body, code }: Refusal, request: OpenRequest) {
    // -32602 is about what the client said of itself: servers of any revision may say so.
    const isSilent = !isModernCode(code) && code !== '-32602'
    const isOlder = request.method === 'server/discover' && isUnknown(answer) && isSilent
    if (isOlder) {
      options.discovered?.(false)
      return inbox.refuseAs(request, { code: rpcCodes.unknownMethod, message: 'Method not found' })
    }
    if (code !== null) await inbox.receive(body, request, (message) => sift(message, request))
    if (!request.isDone()) inbox.refuse(request, toStatusProblem(answer, body))
  }

  async function carry(line: Buffer, request: OpenRequest) {
    const tried = new Set<string>()
    let sent = line
    for (;;) {
      const refusal = await read(await post(sent, request), sent, request)
      if (!refusal) return
      const corrected = await correct(refusal, sent, request, tried)
      if (!corrected) return refuse(refusal, request)
      sent = corrected
    }
  }

  /** Carries a request, and sees to it that it ends in an answer or an error. */
  async function run(line: Buffer, request: OpenRequest) {
    let linger: NodeJS.Timeout | undefined
    inbox.whenDone(request, () => {
      linger = setTimeout(() => request.abort.abort(), timings.lingerMs).unref()
    })
    await carry(line, request).catch((error) => inbox.refuse(request, error))
    clearTimeout(linger)
  }

  function send(message: Message) {
    const { kind, id, line, method } = message
    if (method === 'notifications/cancelled') return inbox.cancel(message)?.abort.abort()
    // This revision has no other notifications of a client, and no answers: its servers ask in their results.
    if (kind !== 'request' || id === null) return log.debug('message.dropped', { method })
    if (closing.signal.aborted) return needs.fail(id, toRpcError(new Problem('bridge.interrupted', url.host)))
    const request = inbox.take(message)
    if (!request) return needs.fail(id, { code: rpcCodes.notRpc, message: 'A request with this id is running already' })
    const version = modernVersionOf(line)
    if (version !== null) spoken.add(version)
    void run(line, request)
  }

  return {
    send,
    has: (id) => inbox.find(id) !== undefined,
    wake() {
      for (const subscription of subscriptionOf.values()) subscription.wake()
    },
    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      inbox.failAll(new Problem('bridge.interrupted', url.host))
    },
  }
}
