import { Problem } from '../../../shared/problems.ts'
import type { LinkNeeds } from '../link.ts'
import type { Message } from '../message.ts'
import { notificationLine, rpcCodes, toRpcError } from '../rpc.ts'
import { wait } from './backoff.ts'
import { readAll, readSome, toMegabytes } from './bodies.ts'
import { createClientMemory, type Replay } from './client-memory.ts'
import { createExchange } from './exchange.ts'
import { createInbox } from './inbox.ts'
import type { LinkSettings } from './link-options.ts'
import type { OpenRequest } from './open-request.ts'
import { limitAnswer, openAgain } from './opening.ts'
import type { SseEvent } from './sse-parser.ts'
import { toStatusProblem } from './status-problem.ts'
import { createStreamConnection, type Line } from './stream-connection.ts'
import type { StreamDialect } from './stream-dialect.ts'
import type { WakingLink } from './waking-link.ts'

type Parcel = { line: Buffer; method: string; kind: Message['kind']; request: OpenRequest | null }

// Some servers, having lost a session, answer 400 in words of their own.
const isForgotten = (status: number, body: Buffer) =>
  status === 404 || (status === 400 && /not initiali[sz]ed|session/i.test(body.toString('latin1', 0, 2000)))

/**
 * A server that takes messages by POST and answers all of them on one long stream. When the stream breaks, the calls
 * that were running fail at once; it is opened again with the client’s own `initialize`, and new calls wait for that.
 */
export function createStreamLink(
  dialect: StreamDialect,
  needs: LinkNeeds,
  settings: LinkSettings,
): WakingLink & {
  /** Resolves when the stream is there: the server is of this kind. */
  open: () => Promise<unknown>
} {
  const { timings, maxMessageBytes } = settings
  const { log, deliver } = needs
  const { host } = dialect.streamUrl
  const closing = new AbortController()
  const memory = createClientMemory()
  const exchange = createExchange(needs, settings)
  const inbox = createInbox({ ...needs, requestMs: timings.requestMs, expired })
  const connection = createStreamConnection({
    dialect,
    exchange,
    settings,
    log,
    closing: closing.signal,
    take,
    prepare,
    lost,
  })
  let gate: Promise<unknown> | null = null

  function hold(work: Promise<unknown>) {
    const held: Promise<unknown> = Promise.allSettled([gate, work]).then(() => {
      if (gate === held) gate = null
    })
    gate = held
  }
  const ordered = (work: () => Promise<void>): Promise<void> => (gate ? gate.then(work) : work())

  async function take(event: SseEvent) {
    if (event.kind === 'event') {
      if (dialect.events.has(event.type) && event.data.length > 0) await inbox.receive(event.data, null, dialect.sift)
      return
    }
    const clientId = event.answers === null ? undefined : dialect.toClientId(event.answers)
    const request = clientId === undefined ? undefined : inbox.find(clientId)
    if (request)
      inbox.refuse(request, new Problem('bridge.answer-too-large', `more than ${toMegabytes(maxMessageBytes)}`))
    else log.warn('stream.event-too-large')
  }

  function lost(problem: Problem): boolean {
    // Of those whose POST is not answered yet it is that answer which tells whether they were taken.
    inbox.failAll(problem, ({ progress }) => progress === 'heard-of')
    void inbox.withdrawQuestions()
    return memory.version() !== null
  }

  async function prepare(line: Line) {
    if (memory.version() === null) return
    const ask = async (replay: Replay) => {
      const { request, answer } = inbox.ask(replay.id, replay.method)
      await run({ ...replay, kind: 'request', request }, line)
      return answer
    }
    const notify = (said: Buffer) =>
      run({ line: said, method: 'notifications/initialized', kind: 'notification', request: null }, line)
    try {
      await openAgain({ memory, place: host, ask, notify, deliver, opened: () => log.info('session.renewed') })
    } catch (error) {
      if (error instanceof Problem && error.code === 'bridge.version-changed') end(error)
      throw error
    }
  }

  function end(problem: Problem) {
    inbox.failAll(problem)
    needs.ended(toRpcError(problem))
    closing.abort()
  }

  async function post(
    { line, method, kind, request }: Parcel,
    { url, isLost }: Line,
  ): Promise<'carried' | 'forgotten'> {
    if (request) request.progress = 'sent'
    const version = memory.version()
    const answer = await exchange({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'accept-encoding': 'gzip, deflate, br',
        ...(version === null ? {} : { 'mcp-protocol-version': version }),
      },
      body: dialect.toWire({ line, method, kind, id: request?.id ?? null }),
      signal: request?.abort.signal ?? closing.signal,
      isRepeatable: method !== 'tools/call',
      ...(request === null || method === 'initialize' ? { headersMs: timings.headersMs } : {}),
    })
    const isAccepted = answer.status >= 200 && answer.status < 300
    if (request && method === 'initialize') limitAnswer(request, inbox, timings.headersMs, host)
    const mayAnswer = isAccepted && request !== null && dialect.messageUrl !== null
    const body = mayAnswer ? await readAll(answer, maxMessageBytes, timings.stallMs) : await readSome(answer.body)
    // A login page in the server’s place takes everything with 200: no answer will come on the stream.
    if (isAccepted && answer.type === 'text/html') throw toStatusProblem(answer, body)
    if (isAccepted) {
      if (request) request.progress = 'heard-of'
      if (!request || !dialect.isAnswer(answer.status, body, method)) {
        if (request && isLost()) throw new Problem('bridge.interrupted', `${host} ended the stream`)
        return 'carried'
      }
      await inbox.receive(body, request, dialect.sift)
      if (!request.isDone()) inbox.refuse(request, request.trouble ?? toStatusProblem(answer, body))
      return 'carried'
    }
    if (memory.version() !== null && isForgotten(answer.status, body)) return 'forgotten'
    if (!request) throw toStatusProblem(answer, body)
    if (body.includes('"jsonrpc"')) await inbox.receive(body, request, siftError)
    inbox.refuse(request, toStatusProblem(answer, body))
    return 'carried'
  }

  // An error without an id belongs to the request whose POST it answers; with one it must be of that request.
  const siftError: typeof dialect.sift = (message) =>
    message.kind === 'response' && message.id === null ? message : dialect.sift(message)

  async function carry(parcel: Parcel, given?: Line) {
    const line = given ?? (await connection.line())
    if (parcel.request?.isDone()) return
    if ((await post(parcel, line)) === 'carried') return
    if (given) throw new Problem('bridge.session-lost', host)
    // The stream is open, but the server behind it no longer knows us (a restart behind a balancer): a new stream is a
    // new session, and this message was not acted upon.
    if (parcel.request) parcel.request.progress = 'waiting'
    line.drop()
    if ((await post(parcel, await nextLine(line))) === 'forgotten') throw new Problem('bridge.session-lost', host)
  }

  async function nextLine(old: Line): Promise<Line> {
    for (;;) {
      const line = await connection.line()
      if (line !== old) return line
      await wait(1, closing.signal)
    }
  }

  async function run(parcel: Parcel, given?: Line) {
    const { request, method } = parcel
    if (request?.isDone()) return
    if (request) inbox.whenDone(request, () => dialect.release(request.id))
    try {
      await carry(parcel, given)
    } catch (error) {
      if (request) inbox.refuse(request, error)
      else if (!closing.signal.aborted) log.warn('message.lost', { method, error })
    }
  }

  function initialize(message: Message) {
    if (memory.version() !== null) connection.drop()
    inbox.failAll(new Problem('bridge.interrupted', 'the app opened a new session'))
    memory.note(message)
    const request = inbox.take(message, (line, isError) => memory.meet(line, isError, host))
    if (!request) return
    const answered = new Promise<void>((resolve) => inbox.whenDone(request, resolve))
    void ordered(() => run({ line: message.line, method: 'initialize', kind: 'request', request }))
    hold(answered)
  }

  function cancel(message: Message) {
    // While the request is still known: what it is called on the wire is forgotten with it.
    const line = dialect.toWire(message)
    const request = inbox.cancel(message)
    if (!request || request.progress === 'waiting') return
    void run({ line, method: 'notifications/cancelled', kind: 'notification', request: null })
  }

  function expired({ id }: OpenRequest) {
    const method = 'notifications/cancelled'
    const said = notificationLine(method, `{"requestId":${id},"reason":"It took too long"}`)
    const line = dialect.toWire({ line: said, kind: 'notification', id: null, method })
    void run({ line, method, kind: 'notification', request: null })
  }

  function refuse({ id }: Message, error: Parameters<typeof needs.fail>[1]) {
    if (id !== null) needs.fail(id, error)
  }

  function send(message: Message) {
    const { method, kind, id, line } = message
    if (closing.signal.aborted) {
      if (kind === 'request') refuse(message, toRpcError(new Problem('bridge.interrupted', host)))
      return
    }
    if (method === 'initialize' && kind === 'request') return initialize(message)
    memory.note(message)
    if (method === 'notifications/cancelled') return cancel(message)
    if (kind === 'response' && id !== null) inbox.answered(id)
    const request = kind === 'request' ? inbox.take(message) : null
    if (kind === 'request' && !request)
      return refuse(message, { code: rpcCodes.notRpc, message: 'A request with this id is running already' })
    const sent = ordered(() => run({ line, method: method ?? '', kind, request }))
    if (method === 'notifications/initialized') hold(Promise.race([sent, wait(timings.holdMs, closing.signal)]))
  }

  async function close() {
    if (closing.signal.aborted) return
    closing.abort()
    inbox.failAll(new Problem('bridge.interrupted', host))
  }

  return { send, close, wake: connection.drop, open: connection.line }
}
