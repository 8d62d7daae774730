import { randomBytes } from 'node:crypto'
import type { IdText, Message } from '../message.ts'
import { toIdText } from '../scan.ts'
import { findSpan, replaceAt, textAt } from './json-path.ts'
import { type ServerMessage, withId } from './server-message.ts'

// What such a server tells everyone alike; it names no one’s call.
const forEveryone = /^notifications\/(tools|prompts|resources)\/list_changed$/

/** 128 random bits: an id nobody else has, and nobody can guess to have an answer delivered as someone else’s. */
const newWireId = () => `"${randomBytes(16).toString('base64url')}"`

/**
 * For servers that send every answer to every open stream. On the wire each request has an id of its own, unguessable;
 * what comes back under any other id belongs to someone else and is dropped, as are questions and notices nobody can
 * attribute.
 */
export function createWireIds() {
  const clientIds = new Map<string, IdText>()
  const wireIds = new Map<IdText, string>()
  const clientTokens = new Map<string, string>()

  function toWire({ line, kind, id, method }: Pick<Message, 'line' | 'kind' | 'id' | 'method'>): Buffer {
    if (method === 'notifications/cancelled') {
      const span = findSpan(line, ['params', 'requestId'])
      const requestId = span ? toIdText(textAt(line, span)) : null
      const wire = requestId === null ? undefined : wireIds.get(requestId)
      return span && wire ? replaceAt(line, span, wire) : line
    }
    const span = kind === 'request' ? findSpan(line, ['id']) : null
    if (id === null || !span) return line
    const wire = newWireId()
    clientIds.set(wire, id)
    wireIds.set(id, wire)
    const renamed = replaceAt(line, span, wire)
    const token = findSpan(renamed, ['params', '_meta', 'progressToken'])
    if (!token) return renamed
    clientTokens.set(wire, textAt(renamed, token))
    return replaceAt(renamed, token, wire)
  }

  /** The request is over: whatever comes under its wire id from now on is nobody’s. */
  function release(id: IdText) {
    const wire = wireIds.get(id)
    if (wire === undefined) return
    wireIds.delete(id)
    clientIds.delete(wire)
    clientTokens.delete(wire)
  }

  function fromWire(message: ServerMessage): ServerMessage | null {
    if (message.kind === 'response') {
      const id = message.id === null ? undefined : clientIds.get(message.id)
      return id === undefined ? null : { ...message, id, line: withId(message.line, id, message.idSpan), idSpan: null }
    }
    if (message.kind === 'bad') {
      const id = message.id === null ? undefined : clientIds.get(message.id)
      return id === undefined ? null : { ...message, id }
    }
    if (message.kind === 'request') return null
    if (message.method !== 'notifications/progress') return forEveryone.test(message.method) ? message : null
    const span = findSpan(message.line, ['params', 'progressToken'])
    const token = span ? clientTokens.get(textAt(message.line, span)) : undefined
    return span && token !== undefined ? { ...message, line: replaceAt(message.line, span, token) } : null
  }

  return { toWire, fromWire, release, clientIdOf: (wire: string) => clientIds.get(wire) }
}
