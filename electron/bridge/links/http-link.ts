import { Problem } from '../../../shared/problems.ts'
import type { LinkNeeds } from '../link.ts'
import type { Message } from '../message.ts'
import { notificationLine, rpcCodes, toRpcError } from '../rpc.ts'
import { wait } from './backoff.ts'
import { readSome } from './bodies.ts'
import { createClientMemory, type Replay } from './client-memory.ts'
import { createExchange } from './exchange.ts'
import { createListener } from './http-listen.ts'
import { createPost, type Outcome, type Parcel } from './http-post.ts'
import { noSession, readSessionId, type Session, sessionHeaders } from './http-session.ts'
import { createInbox } from './inbox.ts'
import type { LinkSettings } from './link-options.ts'
import type { OpenRequest } from './open-request.ts'
import { openAgain } from './opening.ts'
import { createOvertaking } from './overtaking.ts'
import type { WakingLink } from './waking-link.ts'

type Refusal = Outcome & { kind: 'refused' }
type Options = {
  /** Asked while the server has accepted nothing yet: true takes the message over, as this is another kind of server. */
  otherwise?: (refusal: Refusal, handOn: () => void) => boolean
  /** The server accepted a message for the first time. */
  accepted?: () => void
}

const overtakeMs = 100

/** Streamable HTTP, 2025-03-26 to 2025-11-25: with or without sessions, answered by JSON or by streams. */
export function createHttpLink(url: URL, needs: LinkNeeds, settings: LinkSettings, options: Options = {}): WakingLink {
  const { timings } = settings
  const { log, deliver } = needs
  const closing = new AbortController()
  const memory = createClientMemory()
  const exchange = createExchange(needs, settings)
  const overtaking = createOvertaking(url.href, settings)
  const inbox = createInbox({ ...needs, requestMs: timings.requestMs, expired })
  let session: Session = noSession
  let isKnown = false
  let renewing: Promise<void> | null = null
  // What must be over before anything else is sent: `initialize`, then `initialized`, and any renewal.
  let gate: Promise<unknown> | null = null

  const isCurrent = (other: Session) => other === session
  function markKnown() {
    if (isKnown) return
    isKnown = true
    options.accepted?.()
  }
  const post = createPost({ url, exchange, inbox, settings, closing: closing.signal, isCurrent, markKnown })
  const listener = createListener({ url, exchange, inbox, settings, log, forgotten: renewQuietly })

  function hold(work: Promise<unknown>) {
    const held: Promise<unknown> = Promise.allSettled([gate, work]).then(() => {
      if (gate === held) gate = null
    })
    gate = held
  }

  async function carry(parcel: Omit<Parcel, 'session'>): Promise<void> {
    const { request } = parcel
    let used = session
    const attempt = () => {
      used = session
      return post({ ...parcel, session: used })
    }
    const isOwn = request === null || parcel.isRenewal
    let outcome = await (isOwn ? attempt() : overtaking.carry(request, attempt))
    // What belongs to a renewal must not ask for another and wait for itself.
    if (outcome.kind === 'forgotten' && !request?.isDone() && !parcel.isRenewal) {
      await renew(used)
      outcome = await attempt()
    }
    if (outcome.kind === 'forgotten') throw new Problem('bridge.session-lost', url.host)
    if (outcome.kind === 'refused') await refuse(outcome, request)
  }

  async function refuse(refusal: Refusal, request: OpenRequest | null) {
    if (!request) throw refusal.problem
    const handOn = async () => {
      if (refusal.body.includes('"jsonrpc"')) await inbox.receive(refusal.body, request)
      inbox.refuse(request, refusal.problem)
    }
    const isTaken = !isKnown && options.otherwise?.(refusal, () => void handOn())
    if (!isTaken) await handOn()
  }

  /** Sends, and sees to it that whatever goes wrong is said to whom it concerns. */
  async function run(parcel: Omit<Parcel, 'session'>) {
    const { request, method } = parcel
    if (request?.isDone()) return
    let linger: NodeJS.Timeout | undefined
    if (request) {
      inbox.whenDone(request, () => {
        linger = setTimeout(() => request.abort.abort(), timings.lingerMs).unref()
      })
    }
    try {
      await carry(parcel)
    } catch (error) {
      if (request) inbox.refuse(request, error)
      else if (!closing.signal.aborted) log.warn('message.lost', { method, error })
    } finally {
      clearTimeout(linger)
    }
  }

  const ordered = (work: () => Promise<void>): Promise<void> => (gate ? gate.then(work) : work())

  function initialize(message: Message) {
    endSession()
    let sessionId: string | null = null
    const request = inbox.take(message, (line, isError) => {
      const problem = memory.meet(line, isError, url.host)
      if (!isError) session = { id: sessionId, version: memory.version() }
      return problem
    })
    if (!request) return refuseTwice(message)
    const accepted: Parcel['accepted'] = (answer) => {
      sessionId = readSessionId(answer)
    }
    const answered = new Promise<void>((resolve) => inbox.whenDone(request, resolve))
    const { line, method } = message
    const work = ordered(() => run({ line, method, request, accepted }))
    hold(Promise.race([answered, work]))
  }

  function initialized({ line, method }: Message) {
    const written = Promise.withResolvers<void>()
    const sent = ordered(() => run({ line, method, request: null, onSent: written.resolve }))
    const answered = Promise.race([sent, wait(timings.holdMs, closing.signal)])
    const listen = async (early: Promise<unknown> | null) => {
      if (!closing.signal.aborted) await listener.start(session, early)
    }
    hold(overtaking.begin({ written: written.promise, answered, listen }))
  }

  function refuseTwice({ id }: Message) {
    if (id !== null) needs.fail(id, { code: rpcCodes.notRpc, message: 'A request with this id is running already' })
  }

  function cancel(message: Message) {
    const request = inbox.cancel(message)
    if (!request || request.progress === 'waiting') return
    const soon = request.progress === 'sent' ? wait(overtakeMs, closing.signal) : Promise.resolve()
    soon.then(() => overtaking.behind(() => run({ ...message, request: null }))).catch(() => {})
  }

  function expired(request: OpenRequest) {
    const line = notificationLine('notifications/cancelled', `{"requestId":${request.id},"reason":"It took too long"}`)
    void run({ line, method: 'notifications/cancelled', request: null })
  }

  /** Asks in the client’s name; the answer stays here. */
  async function ask({ id, method, line }: Replay, accepted?: Parcel['accepted']) {
    const { request, answer } = inbox.ask(id, method)
    await run({ line, method, request, isRenewal: true, ...(accepted ? { accepted } : {}) })
    return answer
  }

  function renew(used: Session): Promise<void> {
    if (!renewing && used !== session) return Promise.resolve()
    renewing ??= open().finally(() => {
      renewing = null
    })
    hold(renewing)
    return renewing
  }

  function renewQuietly(used: Session) {
    renew(used).catch((error) => log.warn('session.not-renewed', { error }))
  }

  async function open() {
    listener.stop()
    await inbox.withdrawQuestions()
    const before = session
    session = noSession
    let id: string | null = null
    const accepted: Parcel['accepted'] = (answer) => {
      id = readSessionId(answer)
    }
    const opened = (version: string | null) => {
      session = { id, version }
      log.info('session.renewed')
    }
    const notify = async (line: Buffer) => {
      await run({ line, method: 'notifications/initialized', request: null, isRenewal: true })
      void listener.start(session)
    }
    try {
      const asks = (replay: Replay) => ask(replay, replay.method === 'initialize' ? accepted : undefined)
      await openAgain({ memory, place: url.host, ask: asks, opened, notify, deliver })
    } catch (error) {
      if (session === noSession) session = before
      if (error instanceof Problem && error.code === 'bridge.version-changed') end(error)
      throw error
    }
  }

  function end(problem: Problem) {
    inbox.failAll(problem)
    needs.ended(toRpcError(problem))
  }

  /** A second `initialize` opens a new session: the old one is ended, not left behind. */
  function endSession() {
    if (session === noSession) return
    listener.stop()
    inbox.failAll(new Problem('bridge.interrupted', 'the app opened a new session'))
    void remove(session)
    session = noSession
  }

  async function remove(old: Session) {
    if (old.id === null) return
    const signal = AbortSignal.timeout(timings.closeMs)
    const headers = sessionHeaders(old)
    const removed = exchange({ method: 'DELETE', url, headers, signal }).then(({ body }) => readSome(body))
    const late = new Promise((resolve) => setTimeout(resolve, timings.closeMs).unref())
    await Promise.race([removed, late]).catch(() => {})
  }

  function send(message: Message) {
    if (closing.signal.aborted) return message.kind === 'request' ? refuseClosed(message) : undefined
    memory.note(message)
    const { method, kind, id, line } = message
    if (method === 'initialize' && kind === 'request') return initialize(message)
    if (method === 'notifications/initialized') return initialized(message)
    if (method === 'notifications/cancelled') return cancel(message)
    if (kind === 'response' && id !== null) inbox.answered(id)
    const request = kind === 'request' ? inbox.take(message) : null
    if (kind === 'request' && !request) return refuseTwice(message)
    const parcel = { line, method, request }
    // What has no answer would be lost where a request is refused and sent again.
    void ordered(() => (request ? run(parcel) : overtaking.behind(() => run(parcel))))
  }

  function refuseClosed({ id }: Message) {
    if (id !== null) needs.fail(id, toRpcError(new Problem('bridge.interrupted', url.host)))
  }

  async function close() {
    if (closing.signal.aborted) return
    closing.abort()
    listener.stop()
    inbox.failAll(new Problem('bridge.interrupted', url.host))
    await remove(session)
  }

  return { send, close, wake: listener.wake, hasSession: () => session.id !== null }
}
