import type { ServerResponse } from 'node:http'

/** JSON-RPC as it comes; nothing here judges what a bridge sends. */
export type Message = { id?: string | number; method?: string; params?: Record<string, unknown>; result?: unknown }
export type Send = (message: object, unasked?: boolean) => void

const noCounts = () => ({
  requests: 0,
  posts: 0,
  streams: 0,
  deletes: 0,
  initialize: 0,
  initialized: 0,
  calls: 0,
  cancelled: 0,
  unauthorized: 0,
  unknownSession: 0,
  wellKnown: 0,
  other: 0,
  badJson: 0,
})

/** Everything the reference server knows; a bench or a test changes it while it runs. */
export const createState = () => ({
  /** Added before each request is looked at: stands in for the way through a network. */
  latencyMs: 0,
  /** Where set, requests without this bearer token are answered 401. */
  token: null as string | null,
  sessions: new Map<string, { stream: ServerResponse | null }>(),
  /** Streams of HTTP+SSE, by session. */
  legacy: new Map<string, ServerResponse>(),
  /** Streams of the split transport: every answer goes to all of them. */
  broadcast: new Set<ServerResponse>(),
  /** Streams of `subscriptions/listen`, each with the id it was asked for by. */
  listeners: new Map<ServerResponse, unknown>(),
  /** Questions to the client, by id. */
  questions: new Map<unknown, (answer: Message) => void>(),
  /** What ends a `slow` call, by session and id. */
  running: new Map<string, () => void>(),
  counts: noCounts(),
  openings: [] as { clientInfo: unknown; capabilities: unknown }[],
})
export type State = ReturnType<typeof createState>

export const toStats = (state: State) => ({
  ...state.counts,
  sessions: state.sessions.size + state.legacy.size,
  openStreams:
    [...state.sessions.values()].filter(({ stream }) => stream).length +
    state.legacy.size +
    state.broadcast.size +
    state.listeners.size,
  openings: state.openings,
})
export type Stats = ReturnType<typeof toStats>
