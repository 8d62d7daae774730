import { randomUUID } from 'node:crypto'
import { Problem } from '../../../shared/problems.ts'
import { findText } from '../json-walk.ts'
import type { Message } from '../message.ts'
import { scan } from '../scan.ts'
import { isModernError, withId } from './server-message.ts'

/** A line of the client said again in its name, under an id of ours. */
export type Replay = { id: string; method: string; line: Buffer }

/** `initialize` apart, as all else waits for its answer. */
export type Opening = { initialize: Replay; after: Replay[]; initialized: Buffer | null }

const mostSubscriptions = 1000
const newId = () => `"causeway-${randomUUID()}"`

function again({ line, method }: Message): Replay {
  const scanned = scan(line)
  const id = newId()
  return { id, method: method ?? '', line: withId(line, id, scanned.ok ? scanned.message.idSpan : null) }
}

/** What the client has told the server about itself, kept as its own bytes to open a new session in its name. */
export function createClientMemory() {
  let initialize: Message | null = null
  let initialized: Message | null = null
  let level: Message | null = null
  let version: string | null = null
  let capabilities: string | null = null
  const subscriptions = new Map<string, Message>()

  function note(message: Message) {
    const { method } = message
    if (method === 'initialize') {
      initialize = message
      initialized = null
      level = null
      version = null
      capabilities = null
      subscriptions.clear()
    } else if (method === 'notifications/initialized') initialized = message
    else if (method === 'logging/setLevel') level = message
    else if (method === 'resources/subscribe' || method === 'resources/unsubscribe') {
      const uri = findText(message.line, ['params', 'uri']) ?? ''
      if (method === 'resources/unsubscribe') subscriptions.delete(uri)
      else if (subscriptions.size < mostSubscriptions) subscriptions.set(uri, message)
    }
  }

  /** What the server answered to `initialize`; says how it differs from what the client was told before. */
  function agree(answer: Buffer) {
    const text = findText(answer, ['result', 'protocolVersion'])
    const before = { version, capabilities }
    version = text?.startsWith('"') ? String(JSON.parse(text)) : null
    capabilities = findText(answer, ['result', 'capabilities'])
    return {
      version,
      isOtherVersion: before.version !== null && before.version !== version,
      isOtherCapabilities: before.capabilities !== null && before.capabilities !== capabilities,
    }
  }

  /** Sees the answer to the client’s own `initialize`. */
  function meet(answer: Buffer, isError: boolean, place: string): Problem | undefined {
    if (!isError) agree(answer)
    else if (isModernError(answer)) return new Problem('bridge.modern-only', modernWords(answer, place))
    return undefined
  }

  function opening(): Opening | null {
    if (!initialize) return null
    const after = [...(level ? [level] : []), ...subscriptions.values()]
    return { initialize: again(initialize), after: after.map(again), initialized: initialized?.line ?? null }
  }

  return {
    note,
    agree,
    meet,
    opening,
    version: () => version,
  }
}
export type ClientMemory = ReturnType<typeof createClientMemory>

function modernWords(answer: Buffer, place: string): string {
  const supported = findText(answer, ['error', 'data', 'supported'])
  const versions = supported
    ?.match(/\d{4}-\d{2}-\d{2}/g)
    ?.slice(0, 5)
    .join(', ')
  return `${place} speaks only ${versions ?? '2026-07-28 and later'}`
}

/** Sent when a new session offers other things than the old one: the client asks anew for what it shows. */
export const listChanges = ['tools', 'prompts', 'resources'].map((what) => `notifications/${what}/list_changed`)
