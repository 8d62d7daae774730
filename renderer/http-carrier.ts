import { z } from 'zod'
import type { Answer, Carrier } from '../shared/ipc.ts'
import { Problem } from '../shared/problems.ts'

export type ConnectionState = 'connecting' | 'connected' | 'lost' | 'refused'

type Needs = {
  token: string | null
  fetch: (path: string, init: RequestInit) => Promise<Response>
  openEvents: (path: string) => EventSource
  wait: (ms: number) => Promise<void>
  onState: (state: ConnectionState) => void
}
type Listener = (payload: unknown) => void

const AnswerSchema = z.union([
  z
    .object({ ok: z.literal(true), value: z.unknown().optional() })
    .transform(({ value }): Answer => ({ ok: true, value })),
  z.object({ ok: z.literal(false), problem: z.unknown() }).transform(({ problem }): Answer => ({ ok: false, problem })),
])

const retryMs = 1500

/** Takes the one-time token out of the address bar, so that it is in no history and no bookmark. */
export function takeToken(location: Location, history: History) {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token !== null) history.replaceState(null, '', location.pathname + location.search)
  return token
}

/**
 * The contract over loopback HTTP: calls by POST, events by a stream of server-sent events. It says when the core is
 * away and comes back by itself; a session that is over stays over until the person opens a new address.
 */
export function createHttpCarrier({ token, fetch, openEvents, wait, onState }: Needs): Carrier {
  const listeners = new Map<string, Set<Listener>>()
  let source: EventSource | undefined
  let over = false
  let start = () => {}
  // The first snapshots wait for the stream: what is said between a snapshot and the stream would be lost.
  const started = new Promise<void>((resolve) => {
    start = resolve
  })

  const session = token === null ? Promise.resolve() : exchange(token)

  // A token that is refused may be an address opened twice: the cookie of the first time decides.
  async function exchange(given: string) {
    await post('/session', { token: given }).catch(() => undefined)
  }

  async function post(path: string, body: unknown) {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      credentials: 'same-origin',
      body: body === undefined ? '' : JSON.stringify(body),
    }).catch((cause: unknown) => {
      throw new Problem('ipc.disconnected', undefined, { cause })
    })
    if (response.status === 401) throw new Problem('ipc.session-over')
    return response
  }

  async function call(channel: string, input: unknown): Promise<Answer> {
    await session
    if (listeners.size > 0) await started
    const response = await post(`/call/${channel}`, input).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'ipc.session-over') end()
      throw error
    })
    const answer = AnswerSchema.safeParse(await response.json().catch(() => undefined))
    if (!answer.success) throw new Problem('ipc.bad-answer', `${channel}, HTTP ${response.status}`)
    return answer.data
  }

  function end() {
    over = true
    source?.close()
    onState('refused')
  }

  async function connect() {
    await session
    if (over) return
    source = openEvents('/events')
    for (const channel of listeners.keys()) subscribe(source, channel)
    source.onopen = () => {
      start()
      onState('connected')
    }
    source.onerror = () => {
      start()
      void reconnect()
    }
  }

  // The stream says neither why it ended nor with which status, so a call asks whether the session still holds.
  async function reconnect() {
    if (over) return
    onState('lost')
    source?.close()
    await wait(retryMs)
    await call('app.snapshot', undefined).then(connect, () => (over ? undefined : reconnect()))
  }

  function subscribe(events: EventSource, channel: string) {
    events.addEventListener(channel, (event: MessageEvent<string>) => {
      const payload: unknown = JSON.parse(event.data)
      for (const listener of listeners.get(channel) ?? []) listener(payload)
    })
  }

  function on(channel: string, listener: Listener) {
    const first = listeners.size === 0
    const known = listeners.get(channel)
    if (known) known.add(listener)
    else {
      listeners.set(channel, new Set([listener]))
      if (source) subscribe(source, channel)
    }
    if (first) void connect()
    return () => {
      listeners.get(channel)?.delete(listener)
    }
  }
  return { call, on }
}
