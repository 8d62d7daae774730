import { randomBytes } from 'node:crypto'
import { findText } from './json-walk.ts'
import type { Link, LinkNeeds } from './link.ts'
import type { IdText, Message, RpcError, ScannedMessage } from './message.ts'
import { readError } from './message-text.ts'
import { toRpcError } from './rpc.ts'
import { type Scanned, scan } from './scan.ts'

export type LinkHandlers = Pick<LinkNeeds, 'deliver' | 'fail' | 'ended'>

type Needs = {
  /** Opens a link, or throws the problem that forbids it. */
  open: (handlers: LinkHandlers) => Link
  /** The client's own `initialize`; null for a client that speaks without one. */
  opening: () => { id: IdText; message: Message } | null
  /** The server's session stands; `answer` is its answer to `initialize`. */
  onReady: (answer: ScannedMessage | null) => void
  /** The session could not be had; `answer` holds the server's own words where it refused. */
  onRefused: (error: RpcError, answer: ScannedMessage | null) => void
  /** The session was there and is gone. */
  onLost: (error: RpcError) => void
  onMessage: (message: ScannedMessage) => Promise<void> | void
  onFail: (id: IdText, error: RpcError) => void
  onTrouble: (why: string) => void
}

/**
 * The one session a client has with its server. It opens it with the client's own `initialize`, as often as it is
 * needed; nothing else is sent before that is answered.
 */
export function createUpstream(needs: Needs) {
  let link: Link | null = null
  let phase: 'idle' | 'connecting' | 'ready' = 'idle'
  let openingId: IdText | undefined
  const own = new Map<IdText, (resultText: string | null) => void>()

  /** The link, opened where there is none. Null where it may not be: `needs.onRefused` was told why. */
  function getLink(): Link | null {
    if (link) return link
    let mine: Link | null = null
    // A link that was dropped may still have something to say; nobody listens.
    const isCurrent = () => mine === null || link === mine
    try {
      mine = needs.open({
        deliver: (line, known) => (isCurrent() ? onLine(line, known) : undefined),
        fail: (id, error) => void (isCurrent() && onFail(id, error)),
        ended: (error) => void (isCurrent() && onEnded(error)),
      })
    } catch (error) {
      phase = 'idle'
      needs.onRefused(toRpcError(error), null)
      return null
    }
    link = mine
    return mine
  }
  function connect() {
    if (phase !== 'idle') return
    phase = 'connecting'
    const opening = needs.opening()
    openingId = opening?.id
    const mine = getLink()
    if (!mine) return
    if (opening) return mine.send(opening.message)
    phase = 'ready'
    needs.onReady(null)
  }

  function onLine(line: Buffer, known: ScannedMessage | undefined): Promise<void> | void {
    const scanned: Scanned = known ? { ok: true, message: known } : scan(line)
    if (!scanned.ok) return needs.onTrouble(scanned.error.message)
    const { message } = scanned
    const settleOwn = message.kind === 'response' && message.id !== null ? own.get(message.id) : undefined
    if (settleOwn) return settleOwn(message.failed ? null : findText(line, ['result']))
    if (phase !== 'connecting' || message.kind !== 'response' || message.id !== openingId) {
      return needs.onMessage(message)
    }
    if (message.failed) {
      void close()
      return needs.onRefused(readError(line), message)
    }
    phase = 'ready'
    needs.onReady(message)
  }
  function onFail(id: IdText, error: RpcError) {
    const settleOwn = own.get(id)
    if (settleOwn) return settleOwn(null)
    if (phase !== 'connecting' || id !== openingId) return needs.onFail(id, error)
    void close()
    needs.onRefused(error, null)
  }
  function onEnded(error: RpcError) {
    const before = phase
    void close()
    if (before === 'connecting') needs.onRefused(error, null)
    else needs.onLost(error)
  }
  async function close() {
    const old = link
    link = null
    phase = 'idle'
    for (const settle of [...own.values()]) settle(null)
    await old?.close().catch((error) => needs.onTrouble(`closing failed: ${error}`))
  }
  /** A request of the hub's own. Null where the server gives no result. */
  function ask(method: string): Promise<string | null> {
    const id = `"causeway-${randomBytes(8).toString('hex')}"`
    const { promise, resolve } = Promise.withResolvers<string | null>()
    own.set(id, (resultText) => {
      own.delete(id)
      resolve(resultText)
    })
    const line = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"${method}"}`)
    link?.send({ line, kind: 'request', id, method, target: null })
    return promise
  }
  return {
    connect,
    close,
    ask,
    send: (message: Message) => link?.send(message),
    /** Carries a request that needs no session. Who sent it learns from `onRefused` where there can be no link. */
    sendAlone: (message: Message) => getLink()?.send(message),
    wake: () => link?.wake?.(),
    get isOpen() {
      return link !== null
    },
    get phase() {
      return phase
    },
  }
}
