import { findText } from '../json-walk.ts'
import type { IdText, Message, ScannedMessage } from '../message.ts'
import { metaKeys } from '../revision.ts'
import { toIdText } from '../scan.ts'
import { applyEdits, type Edit } from './json-edit.ts'
import { findSpan, replaceAt, textAt } from './json-path.ts'
import { withId } from './server-message.ts'

type Open<Owner> = { owner: Owner; id: IdText; token: string | null; method: string }
type Owned<Owner> = { owner: Owner; line: Buffer }

/** A subscription of 2026-07-28 stays open for as long as its client likes: it is nobody’s running call. */
const isStanding = (method: string) => method === 'subscriptions/listen'

/**
 * Whose request each one is at a server that several clients use at once. At the server requests and their progress
 * tokens are called by numbers of our own; what comes back is called again as its client called it.
 */
export function createSharedIds<Owner>() {
  const open = new Map<IdText, Open<Owner>>()
  let lastId = 0

  function toServer(owner: Owner, { line, id, idSpan, method }: ScannedMessage): Buffer {
    lastId += 1
    const wire = String(lastId)
    const token = findSpan(line, ['params', '_meta', 'progressToken'])
    open.set(wire, { owner, id: id as IdText, token: token && textAt(line, token), method: method ?? '' })
    const edits: Edit[] = []
    if (idSpan) edits.push({ ...idSpan, text: wire })
    if (token) edits.push({ ...token, text: wire })
    return applyEdits(line, edits)
  }
  function findWire(owner: Owner, id: IdText | null): IdText | undefined {
    for (const [wire, entry] of open) if (entry.owner === owner && entry.id === id) return wire
    return undefined
  }
  /** The cancel as the server must hear it; null where nothing of the kind runs. What is answered all the same is dropped. */
  function cancel(owner: Owner, { line }: Message): Buffer | null {
    const span = findSpan(line, ['params', 'requestId'])
    const wire = findWire(owner, toIdText(findText(line, ['params', 'requestId'])))
    if (!span || wire === undefined) return null
    open.delete(wire)
    return replaceAt(line, span, wire)
  }
  function takeAnswer({ id, line, idSpan }: Pick<ScannedMessage, 'id' | 'line' | 'idSpan'>): Owned<Owner> | null {
    const entry = id === null ? undefined : open.get(id)
    if (!entry) return null
    open.delete(id as IdText)
    // Some servers say in an answer to which subscription it belongs, by the id they were asked under.
    const back = withId(line, entry.id, idSpan)
    const span = findSpan(back, ['result', '_meta', metaKeys.subscription])
    return { owner: entry.owner, line: span ? replaceAt(back, span, entry.id) : back }
  }
  /** Whom progress, or a notice of a subscription, is for. */
  function takeNotice({ line, method }: Pick<Message, 'line' | 'method'>): Owned<Owner> | null | undefined {
    const isProgress = method === 'notifications/progress'
    const path = isProgress ? ['params', 'progressToken'] : ['params', '_meta', metaKeys.subscription]
    const span = findSpan(line, path)
    if (!span) return isProgress ? null : undefined
    const entry = open.get(toIdText(textAt(line, span)) ?? '')
    const name = isProgress ? entry?.token : entry?.id
    return entry && typeof name === 'string' ? { owner: entry.owner, line: replaceAt(line, span, name) } : null
  }
  return {
    toServer,
    cancel,
    takeAnswer,
    takeNotice,
    find: (wire: IdText) => open.get(wire),
    /** Everyone a question of the server may be about. */
    busy: () => new Set([...open.values()].filter(({ method }) => !isStanding(method)).map(({ owner }) => owner)),
    /** Its client has gone: how the server calls what was still running for it. */
    leave(owner: Owner): IdText[] {
      const left = [...open].filter(([, entry]) => entry.owner === owner).map(([wire]) => wire)
      for (const wire of left) open.delete(wire)
      return left
    },
  }
}
