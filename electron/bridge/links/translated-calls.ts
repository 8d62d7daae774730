import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { LinkNeeds } from '../link.ts'
import type { IdText, Message, RpcError } from '../message.ts'
import { readError } from '../message-text.ts'
import { toPlain } from '../revision.ts'
import { notificationLine, rpcCodes, toRpcError } from '../rpc.ts'
import { toIdText } from '../scan.ts'
import { wait } from './backoff.ts'
import { asking, type Question, readQuestions } from './input-rounds.ts'
import { toLegacyAnswer } from './legacy-answer.ts'
import { toModernRequest } from './legacy-request.ts'

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
type Needs = Pick<LinkNeeds, 'deliver' | 'fail' | 'log'> & {
  /** The server’s name for people. */
  place: string
  newId: () => string
  /** What the client says of itself now, as members of “_meta”. */
  meta: () => string[]
  /** What the client declared it can do. */
  capabilities: () => Buffer
  send: (id: string, method: string, line: Buffer) => void
  cancelSent: (id: string) => void
  closing: AbortSignal
}

const mostRounds = 10
// A round without a question has nothing that slows it down.
const emptyRoundMs = 250

/**
 * The client’s requests at a server that asks in its results: each question becomes a request to the client, and the
 * call is repeated with the answers under a new id. What belongs to one call is never said in another.
 */
export function createTranslatedCalls(needs: Needs) {
  const { place, newId, log, deliver } = needs
  const byClientId = new Map<IdText, Call>()
  const bySentId = new Map<string, Call>()
  const asked = new Map<IdText, { call: Call; question: Question }>()

  function start(message: Message) {
    const id = message.id as IdText
    if (byClientId.has(id))
      return needs.fail(id, { code: rpcCodes.notRpc, message: 'A request with this id is running already' })
    const { line, method } = message
    const fresh = { sentAs: null, rounds: 0, questions: [], results: new Map(), state: null }
    const call: Call = { id, method: method ?? '', line, ...fresh }
    byClientId.set(id, call)
    sendRound(call)
  }
  function sendRound(call: Call) {
    const id = newId()
    const responses = call.questions.map(({ name }) => [name, call.results.get(name) ?? 'null'] as const)
    const answers = call.rounds === 0 ? undefined : { responses, state: call.state }
    const line = toModernRequest(call.line, id, needs.meta(), answers)
    if (!line) return refuse(call, { code: -32602, message: 'The params of a request are an object' })
    call.sentAs = id
    bySentId.set(id, call)
    needs.send(id, call.method, line)
  }

  /** Nothing more is said about it, and nobody is asked for it any more. */
  function finish(call: Call) {
    byClientId.delete(call.id)
    if (call.sentAs !== null) bySentId.delete(call.sentAs)
    for (const { id } of call.questions) {
      if (!asked.delete(id)) continue
      const params = `{"requestId":${id},"reason":"It is no longer needed"}`
      void deliver(notificationLine('notifications/cancelled', params))
    }
  }
  function refuse(call: Call, error: RpcError) {
    finish(call)
    needs.fail(call.id, error)
  }
  const refuseAs = (call: Call, code: 'bridge.bad-answer' | 'bridge.question-unanswered', why: string) =>
    refuse(call, toRpcError(new Problem(code, `${place}: ${why}`)))

  function onAnswer(line: Buffer, id: string, failed: boolean): Promise<void> | void {
    const call = bySentId.get(id)
    if (!call) return log.debug('answer.dropped')
    bySentId.delete(id)
    call.sentAs = null
    const kind = failed ? 'complete' : (toPlain(findText(line, ['result', 'resultType'])) ?? 'complete')
    if (kind === 'input_required' && asking.has(call.method)) return askClient(call, line)
    if (kind !== 'complete') {
      const words = JSON.stringify(kind.slice(0, 60))
      return refuseAs(call, 'bridge.bad-answer', `a result of the kind ${words} to ${call.method}`)
    }
    finish(call)
    return deliver(toLegacyAnswer(line, call.id, call.method))
  }
  function askClient(call: Call, line: Buffer) {
    call.rounds += 1
    if (call.rounds > mostRounds)
      return refuseAs(call, 'bridge.bad-answer', `no answer after ${mostRounds} rounds of questions`)
    const found = readQuestions(line, needs.capabilities())
    if ('refused' in found) return refuseAs(call, 'bridge.question-unanswered', found.refused)
    const state = findText(line, ['result', 'requestState'])
    call.state = state?.startsWith('"') ? state : null
    call.questions = found
    call.results = new Map()
    if (found.length === 0) return repeatLater(call)
    for (const question of found) {
      asked.set(question.id, { call, question })
      void deliver(question.line)
    }
  }
  function repeatLater(call: Call) {
    const again = () => void (byClientId.get(call.id) === call && sendRound(call))
    wait(emptyRoundMs, needs.closing).then(again, () => {})
  }

  return {
    start,
    onAnswer,
    onFail(id: IdText, error: RpcError) {
      const call = bySentId.get(id)
      if (call) refuse(call, error)
    },
    /** The client’s answer to a question. */
    answered({ id, line }: Message) {
      const found = id === null ? undefined : asked.get(id)
      if (!found) return log.debug('client.answer-dropped')
      asked.delete(id as IdText)
      const { call, question } = found
      const result = findText(line, ['result'])
      if (result === null) {
        const words = readError(line).message.slice(0, 200)
        return refuseAs(call, 'bridge.question-unanswered', `${question.method} (${words})`)
      }
      call.results.set(question.name, result)
      if (call.results.size === call.questions.length) sendRound(call)
    },
    cancel({ line }: Message) {
      const id = toIdText(findText(line, ['params', 'requestId']))
      const call = id === null ? undefined : byClientId.get(id)
      if (!call) return
      const { sentAs } = call
      finish(call)
      if (sentAs !== null) needs.cancelSent(sentAs)
    },
    failAll(error: RpcError) {
      for (const call of [...byClientId.values()]) refuse(call, error)
    },
  }
}
