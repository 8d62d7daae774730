import type { CallRow } from '../../shared/contract/activity.ts'
import type { ClientId, ServerId } from '../../shared/ids.ts'
import { findText, type Span } from './json-walk.ts'
import type { IdText, Message, RpcError } from './message.ts'
import { modernVersionOf } from './revision.ts'
import { findProblem } from './rpc.ts'

export type NewCall = Omit<CallRow, 'id'>
export type OpenCall = {
  id: IdText
  /** The id as the client wrote it, where that differs from `id`. */
  spelled: string
  method: string
  target: string | null
  /** It asks for the tools from the start, so its answer is worth remembering. */
  listsTools: boolean
  /** The revision it names itself, and so needs no session; null for those with sessions. */
  version: string | null
  /** False while it waits for the server's session. */
  sent: boolean
  startedAt: Date
  startedMs: number
  requestBytes: number
}
export type Ending =
  | { kind: 'answered'; toolFailed: boolean; bytes: number }
  | { kind: 'error'; error: RpcError; bytes: number }
  | { kind: 'cancelled' }

type Needs = {
  server: ServerId
  client: ClientId | null
  clientName: () => string | null
  record: (call: NewCall) => void
  now: () => Date
}

const recorded = new Set(['tools/call', 'resources/read', 'prompts/get', 'completion/complete'])
const refusals =
  /^(auth|vault|policy)\.|^catalog\.not-allowed$|^bridge\.(unknown-server|too-many-calls|request-too-large)$/

/** The requests of one client that have no answer yet. Each is settled once; what counts as a call becomes a row. */
export function createCalls({ server, client, clientName, record, now }: Needs) {
  const open = new Map<IdText, OpenCall>()
  let bytes = 0

  function add(message: Message & { idSpan: Span | null }): OpenCall {
    const { id, line, idSpan } = message
    const version = modernVersionOf(line)
    const isList = message.method === 'tools/list' && version === null
    const call: OpenCall = {
      id: id as IdText,
      spelled: idSpan ? line.toString('utf8', idSpan.start, idSpan.end) : (id as IdText),
      method: message.method as string,
      target: message.target,
      listsTools: isList && findText(line, ['params', 'cursor']) === null,
      version,
      sent: false,
      startedAt: now(),
      startedMs: performance.now(),
      requestBytes: line.length,
    }
    open.set(call.id, call)
    bytes += call.requestBytes
    return call
  }
  /** False where the request is not open: answered, cancelled or never sent. */
  function settle(id: IdText, ending: Ending): OpenCall | null {
    const call = open.get(id)
    if (!call) return null
    open.delete(id)
    bytes -= call.requestBytes
    if (recorded.has(call.method) || (call.method === 'initialize' && ending.kind === 'error')) {
      record({ ...toRow(call), ...toOutcome(ending) })
    }
    return call
  }
  const toRow = (call: OpenCall) => ({
    time: call.startedAt.toISOString(),
    client,
    clientName: clientName(),
    server,
    method: call.method,
    target: call.target,
    durationMs: Math.round((performance.now() - call.startedMs) * 1000) / 1000,
    requestBytes: call.requestBytes,
  })
  return {
    add,
    settle,
    find: (id: IdText) => open.get(id),
    all: () => [...open.values()],
    get count() {
      return open.size
    },
    get bytes() {
      return bytes
    },
  }
}

export type Calls = ReturnType<typeof createCalls>

function toOutcome(ending: Ending) {
  if (ending.kind === 'cancelled') return { outcome: 'cancelled', code: null, message: null, responseBytes: 0 } as const
  if (ending.kind === 'answered') {
    const outcome = ending.toolFailed ? 'failed' : 'ok'
    return { outcome, code: null, message: null, responseBytes: ending.bytes } as const
  }
  const problem = findProblem(ending.error)
  const outcome = problem && refusals.test(problem.code) ? 'refused' : 'error'
  return {
    outcome,
    code: problem?.code ?? `${ending.error.code}`,
    message: ending.error.message.slice(0, 1000),
    responseBytes: ending.bytes,
  } as const
}
