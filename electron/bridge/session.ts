import { Problem } from '../../shared/problems.ts'
import { createCalls, type Ending, type NewCall, type OpenCall } from './calls.ts'
import type { Envelope } from './end/envelope.ts'
import { findText } from './json-walk.ts'
import type { IdText, Message, RpcError, ScannedMessage } from './message.ts'
import { isToolError, readError, respell, sizeText } from './message-text.ts'
import { metaKeys, toPlain } from './revision.ts'
import { errorLine, notificationLine, resultLine, rpcCodes, toRpcError } from './rpc.ts'
import { scan, toIdText } from './scan.ts'
import { createServerSession, type ServerSessionNeeds } from './server-session.ts'

type Needs = ServerSessionNeeds & {
  /** A line to the client; awaits back-pressure. */
  write: (line: Buffer) => Promise<void> | void
  maxClientLineBytes: number
  record: (call: NewCall) => void
}

export const maxLineBytes = 64 * 1024 * 1024
const mostCalls = 1024
const mostCallBytes = 4 * maxLineBytes

/** One client's conversation with one server: every request is answered once, whatever becomes of the server's session. */
export function createSession(needs: Needs) {
  const { server, client, traffic, log } = needs
  let held: Message[] = []
  let closed = false
  /** Questions of the server the client has not answered, with their ids as the server wrote them. */
  const asked = new Map<IdText, string>()
  /** What a client without `initialize` calls itself. */
  let aloneName: string | null = null
  const clientName = () => upstream.opening?.name ?? aloneName
  const calls = createCalls({ ...needs, clientName })
  const upstream = createServerSession({
    ...needs,
    calls,
    toClient,
    onReady: sendHeld,
    onRefused: onGone,
    onGone,
    onMessage: (message) => (message.kind === 'response' ? onServerAnswer(message) : onServerMessage(message)),
    onFail: fail,
  })

  function push(line: Buffer) {
    const scanned = scan(line)
    if (scanned.ok) onClientMessage(scanned.message)
    else if (scanned.batch && upstream.takesBatches()) for (const element of scanned.batch) push(element)
    else toClient(errorLine(scanned.id, scanned.error))
  }
  function onClientMessage(message: ScannedMessage) {
    if (message.kind === 'notification') return onNotification(message)
    if (message.kind === 'response') return onClientAnswer(message)
    if (calls.find(message.id as IdText)) {
      const error = { code: rpcCodes.notRpc, message: 'A request with this id is still running' }
      return toClient(errorLine(message.id, error))
    }
    if (message.method === 'initialize') upstream.initialize(message)
    else onRequest(message, message.id as IdText)
  }
  function onRequest(message: ScannedMessage, id: IdText) {
    const { listsTools, version } = calls.add(message)
    if (calls.count > mostCalls || calls.bytes > mostCallBytes) {
      return fail(id, toRpcError(new Problem('bridge.too-many-calls', `${mostCalls} is the limit for one app`)))
    }
    if (version !== null) return sendAlone(message, id)
    // Only the revisions without sessions have this method; said at once, a client falls back by itself.
    if (message.method === 'server/discover') {
      return fail(id, { code: rpcCodes.unknownMethod, message: 'Method not found' })
    }
    if (upstream.phase === 'ready') return send(message)
    if (message.method === 'ping') return answer(id, '{}')
    const known = listsTools ? upstream.recall.tools() : null
    if (known !== null) {
      answer(id, known)
      return upstream.connectSoon()
    }
    held.push(message)
    upstream.connect()
  }
  /** A request of 2026-07-28 says for itself what a session would know. */
  function sendAlone(message: ScannedMessage, id: IdText) {
    const call = calls.find(id)
    if (call) call.sent = true
    aloneName ??= toPlain(findText(message.line, ['params', '_meta', metaKeys.clientInfo, 'name']))
    upstream.sendAlone(message)
  }
  function onNotification(message: ScannedMessage) {
    if (message.method === 'notifications/initialized') return upstream.setInitialized(message)
    if (message.method === 'notifications/cancelled') return cancel(message) ? upstream.send(message) : undefined
    if (upstream.phase === 'ready') upstream.send(message)
    else if (upstream.phase === 'connecting') held.push(message)
  }
  /** False where the server never heard of the call, and need not hear of its end. */
  function cancel({ line }: Message) {
    const id = toIdText(findText(line, ['params', 'requestId']))
    const call = id === null ? null : calls.settle(id, { kind: 'cancelled' })
    if (!call || call.sent) return true
    held = held.filter((each) => each.id !== id)
    return false
  }
  function onClientAnswer(message: ScannedMessage) {
    if (message.id !== null && asked.delete(message.id) && upstream.phase === 'ready') upstream.send(message)
    else log.debug('client.answer-dropped', { client })
  }
  function send(message: Message) {
    const call = message.id === null ? null : calls.find(message.id)
    if (call) call.sent = true
    upstream.send(message)
  }

  function takeHeld() {
    const waiting = held
    held = []
    return waiting
  }
  function sendHeld() {
    for (const message of takeHeld()) send(message)
  }
  function failHeld(error: RpcError) {
    for (const { id } of takeHeld()) if (id !== null) fail(id, error)
  }
  function onGone(error: RpcError) {
    for (const { id, sent } of calls.all()) if (sent) fail(id, error)
    for (const spelled of asked.values()) {
      const params = `{"requestId":${spelled},"reason":"The server’s session has ended"}`
      toClient(notificationLine('notifications/cancelled', params))
    }
    asked.clear()
    failHeld(error)
  }

  function onServerMessage({ line, kind, id, idSpan }: ScannedMessage): Promise<void> | void {
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
  function onServerAnswer({ id, line, idSpan, failed }: ScannedMessage): Promise<void> | void {
    const call = id === null ? undefined : calls.find(id)
    if (!call?.sent) return log.debug('server.answer-dropped', { server })
    if (line.length > needs.maxClientLineBytes) {
      const why = `${sizeText(line.length, needs.maxClientLineBytes)} for this app; Settings, “Largest answer”, can raise it`
      traffic({ server, ok: true })
      return fail(call.id, toRpcError(new Problem('bridge.answer-too-large', why)), line.length)
    }
    // First the answer: what is written down of it can wait, the person cannot.
    const delivered = deliver(respell(line, call.spelled, idSpan))
    note(call, line, failed)
    return delivered
  }
  /** An answer that came, in the log and wherever else it is known. */
  function note(call: OpenCall, line: Buffer, failed: boolean) {
    traffic({ server, ok: true })
    const isCall = call.method === 'tools/call'
    if (call.method === 'server/discover' && !failed) {
      needs.seen({ client, stage: 'initialize', server, at: needs.now().toISOString() })
    }
    const ending: Ending = failed
      ? { kind: 'error', error: readError(line), bytes: line.length }
      : { kind: 'answered', toolFailed: isCall && isToolError(line), bytes: line.length }
    calls.settle(call.id, ending)
    if (isCall && !failed) needs.seen({ client, stage: 'call', server, at: needs.now().toISOString() })
    if (call.listsTools && !failed) {
      const isWhole = findText(line, ['result', 'nextCursor']) === null // the first of many pages says too little
      upstream.recall.keepTools(isWhole ? findText(line, ['result']) : null)
    }
  }

  function answer(id: IdText, resultText: string) {
    const call = calls.settle(id, { kind: 'answered', toolFailed: false, bytes: resultText.length })
    toClient(resultLine(call?.spelled ?? id, resultText))
  }
  function fail(id: IdText, error: RpcError, bytes = 0) {
    const call = calls.settle(id, { kind: 'error', error, bytes })
    if (!call) return
    if (call.sent && bytes === 0) traffic({ server, ok: false })
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
    wake: upstream.wake,
    resumed: upstream.resumed,
    snapshot: () => ({
      clientName: clientName(),
      clientVersion: upstream.opening?.clientVersion ?? null,
      initialized: upstream.opening?.told === 'result' || aloneName !== null,
      phase: upstream.isOpen && upstream.phase === 'idle' ? ('ready' as const) : upstream.phase,
      openCalls: calls.count,
    }),
    /** The client has gone: nothing it asked for goes on. */
    async close() {
      closed = true
      for (const { id } of calls.all()) calls.settle(id, { kind: 'cancelled' })
      await upstream.close()
    },
  }
}
export type Session = ReturnType<typeof createSession>
