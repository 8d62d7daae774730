import { randomUUID } from 'node:crypto'
import type { Message, Send, State } from './state.ts'

type Args = { payload?: string; ms?: number; steps?: number; bytes?: number }
type Call = { state: State; message: Message; session: string; send: Send; args: Args }

export const serverInfo = {
  serverInfo: { name: 'reference', title: 'Reference server', version: '1.0.0' },
  instructions: 'Say hello to the bench.',
}
const versions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']
const text = (value: string) => ({ content: [{ type: 'text', text: value }] })
const bigTexts = new Map<number, string>()
const bigText = (bytes: number) => {
  const known = bigTexts.get(bytes) ?? 'b'.repeat(bytes)
  bigTexts.set(bytes, known)
  return known
}

const tools: Record<string, { about: string; run: (call: Call) => object | Promise<object> }> = {
  echo: { about: 'Gives the payload back', run: ({ args }) => text(args.payload ?? '') },
  big: { about: 'Gives back that many bytes', run: ({ args }) => text(bigText(args.bytes ?? 0)) },
  mirror: {
    about: 'Gives back the parameters as the server saw them, with members no schema knows',
    run: ({ message: { id, params } }) => ({
      ...text(JSON.stringify({ id, params })),
      structuredContent: { n: Number.MAX_SAFE_INTEGER },
      xUnknownField: 'kept',
    }),
  },
  announce: {
    about: 'Says unasked that the tools have changed',
    run: ({ send }) => {
      send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }, true)
      return text('announced')
    },
  },
  ask: { about: 'Asks the client for its roots and gives back the answer', run: ask },
  slow: { about: 'Takes its time, and says how far it is', run: slow },
}

async function ask({ state, send }: Call) {
  const id = `ask-${randomUUID()}`
  const answer = new Promise<Message>((resolve) => state.questions.set(id, resolve))
  send({ jsonrpc: '2.0', id, method: 'roots/list' })
  return text(JSON.stringify((await answer).result ?? 'refused'))
}

async function slow({ state, message, session, send, args }: Call) {
  const steps = Math.max(1, args.steps ?? 4)
  const { progressToken } = (message.params?._meta ?? {}) as { progressToken?: unknown }
  const key = `${session}/${message.id}`
  const stop = Promise.withResolvers<'cancelled'>()
  state.running.set(key, () => stop.resolve('cancelled'))
  for (let progress = 1; progress <= steps; progress += 1) {
    const step = new Promise<'step'>((resolve) => setTimeout(resolve, (args.ms ?? 1000) / steps, 'step'))
    if ((await Promise.race([step, stop.promise])) === 'cancelled') return text('cancelled')
    const params = { progressToken, progress, total: steps, message: `step ${progress}` }
    if (progressToken !== undefined) send({ jsonrpc: '2.0', method: 'notifications/progress', params })
  }
  state.running.delete(key)
  return text('done')
}

/** Answers one message; `send` carries what else belongs to it. Null for what has no answer. */
export async function handle(state: State, message: Message, session: string, send: Send): Promise<object | null> {
  const { id, method, params } = message
  if (method === undefined) {
    state.questions.get(id)?.(message)
    state.questions.delete(id)
    return null
  }
  if (id === undefined) {
    if (method === 'notifications/initialized') state.counts.initialized += 1
    if (method === 'notifications/cancelled') {
      state.counts.cancelled += 1
      state.running.get(`${session}/${params?.requestId}`)?.()
    }
    return null
  }
  const answer = await run({ state, message, session, send })
  return { jsonrpc: '2.0', id, ...answer }
}

async function run({ state, message, session, send }: Omit<Call, 'args'>) {
  const { method, params } = message
  const failed = (code: number, why: string) => ({ error: { code, message: why } })
  if (method === 'initialize') {
    state.counts.initialize += 1
    state.openings.push({ clientInfo: params?.clientInfo, capabilities: params?.capabilities })
    const wanted = String(params?.protocolVersion)
    return {
      result: {
        protocolVersion: versions.includes(wanted) ? wanted : '2025-06-18',
        capabilities: { tools: { listChanged: true }, logging: {} },
        ...serverInfo,
      },
    }
  }
  if (method === 'ping') return { result: {} }
  if (method === 'x-bench/custom') return { result: { got: params, xExtra: true } }
  if (method === 'tools/list') {
    const inputSchema = { type: 'object' }
    return {
      result: { tools: Object.entries(tools).map(([name, { about }]) => ({ name, description: about, inputSchema })) },
    }
  }
  if (method !== 'tools/call') return failed(-32601, `Method not found: ${method}`)
  state.counts.calls += 1
  const tool = tools[String(params?.name)]
  const args = (params?.arguments ?? {}) as Args
  return tool ? { result: await tool.run({ state, message, session, send, args }) } : failed(-32602, 'Unknown tool')
}
