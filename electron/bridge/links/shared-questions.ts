import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { IdText, Message, RpcError } from '../message.ts'
import { errorLine, resultLine, rpcCodes, toRpcError } from '../rpc.ts'
import { toIdText } from '../scan.ts'
import { findObstacle } from './input-rounds.ts'
import { findSpan, textAt } from './json-path.ts'

type Needs<Owner> = {
  /** Those of whom requests are running. */
  busy: () => Set<Owner>
  all: () => Set<Owner>
  /** What a client said it can do; null where it never said. */
  capabilitiesOf: (owner: Owner) => Buffer | null
  send: (line: Buffer) => void
  tell: (owner: Owner, line: Buffer) => void
}

const known = new Set(['roots/list', 'sampling/createMessage', 'elicitation/create'])
const crowded = 'several apps use this server, and the question does not say which of them it is for'

/**
 * The questions of a server that several clients use. A question goes to the one client whose call is running; where
 * that could be more than one it is refused, as an answer of the wrong person’s app is worse than none.
 */
export function createSharedQuestions<Owner>({ busy, all, capabilitiesOf, send, tell }: Needs<Owner>) {
  const open = new Map<IdText, Owner>()
  const refuse = (id: IdText, error: RpcError) => send(errorLine(id, error))
  const unanswered = (why: string) => toRpcError(new Problem('bridge.question-unanswered', why))

  function findOwner(): Owner | undefined {
    const running = busy()
    const candidates = running.size > 0 ? running : all()
    return candidates.size === 1 ? [...candidates][0] : undefined
  }
  function findRefusal(owner: Owner, method: string, line: Buffer): string | null {
    const capabilities = capabilitiesOf(owner)
    if (!known.has(method) || capabilities === null) return null
    const params = findSpan(line, ['params'])
    return findObstacle(method, Buffer.from(params ? textAt(line, params) : '{}'), capabilities)
  }
  return {
    ask({ id, method, line }: { id: IdText; method: string; line: Buffer }) {
      if (method === 'ping') return send(resultLine(id, '{}'))
      const owner = findOwner()
      if (owner === undefined) return refuse(id, unanswered(`${method}: ${crowded}`))
      const refusal = findRefusal(owner, method, line)
      if (refusal !== null) {
        return refuse(id, { code: rpcCodes.unknownMethod, message: `The app that called does not take ${refusal}` })
      }
      open.set(id, owner)
      tell(owner, line)
    },
    answered(owner: Owner, { id, line }: Pick<Message, 'id' | 'line'>) {
      if (id === null || open.get(id) !== owner) return
      open.delete(id)
      send(line)
    },
    /** The server takes a question back. */
    withdraw(line: Buffer) {
      const id = toIdText(findText(line, ['params', 'requestId'])) ?? ''
      const owner = open.get(id)
      if (owner === undefined) return
      open.delete(id)
      tell(owner, line)
    },
    leave(owner: Owner) {
      for (const [id, asked] of open) {
        if (asked !== owner) continue
        open.delete(id)
        refuse(id, unanswered('the app has gone'))
      }
    },
  }
}
