import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { IdText, LinkNeeds, Message, RpcError } from '../link.ts'
import { readError } from '../message-text.ts'
import { legacyRevisions, metaKeys, modernRevisions, toPlain } from '../revision.ts'
import { notificationLine, resultLine, rpcCodes, toRpcError } from '../rpc.ts'
import { type ScannedMessage, scan, toIdText } from '../scan.ts'
import { wait } from './backoff.ts'
import { asking, type Question, readQuestions } from './input-rounds.ts'
import { toLegacyAnswer } from './legacy-answer.ts'
import { readSender, type Sender, senderTexts, toModernRequest } from './legacy-request.ts'
import type { LinkSettings } from './link-options.ts'
import { revisionsAt, subscriptionOf, withoutSubscription } from './modern-meta.ts'
import { createNews, type News } from './news.ts'
import type { WakingLink } from './waking-link.ts'

/** A request of the client, over as many rounds as its server needs to ask. */
type Call = {
  id: IdText
  method: string
  line: Buffer
  /** The id it has at the server in this round; null while the client is asked. */
  sentAs: string | null
  rounds: number
  questions: Question[]
  results: Map<string, string>
  state: string | null
}
type Outcome = { line: Buffer } | { error: RpcError }

export type TranslatedLink = WakingLink & {
  /** Answers the client’s `initialize` from `server/discover`: as the line it gets, or as what prevents it. */
  open: (initialize: Message) => Promise<Outcome>
}

const mostRounds = 10
// A round without a question has nothing that slows it down.
const emptyRoundMs = 250
// Notices of the client that say nothing to a server without sessions.
const noServer = { code: rpcCodes.unknownMethod, message: 'Method not found' }

/**
 * A client of the revisions with sessions in front of a server of 2026-07-28 (the protocol’s points 1 to 7 of such a
 * meeting): what the server has no word for any more is answered here, and its questions become requests again.
 */
export function createTranslatedLink(
  openInner: (needs: LinkNeeds) => WakingLink,
  needs: LinkNeeds,
  settings: LinkSettings,
): TranslatedLink {
  const { log } = needs
  const place = needs.server.name
  const closing = new AbortController()
  const bySentId = new Map<string, Call>()
  const byClientId = new Map<IdText, Call>()
  const asked = new Map<IdText, { call: Call; question: Question }>()
  const own = new Map<string, (outcome: Outcome) => void>()
  let sender: Sender | null = null
  let version = modernRevisions[0] as string
  let logLevel: string | null = null
  let news: News | null = null
  let lastId = 0
  const inner = openInner({ ...needs, deliver: onLine, fail: onFail })

  const newId = () => {
    lastId += 1
    return `"causeway-${lastId}"`
  }
  const meta = () => senderTexts(sender ?? { clientInfo: '{}', capabilities: '{}' }, version, logLevel)
  const sendRequest = (id: string, method: string, line: Buffer) =>
    inner.send({ line, kind: 'request', id, method, target: null })

  /** A request of our own, in the client’s name. */
  function ask(id: string, method: string, members = '') {
    const params = [`"_meta":{${meta().join(',')}}`, members].filter(Boolean).join(',')
    sendRequest(id, method, Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{${params}}}`))
  }
  const cancelSent = (id: string) => {
    const line = notificationLine('notifications/cancelled', `{"requestId":${id}}`)
    inner.send({ line, kind: 'notification', id: null, method: 'notifications/cancelled', target: null })
  }

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
    return { line: greet(initialize, outcome.line) }
  }
  function greet({ id, line }: Message, discovered: Buffer): Buffer {
    const wanted = toPlain(findText(line, ['params', 'protocolVersion']))
    const agreed = wanted !== null && legacyRevisions.includes(wanted) ? wanted : legacyRevisions[0]
    const capabilities = findText(discovered, ['result', 'capabilities']) ?? '{}'
    const serverInfo = findText(discovered, ['result', '_meta', metaKeys.serverInfo])
    const instructions = findText(discovered, ['result', 'instructions'])
    const members = [
      `"protocolVersion":"${agreed}"`,
      `"capabilities":${capabilities}`,
      `"serverInfo":${serverInfo ?? JSON.stringify({ name: place, version: '' })}`,
      ...(toPlain(instructions) === null ? [] : [`"instructions":${instructions}`]),
      `"_meta":{"${metaKeys.version}":"${version}"}`,
    ]
    news = createNews({
      capabilities: Buffer.from(capabilities),
      ask,
      cancel: cancelSent,
      deliver: needs.deliver,
      settings,
      log,
    })
    return resultLine(id as IdText, `{${members.join(',')}}`)
  }

  function start(message: Message) {
    const id = message.id as IdText
    if (byClientId.has(id))
      return needs.fail(id, { code: rpcCodes.notRpc, message: 'A request with this id is running already' })
    const { line } = message
    const call: Call = {
      id,
      method: message.method ?? '',
      line,
      sentAs: null,
      rounds: 0,
      questions: [],
      results: new Map(),
      state: null,
    }
    byClientId.set(id, call)
    sendRound(call)
  }
  function sendRound(call: Call) {
    const id = newId()
    const responses = call.questions.map(({ name }) => [name, call.results.get(name) ?? 'null'] as const)
    const answers = call.rounds === 0 ? undefined : { responses, state: call.state }
    const line = toModernRequest(call.line, id, meta(), answers)
    if (!line) return refuse(call, { code: -32602, message: 'The params of a request are an object' })
    call.sentAs = id
    bySentId.set(id, call)
    sendRequest(id, call.method, line)
  }
  /** Nothing more is said about it, and nobody is asked for it any more. */
  function finish(call: Call) {
    byClientId.delete(call.id)
    if (call.sentAs !== null) bySentId.delete(call.sentAs)
    for (const { id } of call.questions) {
      if (!asked.delete(id)) continue
      const params = `{"requestId":${id},"reason":"It is no longer needed"}`
      void needs.deliver(notificationLine('notifications/cancelled', params))
    }
  }
  function refuse(call: Call, error: RpcError) {
    finish(call)
    needs.fail(call.id, error)
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
  function onAnswer(message: ScannedMessage, id: string): Promise<void> | void {
    const { line, failed } = message
    const settle = own.get(id)
    own.delete(id)
    if (settle) return settle(failed ? { error: readWholeError(line) } : { line })
    if (news?.ended(id, failed ? readWholeError(line) : null)) return
    const call = bySentId.get(id)
    if (!call) return log.debug('answer.dropped')
    bySentId.delete(id)
    call.sentAs = null
    const kind = failed ? 'complete' : (toPlain(findText(line, ['result', 'resultType'])) ?? 'complete')
    if (kind === 'input_required' && asking.has(call.method)) return askClient(call, line)
    if (kind !== 'complete') {
      const why = `${place} answered ${call.method} with a result of the kind ${JSON.stringify(kind.slice(0, 60))}`
      return refuse(call, toRpcError(new Problem('bridge.bad-answer', why)))
    }
    finish(call)
    return needs.deliver(toLegacyAnswer(line, call.id, call.method))
  }
  function onFail(id: IdText, error: RpcError) {
    const settle = own.get(id)
    own.delete(id)
    if (settle) return settle({ error })
    if (news?.ended(id, error)) return
    const call = bySentId.get(id)
    if (call) refuse(call, error)
  }

  function askClient(call: Call, line: Buffer) {
    call.rounds += 1
    if (call.rounds > mostRounds) {
      const why = `${place} asked ${mostRounds} times and still does not answer`
      return refuse(call, toRpcError(new Problem('bridge.bad-answer', why)))
    }
    const found = readQuestions(line, Buffer.from(sender?.capabilities ?? '{}'))
    if ('refused' in found)
      return refuse(call, toRpcError(new Problem('bridge.question-unanswered', `${place}: ${found.refused}`)))
    const state = findText(line, ['result', 'requestState'])
    call.state = state?.startsWith('"') ? state : null
    call.questions = found
    call.results = new Map()
    if (found.length === 0) return repeatLater(call)
    for (const question of found) {
      asked.set(question.id, { call, question })
      void needs.deliver(question.line)
    }
  }
  function repeatLater(call: Call) {
    wait(emptyRoundMs, closing.signal).then(
      () => {
        if (byClientId.get(call.id) === call) sendRound(call)
      },
      () => {},
    )
  }
  function onClientAnswer({ id, line }: Message) {
    const question = id === null ? undefined : asked.get(id)
    if (!question) return log.debug('client.answer-dropped')
    asked.delete(id as IdText)
    const { call } = question
    const result = findText(line, ['result'])
    if (result === null) {
      const why = `${place}: ${question.question.method} (${readError(line).message.slice(0, 200)})`
      return refuse(call, toRpcError(new Problem('bridge.question-unanswered', why)))
    }
    call.results.set(question.question.name, result)
    if (call.results.size === call.questions.length) sendRound(call)
  }

  function cancel({ line }: Message) {
    const id = toIdText(findText(line, ['params', 'requestId']))
    const call = id === null ? undefined : byClientId.get(id)
    if (!call) return
    const { sentAs } = call
    finish(call)
    if (sentAs !== null) cancelSent(sentAs)
  }
  const answer = (id: IdText, error: RpcError | null) =>
    error ? needs.fail(id, error) : void needs.deliver(resultLine(id, '{}'))

  function onRequest(message: Message) {
    const id = message.id as IdText
    const { method, line } = message
    if (method === 'ping') return answer(id, null)
    if (method === 'logging/setLevel') {
      const level = findText(line, ['params', 'level'])
      if (!level?.startsWith('"')) return answer(id, { code: -32602, message: 'A level is a text' })
      logLevel = level
      return answer(id, null)
    }
    if (method !== 'resources/subscribe' && method !== 'resources/unsubscribe') return start(message)
    const uri = toPlain(findText(line, ['params', 'uri']))
    if (uri === null) return answer(id, { code: -32602, message: 'A uri is a text' })
    if (!news) return answer(id, noServer)
    if (method === 'resources/subscribe') return void news.subscribe(uri).then((error) => answer(id, error))
    news.unsubscribe(uri)
    answer(id, null)
  }

  return {
    open,
    send(message) {
      const { kind, method, id } = message
      if (closing.signal.aborted) {
        if (kind === 'request') needs.fail(id as IdText, toRpcError(new Problem('bridge.interrupted', place)))
      } else if (kind === 'request') onRequest(message)
      else if (kind === 'response') onClientAnswer(message)
      else if (method === 'notifications/initialized') void news?.start()
      else if (method === 'notifications/cancelled') cancel(message)
      else log.debug('message.dropped', { method })
    },
    wake: () => inner.wake(),
    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      news?.close()
      const gone = toRpcError(new Problem('bridge.interrupted', place))
      for (const settle of own.values()) settle({ error: gone })
      for (const call of [...byClientId.values()]) refuse(call, gone)
      await inner.close()
    },
  }
}

/** The server’s error with everything in it. */
const readWholeError = (line: Buffer): RpcError => {
  const data = findText(line, ['error', 'data'])
  return { ...readError(line), ...(data === null ? {} : { data: JSON.parse(data) as unknown }) }
}
