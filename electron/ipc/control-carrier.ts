import { z } from 'zod'
import type { Answer, Carrier } from '../../shared/ipc.ts'
import { Problem } from '../../shared/problems.ts'
import type { Dispatcher } from './dispatcher.ts'

/** A connection both of whose ends have proven themselves; one JSON value per message. */
export type ControlConnection = {
  send: (value: unknown) => void
  onMessage: (listener: (value: unknown) => void) => void
  onClose: (listener: () => void) => void
  close: () => void
}

const Id = z.union([z.number(), z.string().max(64)])
const Request = z.union([
  z.object({ subscribe: z.literal(true) }),
  z.object({ id: Id, channel: z.string(), input: z.unknown().optional() }),
])
const Reply = z.union([
  z.object({
    id: Id,
    answer: z.union([
      z.object({ ok: z.literal(true), value: z.unknown().optional() }),
      z.object({ ok: z.literal(false), problem: z.unknown() }),
    ]),
  }),
  z.object({ channel: z.string(), payload: z.unknown().optional() }),
])
const mostAtOnce = 256

/** The core's end. Calls run side by side; a connection that asks for too much at once is told so, not queued. */
export function serveControl(dispatcher: Dispatcher, connection: ControlConnection) {
  let unsubscribe: (() => void) | null = null
  let running = 0

  async function answer(id: string | number | null, channel: string, input: unknown) {
    if (running >= mostAtOnce) return refuse(id, 'too many calls at once')
    running += 1
    const answer = await dispatcher.call(channel, input)
    running -= 1
    connection.send({ id, answer })
  }
  function refuse(id: string | number | null, detail: string) {
    connection.send({ id, answer: { ok: false, problem: new Problem('ipc.bad-request', detail).data } })
  }

  connection.onMessage((value) => {
    const request = Request.safeParse(value)
    if (!request.success) refuse(null, 'a control message is {id, channel, input} or {subscribe}')
    else if ('channel' in request.data) void answer(request.data.id, request.data.channel, request.data.input)
    else unsubscribe ??= dispatcher.subscribe((channel, payload) => connection.send({ channel, payload }))
  })
  connection.onClose(() => {
    unsubscribe?.()
    unsubscribe = null
  })
}

type Line = {
  close: () => void
  /** Settles when the connection is gone, whoever ended it. */
  ended: Promise<void>
}

/** The asking end. When the connection goes, every open call ends with app.not-running. */
export function createControlCarrier(connection: ControlConnection): Carrier & Line {
  const waiting = new Map<string | number, (answer: Answer) => void>()
  const listeners = new Map<string, Set<(payload: unknown) => void>>()
  let lastId = 0
  let subscribed = false
  let open = true
  const ended = Promise.withResolvers<void>()

  const gone = (): Answer => ({ ok: false, problem: new Problem('app.not-running', 'the connection ended').data })
  connection.onClose(() => {
    open = false
    for (const settle of waiting.values()) settle(gone())
    waiting.clear()
    ended.resolve()
  })
  connection.onMessage((value) => {
    const reply = Reply.safeParse(value)
    if (!reply.success) return
    if ('channel' in reply.data) {
      for (const listener of listeners.get(reply.data.channel) ?? []) listener(reply.data.payload)
      return
    }
    waiting.get(reply.data.id)?.(reply.data.answer as Answer)
    waiting.delete(reply.data.id)
  })

  return {
    call: (channel, input) => {
      if (!open) return Promise.resolve(gone())
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        connection.send({ id, channel, input })
      })
    },
    on(channel, listener) {
      if (!subscribed) connection.send({ subscribe: true })
      subscribed = true
      const all = listeners.get(channel) ?? new Set()
      listeners.set(channel, all.add(listener))
      return () => void all.delete(listener)
    },
    close: connection.close,
    ended: ended.promise,
  }
}
