import { expect, test } from 'vitest'
import { inspectServer } from './inspect.ts'
import type { Link } from './link.ts'
import type { Message } from './message.ts'
import { rpcCodes } from './rpc.ts'
import type { LinkHandlers } from './upstream.ts'

const serverInfo = { name: 'test', title: 'Test', version: '2' }
const initialized = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo }

/** A server that answers each method with what the test says. */
function inspect(
  answer: (method: string, params: { cursor?: string }, handlers: LinkHandlers) => unknown,
  timeoutMs = 60_000,
) {
  const sent: Message[] = []
  const openLink = (handlers: LinkHandlers): Link => ({
    send(message) {
      sent.push(message)
      if (message.kind !== 'request') return
      const { method, params, id } = JSON.parse(message.line.toString())
      const body = answer(method, params, handlers)
      if (body !== undefined)
        void handlers.deliver(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, ...(body as object) })))
    },
    close: async () => {},
  })
  return { sent, outcome: inspectServer({ openLink, host: 'Test', version: '1', timeoutMs }) }
}

test('reads every page of tools and what their annotations claim', async () => {
  const { outcome } = inspect((method, { cursor }) => {
    if (method === 'initialize') return { result: initialized }
    if (cursor === undefined) {
      const tools = [
        { name: 'a', annotations: { readOnlyHint: true, title: 'A' } },
        { name: 'b', title: 'B', description: 'does b' },
      ]
      return { result: { tools, nextCursor: 'next' } }
    }
    const tools = [
      { name: 'c', annotations: { readOnlyHint: false } },
      { name: 'd', annotations: { destructiveHint: false } },
    ]
    return { result: { tools } }
  })
  expect(await outcome).toMatchObject({
    protocolVersion: '2025-06-18',
    serverName: 'Test 2',
    tools: [
      { name: 'a', title: 'A', description: null, kind: 'read' },
      { name: 'b', title: 'B', description: 'does b', kind: 'unknown' },
      { name: 'c', kind: 'destructive' },
      { name: 'd', kind: 'write' },
    ],
  })
})

test('a server without tools is not asked for them, and its own questions are answered', async () => {
  const { sent, outcome } = inspect((method, _, { deliver }) => {
    void deliver(Buffer.from('{"jsonrpc":"2.0","id":"p","method":"ping"}'))
    void deliver(Buffer.from('{"jsonrpc":"2.0","id":"r","method":"roots/list"}'))
    return method === 'initialize' ? { result: { ...initialized, capabilities: {} } } : undefined
  })
  expect((await outcome).tools).toEqual([])
  expect(sent.map(({ line }) => JSON.parse(line.toString())).slice(1)).toMatchObject([
    { id: 'p', result: {} },
    { id: 'r', error: { code: -32601 } },
    { method: 'notifications/initialized' },
  ])
})

test.each<[string, Parameters<typeof inspect>[0], object]>([
  [
    'an error of its own',
    () => ({ error: { code: -32000, message: 'broken inside' } }),
    { code: 'bridge.server-error', detail: 'Test: broken inside' },
  ],
  ['an answer that is not MCP', () => ({ result: { hello: 1 } }), { code: 'bridge.server-error' }],
  ['silence', () => undefined, { code: 'bridge.unreachable', detail: 'Test: no answer in time' }],
  [
    'a lost session',
    (_, __, { ended }) =>
      ended({
        code: rpcCodes.problem,
        message: 'The server does not answer: Test',
        data: { code: 'bridge.unreachable' },
      }),
    { code: 'bridge.unreachable', detail: 'Test' },
  ],
])('%s becomes a problem', async (name, answer, problem) => {
  await expect(inspect(answer, name === 'silence' ? 50 : undefined).outcome).rejects.toMatchObject(problem)
})
