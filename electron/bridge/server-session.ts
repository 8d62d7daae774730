import type { ClientId, ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { ServerConfig } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'
import type { Answers } from './answers.ts'
import type { Calls } from './calls.ts'
import { findText } from './json-walk.ts'
import type { Link } from './link.ts'
import { createBackoff } from './links/backoff.ts'
import type { IdText, Message, RpcError, ScannedMessage } from './message.ts'
import { respell } from './message-text.ts'
import { type Opening, readOpening } from './opening.ts'
import { createRecall } from './recall.ts'
import { errorLine, notificationLine, resultLine, toRpcError } from './rpc.ts'
import { createUpstream, type LinkHandlers } from './upstream.ts'

export type Sight = { client: ClientId | null; stage: 'bridge' | 'initialize' | 'call'; server: ServerId; at: string }
export type Traffic = { server: ServerId; ok: boolean }

export type ServerSessionNeeds = {
  server: ServerId
  client: ClientId | null
  /** The client has its answer to `initialize` from a hub that has gone; it is not told again. */
  resumed: boolean
  /** The server's configuration, or the problem that forbids it to this person. */
  getServer: () => ServerConfig
  openLink: (server: ServerConfig, handlers: LinkHandlers) => Link
  account: () => string | null
  answers: Answers
  seen: (sight: Sight) => void
  traffic: (traffic: Traffic) => void
  changed: () => void
  now: () => Date
  log: Log
}
type Needs = ServerSessionNeeds & {
  calls: Calls
  toClient: (line: Buffer) => void
  /** The session stands: what waited for it can be sent. */
  onReady: () => void
  /** It could not be had: what waits for it fails. */
  onRefused: (error: RpcError) => void
  /** It is gone: whatever hung on it, running or waiting, fails. */
  onGone: (error: RpcError) => void
  onMessage: (message: ScannedMessage) => Promise<void> | void
  onFail: (id: IdText, error: RpcError) => void
}

/** So long the server is not asked while the client is told from memory: a client's next question is often such a one. */
const soonMs = 10

/**
 * The server's session as the client believes it to be. What the client was told stays true: a session that is lost,
 * refused or no longer this person's is opened again with the client's own `initialize`, and told by `list_changed`.
 */
export function createServerSession(needs: Needs) {
  const { server, client, calls, toClient, traffic, log } = needs
  let opening: Opening | null = null
  let initialized: Message | null = null
  let batches = false
  let resumed = needs.resumed
  let retry: NodeJS.Timeout | null = null
  let soon: NodeJS.Timeout | null = null
  let closed = false
  let opened: { server: ServerConfig; account: string | null } | null = null
  const backoff = createBackoff({ firstMs: 1_000, mostMs: 60_000 })
  const upstream = createUpstream({
    ...needs,
    open(handlers) {
      opened = { server: needs.getServer(), account: needs.account() }
      return needs.openLink(opened.server, handlers)
    },
    opening: () => opening,
    onReady,
    onRefused,
    onLost,
    onTrouble: (why) => log.warn('server.message-dropped', { server, why }),
  })
  const recall = createRecall({
    ...needs,
    account: () => (upstream.phase === 'ready' && opened ? opened.account : needs.account()),
    askTools: () => upstream.ask('tools/list'),
    sayToolsChanged: () => sayChanged('tools'),
  })

  /** Now, not at the next turn of the back-off: someone waits. */
  function connect() {
    stopTimers()
    if (!closed) upstream.connect()
  }
  /** What was told from memory is on its way first. */
  function connectSoon() {
    if (upstream.phase === 'idle') soon ??= setTimeout(connect, soonMs).unref()
  }
  function stopTimers() {
    for (const timer of [retry, soon]) if (timer) clearTimeout(timer)
    retry = null
    soon = null
  }
  function initialize(message: ScannedMessage) {
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
    } else if (known !== null) tell(opening, (spelled) => resultLine(spelled, known))
    if (known === null) connect()
    else connectSoon()
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
    for (const { id } of calls.all()) needs.onFail(id, error)
    needs.onGone(error)
    recall.forget()
    initialized = null
    void upstream.close()
  }

  function onReady(first: ScannedMessage | null) {
    backoff.reset()
    traffic({ server, ok: true })
    log.info('session.opened', { server, client, clientName: opening?.name ?? null })
    if (first && opening) greet(opening, first)
    if (initialized) upstream.send(initialized)
    needs.onReady()
    void recall.confirmTools()
    needs.changed()
  }
  function greet(to: Opening, first: ScannedMessage) {
    const before = recall.opening(to)
    const result = findText(first.line, ['result'])
    recall.keepOpening(to, result)
    batches = findText(first.line, ['result', 'protocolVersion']) === '"2025-03-26"'
    if (to.told === 'nothing') return tell(to, (spelled) => respell(first.line, spelled, first.idSpan))
    if (before === result) return
    recall.forget() // all it has is in doubt, the tools with it
    for (const list of ['tools', 'prompts', 'resources'] as const) {
      if (findText(first.line, ['result', 'capabilities', list]) !== null) sayChanged(list)
    }
  }
  function onRefused(error: RpcError, words: ScannedMessage | null) {
    traffic({ server, ok: false })
    log.warn('session.refused', { server, client, code: error.code, message: error.message })
    if (opening?.told === 'nothing') refuse(opening, error, words)
    needs.onRefused(error)
    retryLater()
  }
  function refuse(to: Opening, error: RpcError, words: ScannedMessage | null) {
    const known = recall.openingOfSameVersion(to)
    if (known !== null) return tell(to, (spelled) => resultLine(spelled, known))
    to.told = 'error'
    const call = calls.settle(to.id, { kind: 'error', error, bytes: words?.line.length ?? 0 })
    const spelled = call?.spelled ?? to.id
    toClient(words ? respell(words.line, spelled, words.idSpan) : errorLine(spelled, error))
  }
  function onLost(error: RpcError) {
    traffic({ server, ok: false })
    log.warn('session.lost', { server, client, message: error.message })
    needs.onGone(error)
    recall.doubtTools()
    retryLater()
  }
  /** A client that was initialized gets its session back by itself, so that the server's notices reach it. */
  function retryLater() {
    if (!closed && opening?.told === 'result') retry ??= setTimeout(connect, backoff.nextMs()).unref()
    needs.changed()
  }
  function sayChanged(list: 'tools' | 'prompts' | 'resources') {
    if (opening?.told === 'result') toClient(notificationLine(`notifications/${list}/list_changed`))
  }
  /** Why the session that stands can no longer be the one this person should have. */
  function findChange(): Problem | null {
    if (opened && opened.account !== null && needs.account() === null) return new Problem('auth.signed-out')
    if (!opened || opened.account !== needs.account()) {
      return new Problem('bridge.interrupted', 'another account is signed in')
    }
    try {
      const same = JSON.stringify(needs.getServer()) === JSON.stringify(opened.server)
      return same ? null : new Problem('bridge.interrupted', 'the server was set up anew')
    } catch (error) {
      return error instanceof Problem ? error : new Problem('internal', undefined, { cause: error })
    }
  }
  const connectIfWanted = () => {
    if (upstream.phase === 'idle' && opening?.told === 'result') connect()
  }

  return {
    initialize,
    connect,
    connectSoon,
    send: upstream.send,
    sendAlone: upstream.sendAlone,
    recall,
    setInitialized(message: Message) {
      initialized = message
      if (upstream.phase === 'ready') upstream.send(message)
    },
    takesBatches: () => batches,
    get phase() {
      return soon ? 'connecting' : upstream.phase
    },
    /** Something can be said to the server, also without a session. */
    get isOpen() {
      return upstream.isOpen
    },
    get opening(): Readonly<Opening> | null {
      return opening
    },
    /** Someone signed in or out, or the catalog changed: what did not work may work now, and the other way round. */
    wake() {
      const problem = upstream.isOpen && upstream.phase !== 'connecting' ? findChange() : null
      if (problem) {
        needs.onGone(toRpcError(problem))
        void upstream.close()
        recall.doubtTools()
      }
      connectIfWanted()
    },
    /** The network is back or another: what waits for its turn is tried now, what stands is looked after. */
    resumed() {
      upstream.wake()
      connectIfWanted()
    },
    close() {
      closed = true
      stopTimers()
      return upstream.close()
    },
  }
}
