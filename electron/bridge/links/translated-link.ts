import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { LinkNeeds } from '../link.ts'
import type { IdText, Message, RpcError, ScannedMessage } from '../message.ts'
import { readError } from '../message-text.ts'
import { legacyRevisions, metaKeys, modernRevisions, toPlain } from '../revision.ts'
import { notificationLine, resultLine, rpcCodes, toRpcError } from '../rpc.ts'
import { scan, toIdText } from '../scan.ts'
import { readSender, type Sender, senderTexts } from './legacy-request.ts'
import type { LinkSettings } from './link-options.ts'
import { revisionsAt, subscriptionOf, withoutSubscription } from './modern-meta.ts'
import { createNews, type News } from './news.ts'
import { createTranslatedCalls } from './translated-calls.ts'
import type { WakingLink } from './waking-link.ts'

export type Outcome = { line: Buffer } | { error: RpcError }
export type TranslatedLink = WakingLink & {
  /** Answers the client’s `initialize` from `server/discover`: as the line it gets, or as what prevents it. */
  open: (initialize: Message) => Promise<Outcome>
}

const unknown: Sender = { clientInfo: '{"name":"unknown","version":"0"}', capabilities: '{}' }

/**
 * A client of the revisions with sessions in front of a server of 2026-07-28: what that server has no word for any more
 * is answered here, what it says differently is said back in the client’s revision.
 */
export function createTranslatedLink(
  openInner: (needs: LinkNeeds) => WakingLink,
  needs: LinkNeeds,
  settings: LinkSettings,
): TranslatedLink {
  const { log } = needs
  const place = needs.server.name
  const closing = new AbortController()
  const own = new Map<string, (outcome: Outcome) => void>()
  let sender = unknown
  let version = modernRevisions[0] as string
  let logLevel: string | null = null
  let news: News | null = null
  let lastId = 0
  const inner = openInner({ ...needs, deliver: onLine, fail: onFail })

  const newId = () => {
    lastId += 1
    return `"causeway-${lastId}"`
  }
  const meta = () => senderTexts(sender, version, logLevel)
  const send = (id: string, method: string, line: Buffer) =>
    inner.send({ line, kind: 'request', id, method, target: null })
  function cancelSent(id: string) {
    const line = notificationLine('notifications/cancelled', `{"requestId":${id}}`)
    inner.send({ line, kind: 'notification', id: null, method: 'notifications/cancelled', target: null })
  }
  /** A request of our own, in the client’s name. */
  function ask(id: string, method: string, members = '') {
    const params = [`"_meta":{${meta().join(',')}}`, members].filter(Boolean).join(',')
    send(id, method, Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{${params}}}`))
  }
  const calls = createTranslatedCalls({
    ...needs,
    place,
    newId,
    meta,
    capabilities: () => Buffer.from(sender.capabilities),
    send,
    cancelSent,
    closing: closing.signal,
  })

  async function open(initialize: Message): Promise<Outcome> {
    sender = readSender(initialize.line)
    const id = newId()
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    own.set(id, resolve)
    ask(id, 'server/discover')
    const outcome = await promise
    if ('error' in outcome) return outcome
    const offered = revisionsAt(outcome.line, ['result', 'supportedVersions'])
    const shared = modernRevisions.find((each) => offered.includes(each))
    if (shared === undefined) {
      const why = `${place} speaks only ${offered.slice(0, 5).join(', ') || 'revisions it does not name'}`
      return { error: toRpcError(new Problem('bridge.modern-only', why)) }
    }
    version = shared
    const capabilities = findText(outcome.line, ['result', 'capabilities']) ?? '{}'
    const served = { capabilities: Buffer.from(capabilities), ask, cancel: cancelSent, settings, log }
    news = createNews({ ...served, deliver: needs.deliver })
    return { line: greet(initialize, outcome.line, capabilities) }
  }
  function greet({ id, line }: Message, discovered: Buffer, capabilities: string): Buffer {
    const wanted = toPlain(findText(line, ['params', 'protocolVersion']))
    const agreed = wanted !== null && legacyRevisions.includes(wanted) ? wanted : legacyRevisions[0]
    const serverInfo = findText(discovered, ['result', '_meta', metaKeys.serverInfo])
    const instructions = findText(discovered, ['result', 'instructions'])
    const members = [
      `"protocolVersion":"${agreed}"`,
      `"capabilities":${capabilities}`,
      `"serverInfo":${serverInfo ?? JSON.stringify({ name: place, version: '' })}`,
      ...(toPlain(instructions) === null ? [] : [`"instructions":${instructions}`]),
      `"_meta":{"${metaKeys.version}":"${version}"}`,
    ]
    return resultLine(id as IdText, `{${members.join(',')}}`)
  }

  function onLine(line: Buffer): Promise<void> | void {
    const scanned = scan(line)
    if (!scanned.ok) return log.warn('answer.bad', { why: scanned.error.message })
    const { message } = scanned
    if (message.kind === 'response' && message.id !== null) return onAnswer(message, message.id)
    if (message.kind === 'notification') return onNotice(message)
    log.warn('question.dropped', { method: message.method })
  }
  function onNotice({ line, method }: ScannedMessage): Promise<void> | void {
    const subscription = subscriptionOf(line)
    if (method === 'notifications/subscriptions/acknowledged') {
      return subscription === null ? undefined : news?.acknowledge(subscription, line)
    }
    if (method === 'notifications/cancelled') {
      const id = toIdText(findText(line, ['params', 'requestId']))
      return id === null ? undefined : void news?.ended(id, null)
    }
    return needs.deliver(subscription === null ? line : withoutSubscription(line))
  }
  function onAnswer({ line, failed }: ScannedMessage, id: string): Promise<void> | void {
    const settle = own.get(id)
    own.delete(id)
    if (settle) return settle(failed ? { error: readWholeError(line) } : { line })
    if (news?.ended(id, failed ? readWholeError(line) : null)) return
    return calls.onAnswer(line, id, failed)
  }
  function onFail(id: IdText, error: RpcError) {
    const settle = own.get(id)
    own.delete(id)
    if (settle) return settle({ error })
    if (!news?.ended(id, error)) calls.onFail(id, error)
  }

  const answer = (id: IdText, error: RpcError | null) =>
    error ? needs.fail(id, error) : void needs.deliver(resultLine(id, '{}'))
  function setLevel(id: IdText, line: Buffer) {
    const level = findText(line, ['params', 'level'])
    if (!level?.startsWith('"')) return answer(id, { code: -32602, message: 'A level is a text' })
    logLevel = level
    answer(id, null)
  }
  function watch(id: IdText, line: Buffer, isWanted: boolean) {
    const uri = toPlain(findText(line, ['params', 'uri']))
    if (uri === null) return answer(id, { code: -32602, message: 'A uri is a text' })
    if (!news) return answer(id, { code: rpcCodes.unknownMethod, message: 'Method not found' })
    if (isWanted) return void news.subscribe(uri).then((error) => answer(id, error))
    news.unsubscribe(uri)
    answer(id, null)
  }
  function onRequest(message: Message) {
    const id = message.id as IdText
    switch (message.method) {
      case 'ping':
        return answer(id, null)
      case 'logging/setLevel':
        return setLevel(id, message.line)
      case 'resources/subscribe':
        return watch(id, message.line, true)
      case 'resources/unsubscribe':
        return watch(id, message.line, false)
      default:
        return calls.start(message)
    }
  }

  return {
    open,
    send(message) {
      const { kind, method, id } = message
      if (closing.signal.aborted) {
        if (kind === 'request') needs.fail(id as IdText, toRpcError(new Problem('bridge.interrupted', place)))
      } else if (kind === 'request') onRequest(message)
      else if (kind === 'response') calls.answered(message)
      else if (method === 'notifications/initialized') void news?.start()
      else if (method === 'notifications/cancelled') calls.cancel(message)
      // Whatever else a client tells a session (its roots changed, …) has nobody to be told to.
      else log.debug('message.dropped', { method })
    },
    wake: () => inner.wake(),
    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      news?.close()
      const gone = toRpcError(new Problem('bridge.interrupted', place))
      for (const settle of own.values()) settle({ error: gone })
      calls.failAll(gone)
      await inner.close()
    },
  }
}

/** The server’s error with everything in it. */
function readWholeError(line: Buffer): RpcError {
  const data = findText(line, ['error', 'data'])
  return { ...readError(line), ...(data === null ? {} : { data: JSON.parse(data) as unknown }) }
}
