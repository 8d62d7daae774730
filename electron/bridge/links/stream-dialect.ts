import { Problem } from '../../../shared/problems.ts'
import type { IdText, Message } from '../message.ts'
import { findSpan } from './json-path.ts'
import { readServerMessages, type ServerMessage } from './server-message.ts'
import { createWireIds } from './wire-ids.ts'

type Sendable = Pick<Message, 'line' | 'kind' | 'id' | 'method'>

/** In what the two kinds of server differ that answer on one long stream. */
export type StreamDialect = {
  streamUrl: URL
  /** Where messages go, where that is known without asking; else the stream says it. */
  messageUrl: URL | null
  events: ReadonlySet<string>
  toWire: (message: Sendable) => Buffer
  sift: (message: ServerMessage) => ServerMessage | null
  release: (id: IdText) => void
  /** The client’s id for one on the wire. */
  toClientId: (id: IdText) => IdText | undefined
  /** Whether the body of a 2xx answer to a POST is the answer itself, and not only a receipt. */
  isAnswer: (status: number, body: Buffer, method: string) => boolean
}

/** HTTP+SSE of 2024-11-05: the stream names the address for messages, and is the session. */
export const createSseDialect = (streamUrl: URL): StreamDialect => ({
  streamUrl,
  messageUrl: null,
  events: new Set(['message']),
  toWire: ({ line }) => line,
  sift: (message) => message,
  release: () => {},
  toClientId: (id) => id,
  isAnswer: () => false,
})

function isReceipt(body: Buffer): boolean {
  return findSpan(body, ['result', 'status']) !== null
}

/** Stream and message address by configuration, answers broadcast to every stream: the ids on the wire are ours. */
export function createSplitDialect(streamUrl: URL, messageUrl: URL): StreamDialect {
  const ids = createWireIds()
  return {
    streamUrl,
    messageUrl,
    events: new Set(['message', 'progress', 'system']),
    toWire: ids.toWire,
    sift: ids.fromWire,
    release: ids.release,
    toClientId: ids.clientIdOf,
    isAnswer: (status, body, method) => {
      if (status !== 200) return false
      if (method === 'initialize') return true
      const [message] = readServerMessages(body)
      return message?.kind === 'response' && (message.isError || !isReceipt(body))
    },
  }
}

/** The address a stream names for messages: relative or absolute, but never another origin, where the token must not go. */
export function readEndpoint(data: Buffer, streamUrl: URL): URL {
  const text = data.toString().trim()
  const url = URL.canParse(text, streamUrl.href) ? new URL(text, streamUrl) : null
  if (url?.origin === streamUrl.origin && !url.username && !url.password) return url
  throw new Problem(
    'bridge.redirected',
    `${streamUrl.host} names ${url ? url.origin : 'no valid address'} for messages`,
  )
}
