import type { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import type { Answers } from './answers.ts'
import { createCalls, type Ending, type NewCall } from './calls.ts'
import type { Envelope } from './end/envelope.ts'
import { findText } from './json-walk.ts'
import type { IdText, Link, Message, RpcError } from './link.ts'
import { createBackoff } from './links/backoff.ts'
import { isToolError, readError, respell, sizeText } from './message-text.ts'
import { type Opening, readOpening } from './opening.ts'
import { createRecall } from './recall.ts'
import { errorLine, notificationLine, resultLine, rpcCodes, toRpcError } from './rpc.ts'
import { scan, toIdText } from './scan.ts'
import { createUpstream, type LinkHandlers, type ServerMessage } from './upstream.ts'

export type Sight = { client: ClientId | null; stage: 'bridge' | 'initialize' | 'call'; server: ServerId; at: string }
export type Traffic = { server: ServerId; ok: boolean }
type ClientMessage = ServerMessage

type Needs = {
  server: ServerId
  client: ClientId | null
  /** The client has its answer to `initialize` from a hub that has gone; it is not told again. */
  resumed: boolean
  /** A line to the client; awaits back-pressure. */
  write: (line: Buffer) => Promise<void> | void
  /** The server's configuration, or the problem that forbids it to this person. */
  getServer: () => ServerConfig
  openLink: (server: ServerConfig, handlers: LinkHandlers) => Link
  account: () => string | null
  answers: Answers
  maxClientLineBytes: number
  record: (call: NewCall) => void
  seen: (sight: Sight) => void
  traffic: (traffic: Traffic) => void
  changed: () => void
  now: () => Date
  log: Log
}

export const maxLineBytes = 64 * 1024 * 1024
const mostCalls = 1024
const mostCallBytes = 4 * maxLineBytes

/**
 * One client's conversation with one server. It outlives the server's own session: what the client was told stays true,
 * every request is answered once, and a cause that goes away is noticed without the client doing anything.
 */
export function createSession(needs: Needs) {
  const { server, client, traffic, log } = needs
  let opening: Opening | null = null
  let initialized: Message | null = null
  let batches = false
  let held: Message[] = []
  let retry: NodeJS.Timeout | null = null
  let closed = false
  let resumed = needs.resumed
  let linkAccount: string | null = null
  let linkServer: ServerConfig | null = null
  const asked = new Map<IdText, string>()
  const backoff = createBackoff({ firstMs: 1_000, mostMs: 60_000 })
  const calls = createCalls({ ...needs, clientName: () => opening?.name ?? null })
  const upstream = createUpstream({
    open(handlers) {
      linkAccount = needs.account()
      linkServer = needs.getServer()
      return needs.openLink(linkServer, handlers)
    },
    opening: () => opening,
    onReady,
    onRefused,
    onLost,
    onMessage: (message) => (message.kind === 'response' ? onServerAnswer(message) : onServerMessage(message)),
    onFail: fail,
    onTrouble: (why) => log.warn('server.message-dropped', { server, why }),
  })
  const recall = createRecall({
    ...needs,
    account: () => (upstream.phase === 'ready' ? linkAccount : needs.account()),
    askTools: () => upstream.ask('tools/list'),
    sayToolsChanged: () => sayChanged('tools'),
  })

  function push(line: Buffer) {
    const scanned = scan(line)
    if (scanned.ok) onClientMessage(scanned.message)
    else if (scanned.batch && batches) for (const element of scanned.batch) push(element)
    else toClient(errorLine(scanned.id, scanned.error))
  }
  function onClientMessage(message: ClientMessage) {
    if (message.kind === 'notification') return onNotification(message)
    if (message.kind === 'response') return onClientAnswer(message)
    const id = message.id as IdText
    if (calls.find(id)) {
      return toClient(errorLine(id, { code: rpcCodes.notRpc, message: 'A request with this id is still running' }))
    }
    if (message.method === 'initialize') return initialize(message)
    const { listsTools } = calls.add(message)
    if (calls.count > mostCalls || calls.bytes > mostCallBytes) {
      return fail(id, toRpcError(new Problem('bridge.too-many-calls', `${mostCalls} is the limit for one app`)))
    }
    // No server is reached by the revision that has this method; said at once, a client falls back by itself.
    if (message.method === 'server/discover')
      return fail(id, { code: rpcCodes.unknownMethod, message: 'Method not found' })
    if (upstream.phase === 'ready') return send(message)
    if (message.method === 'ping') return answer(id, '{}')
    const known = listsTools ? recall.tools() : null
    if (known === null) held.push(message)
    else answer(id, known)
    connect()
  }
  function onNotification(message: ClientMessage) {
    if (message.method === 'notifications/initialized') initialized = message
    else if (message.method === 'notifications/cancelled' && !cancel(message)) return
    if (upstream.phase === 'ready') upstream.send(message)
    else if (upstream.phase === 'connecting' && message !== initialized) held.push(message)
  }
  /** False where the server never heard of the call, and need not hear of its end. */
  function cancel({ line }: Message) {
    const id = toIdText(findText(line, ['params', 'requestId']))
    const call = id === null ? null : calls.settle(id, { kind: 'cancelled' })
    if (!call || call.sent) return true
    held = held.filter((each) => each.id !== id)
    return false
  }
  function onClientAnswer(message: ClientMessage) {
    if (message.id !== null && asked.delete(message.id) && upstream.phase === 'ready') upstream.send(message)
    else log.debug('client.answer-dropped', { client })
  }
  function send(message: Message) {
    const call = message.id === null ? null : calls.find(message.id)
    if (call) call.sent = true
    upstream.send(message)
  }
  /** Now, not at the next turn of the back-off: someone waits. */
  function connect() {
    if (retry) clearTimeout(retry)
    retry = null
    if (!closed) upstream.connect()
  }

  function initialize(message: ClientMessage) {
    if (opening) startAnew()
    opening = readOpening(message)
    batches = opening.protocolVersion === '2025-03-26'
    calls.add(message)
    const known = resumed ? null : recall.opening(opening)
    if (resumed) {
      resumed = false
      opening.told = 'result'
      calls.settle(opening.id, { kind: 'answered', toolFailed: false, bytes: 0 })
      recall.doubtTools()
    } else if (known !== null) tell(opening, () => resultLine(message.id as IdText, known))
    connect()
    needs.changed()
  }
  function tell(to: Opening, line: (spelled: string) => Buffer) {
    to.told = 'result'
    const call = calls.settle(to.id, { kind: 'answered', toolFailed: false, bytes: 0 })
    toClient(line(call?.spelled ?? to.id))
    needs.seen({ client, stage: 'initialize', server, at: needs.now().toISOString() })
  }
  /** A second `initialize`: the client starts anew, so does the server's session. */
  function startAnew() {
    const error = toRpcError(new Problem('bridge.interrupted', 'the app started a new session'))
    for (const { id } of calls.all()) fail(id, error)
    forgetLink(error)
    recall.forget()
    initialized = null
    void upstream.close()
  }

  function onReady(first: ServerMessage | null) {
    backoff.reset()
    traffic({ server, ok: true })
    log.info('session.opened', { server, client, clientName: opening?.name ?? null })
    if (first && opening) {
      const before = recall.opening(opening)
      const result = findText(first.line, ['result'])
      recall.keepOpening(opening, result)
      batches = findText(first.line, ['result', 'protocolVersion']) === '"2025-03-26"'
      if (opening.told === 'nothing') tell(opening, (spelled) => respell(first.line, spelled, first.idSpan))
      else if (opening.told === 'result' && before !== result) {
        recall.forget() // all it has is in doubt, the tools with it
        sayListsChanged(first.line)
      }
    }
    if (initialized) upstream.send(initialized)
    const waiting = held
    held = []
    for (const message of waiting) send(message)
    void recall.confirmTools()
    needs.changed()
  }
  function onRefused(error: RpcError, words: ServerMessage | null) {
    traffic({ server, ok: false })
    log.warn('session.refused', { server, client, code: error.code, message: error.message })
    if (opening?.told === 'nothing') {
      const known = recall.openingOfSameVersion(opening)
      if (known !== null) tell(opening, (spelled) => resultLine(spelled, known))
      else {
        opening.told = 'error'
        const call = calls.settle(opening.id, { kind: 'error', error, bytes: words?.line.length ?? 0 })
        const spelled = call?.spelled ?? opening.id
        toClient(words ? respell(words.line, spelled, words.idSpan) : errorLine(spelled, error))
      }
    }
    failHeld(error)
    retryLater()
  }
  function onLost(error: RpcError) {
    traffic({ server, ok: false })
    log.warn('session.lost', { server, client, message: error.message })
    forgetLink(error)
    recall.doubtTools()
    retryLater()
  }
  /** What hung on the server's session: its running calls and its questions to the client. */
  function forgetLink(error: RpcError) {
    for (const { id, sent } of calls.all()) if (sent) fail(id, error)
    for (const spelled of asked.values()) {
      const params = `{"requestId":${spelled},"reason":"The server’s session has ended"}`
      toClient(notificationLine('notifications/cancelled', params))
    }
    asked.clear()
    failHeld(error)
  }
  function failHeld(error: RpcError) {
    const waiting = held
    held = []
    for (const { id } of waiting) if (id !== null) fail(id, error)
  }
  /** A client that was initialized gets its session back by itself, so that the server's notices reach it. */
  function retryLater() {
    if (!closed && opening?.told === 'result') retry ??= setTimeout(connect, backoff.nextMs()).unref()
    needs.changed()
  }

  function onServerMessage(message: ServerMessage): Promise<void> | void {
    const { line, kind, id, idSpan } = message
    if (line.length <= needs.maxClientLineBytes) {
      if (id !== null && idSpan) asked.set(id, line.toString('utf8', idSpan.start, idSpan.end))
      return deliver(line)
    }
    const why = sizeText(line.length, needs.maxClientLineBytes)
    log.warn('server.message-dropped', { server, why })
    if (kind !== 'request') return
    const refusal = errorLine(id, toRpcError(new Problem('bridge.request-too-large', why)))
    upstream.send({ line: refusal, kind: 'response', id, method: null, target: null })
  }
  function onServerAnswer({ id, line, idSpan, failed }: ServerMessage): Promise<void> | void {
    const call = id === null ? undefined : calls.find(id)
    if (!call?.sent) return log.debug('server.answer-dropped', { server })
    traffic({ server, ok: true })
    if (line.length > needs.maxClientLineBytes) {
      return fail(
        call.id,
        toRpcError(new Problem('bridge.answer-too-large', sizeText(line.length, needs.maxClientLineBytes))),
      )
    }
    const toolFailed = call.method === 'tools/call' && !failed && isToolError(line)
    const bytes = line.length
    const ending: Ending = failed
      ? { kind: 'error', error: readError(line), bytes }
      : { kind: 'answered', toolFailed, bytes }
    calls.settle(call.id, ending)
    if (call.method === 'tools/call' && !failed) {
      needs.seen({ client, stage: 'call', server, at: needs.now().toISOString() })
    }
    if (call.listsTools && !failed) {
      const isWhole = findText(line, ['result', 'nextCursor']) === null // the first of many pages says too little
      recall.keepTools(isWhole ? findText(line, ['result']) : null)
    }
    return deliver(respell(line, call.spelled, idSpan))
  }
  function sayListsChanged(line: Buffer) {
    for (const list of ['tools', 'prompts', 'resources'] as const) {
      if (findText(line, ['result', 'capabilities', list]) !== null) sayChanged(list)
    }
  }
  function sayChanged(list: 'tools' | 'prompts' | 'resources') {
    if (opening?.told === 'result') toClient(notificationLine(`notifications/${list}/list_changed`))
  }

  /** Why the server's session can no longer be the one this person should have. */
  function findChange(): Problem | null {
    if (linkAccount !== needs.account()) return new Problem('bridge.interrupted', 'another account is signed in')
    try {
      const same = JSON.stringify(needs.getServer()) === JSON.stringify(linkServer)
      return same ? null : new Problem('bridge.interrupted', 'the server was set up anew')
    } catch (error) {
      return error instanceof Problem ? error : new Problem('internal', undefined, { cause: error })
    }
  }

  function answer(id: IdText, resultText: string) {
    const call = calls.settle(id, { kind: 'answered', toolFailed: false, bytes: resultText.length })
    toClient(resultLine(call?.spelled ?? id, resultText))
  }
  function fail(id: IdText, error: RpcError) {
    const call = calls.settle(id, { kind: 'error', error, bytes: 0 })
    if (!call) return
    if (call.sent) traffic({ server, ok: false })
    toClient(errorLine(call.spelled, error))
  }
  function toClient(line: Buffer) {
    void deliver(line)
  }
  /** As fast as the client reads. */
  function deliver(line: Buffer): Promise<void> | void {
    if (!closed) return needs.write(line)
  }

  return {
    push,
    /** A line that was too long to keep: only what it was about is known. */
    tooLong({ id, method, bytes }: Envelope) {
      log.warn('client.message-dropped', { client, method, bytes })
      if (method !== null && id === null) return
      const problem = new Problem('bridge.request-too-large', sizeText(bytes, maxLineBytes))
      toClient(errorLine(id, toRpcError(problem)))
    },
    /** Someone signed in or out, or the catalog changed: what did not work may work now, and the other way round. */
    wake() {
      const problem = upstream.phase === 'ready' ? findChange() : null
      if (problem) {
        forgetLink(toRpcError(problem))
        void upstream.close()
        recall.doubtTools()
      }
      if (upstream.phase === 'idle' && opening?.told === 'result') connect()
    },
    /** The network is back or another: what waits for its turn is tried now, what stands is looked after. */
    resumed() {
      upstream.wake()
      if (upstream.phase === 'idle' && opening?.told === 'result') connect()
    },
    snapshot: () => ({
      clientName: opening?.name ?? null,
      clientVersion: opening?.clientVersion ?? null,
      initialized: opening?.told === 'result',
      phase: upstream.phase,
      openCalls: calls.count,
    }),
    /** The client has gone: nothing it asked for goes on. */
    async close() {
      closed = true
      if (retry) clearTimeout(retry)
      for (const { id } of calls.all()) calls.settle(id, { kind: 'cancelled' })
      await upstream.close()
    },
  }
}
export type Session = ReturnType<typeof createSession>
