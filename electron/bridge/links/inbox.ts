import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { LinkNeeds } from '../link.ts'
import type { IdText, Message, RpcError, ScannedMessage } from '../message.ts'
import { notificationLine, toRpcError } from '../rpc.ts'
import { toIdText } from '../scan.ts'
import type { OpenRequest } from './open-request.ts'
import { idKey, readServerMessages, type ServerMessage, withId } from './server-message.ts'
import { isTooEarly } from './too-early.ts'

type Entry = OpenRequest & {
  done: boolean
  limit: NodeJS.Timeout | null
  answer: (line: Buffer, isError: boolean, scanned?: ScannedMessage) => Promise<void> | void
  refuse: (error: RpcError) => void
  onDone: (() => void)[]
}

type Needs = Pick<LinkNeeds, 'deliver' | 'fail' | 'log'> & {
  /** Limit of a request, begun anew by what the server says of it; 0 is none. */
  requestMs: number
  /** The request ran into its limit and is about to be failed: the server should be told to stop. */
  expired: (request: OpenRequest) => void
}

/** Sees an answer before the client does; the problem it returns is what the client gets instead. */
type Seen = (line: Buffer, isError: boolean) => Problem | undefined

/** Lets a message through as it should be read, or not at all. */
type Sift = (message: ServerMessage) => ServerMessage | null

const mostQuestions = 4096

/**
 * Every open request of one link. Each is settled exactly once: by the server’s answer, by a failure, or by the
 * client’s own cancel, after which nothing is said about it. What belongs to no open request goes nowhere.
 */
export function createInbox({ deliver, fail, log, requestMs, expired }: Needs) {
  const open = new Map<string, Entry>()
  const questions = new Set<IdText>()

  function add(id: IdText, method: string, outcome: Pick<Entry, 'answer' | 'refuse'>): Entry {
    const entry: Entry = {
      id,
      method,
      abort: new AbortController(),
      done: false,
      isDone: () => entry.done,
      trouble: null,
      progress: 'waiting',
      early: null,
      limit: null,
      onDone: [],
      ...outcome,
    }
    if (requestMs > 0) entry.limit = setTimeout(() => expire(entry), requestMs).unref()
    open.set(idKey(id), entry)
    return entry
  }

  function expire(entry: Entry) {
    expired(entry)
    refuse(entry, new Problem('bridge.timeout', `nothing came for ${requestMs / 1000} s`))
  }

  function finish(entry: Entry): boolean {
    if (entry.done) return false
    entry.done = true
    if (entry.limit) clearTimeout(entry.limit)
    open.delete(idKey(entry.id))
    for (const told of entry.onDone) told()
    return true
  }

  /** Null where the client has this id open already: two answers to one id could not be told apart. */
  function take({ id, method }: Message, seen?: Seen): OpenRequest | null {
    if (id === null || open.has(idKey(id))) return null
    return add(id, method ?? '', {
      answer: (line, isError, scanned) => {
        const problem = seen?.(line, isError)
        return problem ? fail(id, toRpcError(problem)) : deliver(line, scanned)
      },
      refuse: (error) => fail(id, error),
    })
  }

  /** A request of our own: its answer comes here and not to the client. */
  function ask(id: IdText, method: string) {
    const { promise, resolve, reject } = Promise.withResolvers<{ line: Buffer; isError: boolean }>()
    promise.catch(() => {})
    const answer = (line: Buffer, isError: boolean) => resolve({ line, isError })
    const request: OpenRequest = add(id, method, { answer, refuse: (error) => reject(new Refused(error)) })
    return { request, answer: promise }
  }

  function refuse(request: OpenRequest, error: unknown) {
    if (finish(request as Entry)) (request as Entry).refuse(error instanceof Refused ? error.rpc : toRpcError(error))
  }

  /** With an error in words that are not ours to choose. */
  function refuseAs(request: OpenRequest, error: RpcError) {
    if (finish(request as Entry)) (request as Entry).refuse(error)
  }

  function failAll(error: unknown, isMeant: (request: OpenRequest) => boolean = () => true) {
    for (const entry of [...open.values()].filter(isMeant)) {
      refuse(entry, error)
      entry.abort.abort()
    }
  }

  /** The client no longer wants it. Returns the request, so that what runs for it can be wound down. */
  function cancel(message: Message): OpenRequest | null {
    const id = toIdText(findText(message.line, ['params', 'requestId']))
    const entry = id === null ? undefined : open.get(idKey(id))
    if (!entry || entry.method === 'initialize') return null
    finish(entry)
    return entry
  }

  /** Finds whose answer this is. `own` is the request whose HTTP exchange it came on, and no other’s. */
  function ownerOf(message: ServerMessage & { kind: 'response' }, own: OpenRequest | null): Entry | undefined {
    const { id, isError } = message
    const found = id === null ? undefined : open.get(idKey(id))
    if (found || !own || own.isDone()) return found
    // Servers that know only doubles round a long number; and an error may come without the id it belongs to.
    const isRounded = id !== null && !id.startsWith('"') && !own.id.startsWith('"') && Number(id) === Number(own.id)
    return isRounded || (id === null && isError) ? (own as Entry) : undefined
  }

  function respond(message: ServerMessage & { kind: 'response' }, own: OpenRequest | null): Promise<void> | void {
    const entry = ownerOf(message, own)
    if (!entry) return log.debug('answer.dropped', { method: own?.method })
    const { line, id, idSpan, isError, scanned } = message
    if (entry.early && isError && isTooEarly(line)) {
      entry.early = 'refused'
      return
    }
    finish(entry)
    if (id !== entry.id) return entry.answer(withId(line, entry.id, idSpan), isError)
    return entry.answer(line, isError, scanned.line === line ? scanned : undefined)
  }

  function reject({ id, why }: ServerMessage & { kind: 'bad' }, own: OpenRequest | null) {
    log.warn('answer.bad', { why })
    const problem = new Problem('bridge.bad-answer', why)
    const entry = id === null ? undefined : open.get(idKey(id))
    if (entry) refuse(entry, problem)
    else if (own) own.trouble = problem
  }

  /** Takes one text of the server (a body, the data of an event, a line) and puts each message where it belongs. */
  async function receive(text: Buffer, own: OpenRequest | null = null, sift: Sift = (message) => message) {
    for (const sent of readServerMessages(text)) {
      const message = sift(sent)
      if (!message) continue
      if (message.kind === 'response') await respond(message, own)
      else if (message.kind === 'bad') reject(message, own)
      else {
        if (message.kind === 'request') noteQuestion(message.id)
        else if (message.method === 'notifications/cancelled') forgetQuestion(message.line)
        else if (message.method === 'notifications/progress') refreshLimits(own)
        await deliver(message.line)
      }
    }
  }

  // Where a stream is shared it is not worth finding out whose progress this is: something is alive there.
  function refreshLimits(own: OpenRequest | null) {
    for (const entry of own ? [own as Entry] : open.values()) entry.limit?.refresh()
  }

  function noteQuestion(id: IdText) {
    questions.add(id)
    // Whoever asks without end and is never answered: the oldest is not withdrawn when the server goes, and that is all.
    for (const oldest of questions) {
      if (questions.size <= mostQuestions) return
      questions.delete(oldest)
    }
  }

  function forgetQuestion(line: Buffer) {
    const id = toIdText(findText(line, ['params', 'requestId']))
    if (id !== null) questions.delete(id)
  }

  /** Tells the client that the questions it may still be showing can no longer be answered. */
  async function withdrawQuestions() {
    const withdrawn = [...questions]
    questions.clear()
    for (const id of withdrawn)
      await deliver(notificationLine('notifications/cancelled', `{"requestId":${id},"reason":"The server is gone"}`))
  }

  return {
    take,
    ask,
    receive,
    refuse,
    refuseAs,
    /** It is over, and whoever asked knows it already. */
    finish: (request: OpenRequest) => void finish(request as Entry),
    failAll,
    cancel,
    withdrawQuestions,
    find: (id: IdText): OpenRequest | undefined => open.get(idKey(id)),
    answered: (id: IdText) => void questions.delete(id),
    /** Calls back once, when the request is settled in whichever way. */
    whenDone: (request: OpenRequest, told: () => void) => {
      if (request.isDone()) told()
      else (request as Entry).onDone.push(told)
    },
    isIdle: () => open.size === 0,
  }
}
export type Inbox = ReturnType<typeof createInbox>

/** An error of the server or of ours, carried to where a promise waits for it. */
class Refused extends Error {
  readonly rpc: RpcError

  constructor(rpc: RpcError) {
    super(rpc.message)
    this.name = 'Refused'
    this.rpc = rpc
  }
}
