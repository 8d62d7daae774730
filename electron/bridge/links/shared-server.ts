import { Problem } from '../../../shared/problems.ts'
import type { Log } from '../../lib/log.ts'
import type { Envelope } from '../end/envelope.ts'
import { findText } from '../json-walk.ts'
import { createLines } from '../lines.ts'
import type { ScannedMessage } from '../message.ts'
import { errorLine, notificationLine, resultLine, toRpcError } from '../rpc.ts'
import { scan } from '../scan.ts'
import { toMegabytes } from './bodies.ts'
import { findSpan, textAt } from './json-path.ts'
import { readServerMessages, type ServerMessage } from './server-message.ts'
import { createSharedIds } from './shared-ids.ts'
import { createSharedOpening } from './shared-opening.ts'
import { createSharedQuestions } from './shared-questions.ts'
import { createSeat, type Seat } from './shared-seat.ts'
import { createTopics } from './shared-topics.ts'
import type { LocalServer } from './stdio-process.ts'

type Needs = { process: LocalServer; version: string; maxMessageBytes: number; log: Log; left: () => void }

/**
 * One local server for all who use it: each client’s requests keep apart from the others’, and what the server says goes
 * to whom it is for. A client that does not read is put out; it holds up nobody else.
 */
export function createSharedServer({ process, version, maxMessageBytes, log, left }: Needs) {
  const seats = new Set<Seat>()
  const ids = createSharedIds<Seat | 'hub'>()
  const topics = createTopics<Seat>()
  let joined = () => {}
  const send = (line: Buffer) => process.write(line)
  const tell = (seat: Seat, line: Buffer) => void (seat.tell(line) || putOut(seat))
  const opening = createSharedOpening<Seat>({ version, send, tell })
  const questions = createSharedQuestions<Seat>({
    busy: () => new Set([...ids.busy()].filter((owner) => owner !== 'hub')),
    all: () => seats,
    capabilitiesOf: ({ capabilities }) => capabilities,
    send,
    tell,
  })

  function putOut(seat: Seat) {
    log.warn('client.not-reading')
    leave(seat)
    seat.dismiss('the app does not read what it is sent')
  }

  /** A request of our own: nobody waits for its answer, `initialize` apart. */
  function newId(method: string): string {
    const line = Buffer.from(`{"jsonrpc":"2.0","id":0,"method":"${method}"}`)
    const scanned = scan(line) as { message: ScannedMessage }
    return findText(ids.toServer('hub', scanned.message), ['id']) as string
  }

  function fromClient(seat: Seat, line: Buffer) {
    const scanned = scan(line)
    if (!scanned.ok) return log.warn('client.message-dropped')
    const { message } = scanned
    if (message.kind === 'response') questions.answered(seat, message)
    else if (message.kind === 'notification') onNotice(seat, message)
    else if (message.method === 'initialize') {
      const span = findSpan(message.line, ['params', 'capabilities'])
      seat.capabilities = Buffer.from(span ? textAt(message.line, span) : '{}')
      opening.ask(seat, message, () => newId('initialize'))
    } else onRequest(seat, message)
  }
  function onNotice(seat: Seat, message: ScannedMessage) {
    if (message.method === 'notifications/initialized') return opening.initialized(message.line)
    if (message.method !== 'notifications/cancelled') return send(message.line)
    const line = ids.cancel(seat, message)
    if (line) send(line)
  }
  function onRequest(seat: Seat, message: ScannedMessage) {
    const { method, id, line } = message
    if (method === 'resources/subscribe') topics.subscribe(seat, line)
    if (method === 'resources/unsubscribe' && !topics.unsubscribe(seat, line))
      return tell(seat, resultLine(id ?? '', '{}'))
    const sent = ids.toServer(seat, message)
    send(method === 'logging/setLevel' ? topics.setLevel(seat, sent) : sent)
  }

  function fromServer(message: ServerMessage) {
    if (message.kind === 'response') onAnswer(message)
    else if (message.kind === 'request') questions.ask(message)
    else if (message.kind === 'notification') onServerNotice(message)
    else refuse(message.id, new Problem('bridge.bad-answer', message.why))
  }
  function onAnswer(message: ServerMessage & { kind: 'response' }) {
    const asked = message.id === null ? undefined : ids.find(message.id)
    const taken = ids.takeAnswer(message)
    if (!taken) log.debug('answer.dropped')
    else if (taken.owner !== 'hub') tell(taken.owner, taken.line)
    else if (asked?.method === 'initialize') opening.answered(message.scanned)
  }
  /** An answer that cannot be handed on, though it is known whose it is. */
  function refuse(wire: string | null, problem: Problem) {
    if (wire === null || !ids.find(wire)) return log.warn('answer.bad', { why: problem.detail })
    for (const message of readServerMessages(errorLine(wire, toRpcError(problem)))) fromServer(message)
  }
  function onServerNotice({ line, method }: ServerMessage & { kind: 'notification' }) {
    if (method === 'notifications/cancelled') return questions.withdraw(line)
    const taken = ids.takeNotice({ line, method })
    if (taken === null) return log.debug('notice.dropped', { method })
    if (taken) return taken.owner === 'hub' ? undefined : tell(taken.owner, taken.line)
    for (const seat of [...seats]) if (topics.wants(seat, method, line)) tell(seat, line)
  }

  async function read() {
    const lines = createLines({
      limit: maxMessageBytes,
      onLine: (line) => readServerMessages(line).forEach(fromServer),
      onTooLong: ({ id, method }: Envelope) =>
        refuse(
          method === null ? id : null,
          new Problem('bridge.answer-too-large', `more than ${toMegabytes(maxMessageBytes)}`),
        ),
    })
    for await (const chunk of process.stdout) {
      lines.push(chunk)
      await roomForOne()
    }
  }
  /** A client alone is served as fast as it reads; where there are more, none waits for another. */
  async function roomForOne() {
    const [only, ...others] = seats
    const drained = only && others.length === 0 ? only.drained() : null
    if (drained) await Promise.race([drained, new Promise<void>((resolve) => (joined = resolve))])
  }

  function leave(seat: Seat) {
    if (!seats.delete(seat)) return
    opening.leave(seat)
    questions.leave(seat)
    for (const wire of ids.leave(seat)) {
      send(notificationLine('notifications/cancelled', `{"requestId":${wire},"reason":"The app has gone"}`))
    }
    for (const uri of topics.leave(seat)) {
      const method = 'resources/unsubscribe'
      send(Buffer.from(`{"jsonrpc":"2.0","id":${newId(method)},"method":"${method}","params":{"uri":${uri}}}`))
    }
    left()
  }

  read().catch((error) => log.debug('process.unreadable', { error }))
  void process.exited.then((how) => {
    for (const seat of seats) seat.dismiss(how)
    seats.clear()
  })

  return {
    join(): LocalServer {
      const seat: Seat = createSeat({
        mostUnreadBytes: 2 * maxMessageBytes,
        take: (line) => void (seats.has(seat) && fromClient(seat, line)),
        waitingBytes: process.waitingBytes,
        leave: () => leave(seat),
      })
      seats.add(seat)
      joined()
      return seat.server
    },
    isEmpty: () => seats.size === 0,
  }
}
