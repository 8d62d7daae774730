import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'

const subscriptionKey = 'io.modelcontextprotocol/subscriptionId'
/** Errors that have a status of their own over the HTTP of 2026-07-28. */
const statusOf: Record<number, number> = { [-32601]: 404, [-32602]: 400, [-32020]: 400, [-32021]: 400, [-32022]: 400 }

type Meta = Record<string, unknown> & { progressToken?: unknown }
export type Message = {
  id?: unknown
  method?: string
  params?: { _meta?: Meta; progressToken?: unknown }
  result?: { _meta?: Meta }
  error?: { code: number }
}
/** A request of the suite, open until the bridge has answered it. */
export type Exchange = {
  id: unknown
  response: ServerResponse
  token: unknown
  isModern: boolean
  headers: Record<string, string>
}
type Command = { command: string; args: string[]; env: Record<string, string> }

/** One bridge process, and the HTTP requests that wait for what it says. What belongs to none goes to `otherwise`. */
export function startStdioBridge({ command, args, env }: Command, otherwise: () => ServerResponse | null) {
  const open = new Map<unknown, Exchange & { isListen: boolean }>()
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', (line) => receive(JSON.parse(line) as Message))
  const send = (message: Message) => void child.stdin.write(`${JSON.stringify(message)}\n`)

  function ask(message: Message, exchange: Exchange) {
    // Many requests of 2026-07-28 come with the same id, each over a connection of its own.
    const id = exchange.isModern ? randomUUID() : message.id
    open.set(id, { ...exchange, isListen: message.method === 'subscriptions/listen' })
    exchange.response.on('close', () => {
      if (open.delete(id) && exchange.isModern)
        send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } } as Message)
    })
    send({ ...message, id })
  }

  function receive(message: Message) {
    if (message.method === undefined) return answer(message)
    const meta = message.params?._meta
    const subscription = meta?.[subscriptionKey]
    const { exchange, isSubscribed } = findExchange(subscription, message.params?.progressToken)
    if (meta && isSubscribed) meta[subscriptionKey] = exchange?.id
    const response = exchange?.response ?? otherwise()
    if (response) writeEvent(response, message)
  }

  function findExchange(subscription: unknown, token: unknown) {
    const subscribed = subscription === undefined ? undefined : open.get(subscription)
    if (subscribed) return { exchange: subscribed, isSubscribed: true }
    const all = [...open.values()]
    const asked = token === undefined ? undefined : all.find((each) => each.token === token)
    // Nothing in a message of the server says to which call it belongs; the suite makes one at a time.
    const last = subscription === undefined ? all.filter(({ isListen }) => !isListen).at(-1) : undefined
    return { exchange: asked ?? last, isSubscribed: false }
  }

  function answer(message: Message) {
    const exchange = open.get(message.id)
    if (!exchange) return
    open.delete(message.id)
    const { response, id, isModern, headers } = exchange
    const meta = message.result?._meta
    if (isModern && meta && subscriptionKey in meta) meta[subscriptionKey] = id
    const whole = { ...message, id }
    if (response.headersSent) {
      writeEvent(response, whole)
      return void response.end()
    }
    const status = (isModern && statusOf[message.error?.code ?? 0]) || 200
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(whole))
  }

  return {
    ask,
    send,
    /** As a client does: by the end of stdin, and a signal where that does not help. */
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.stdin.end()
      const late = setTimeout(() => child.kill('SIGKILL'), 3000)
      await once(child, 'exit')
      clearTimeout(late)
    },
  }
}
export type StdioBridge = ReturnType<typeof startStdioBridge>

function writeEvent(response: ServerResponse, message: Message) {
  if (!response.headersSent)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`)
}
