import { expect, test } from 'vitest'
import { createSessionBench, initializeLine } from './testing/session-bench.ts'

const alone = (id: unknown, method: string, params: Record<string, unknown> = {}) =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    method,
    params: {
      ...params,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'Modern app', version: '1' },
      },
    },
  })

test('requests of 2026-07-28 are sent at once and as they are, and are calls like all others', async () => {
  const bench = createSessionBench()
  const line = alone(1, 'tools/call', { name: 'echo', arguments: { text: 'hi' } })
  bench.say(line)
  await bench.settled()
  expect(bench.links[0]?.sent.map((message) => message.line.toString())).toEqual([line])
  expect(bench.take()).toMatchObject([{ id: 1, result: { content: [{ text: 'hi' }] } }])
  expect(bench.rows).toMatchObject([{ method: 'tools/call', target: 'echo', clientName: 'Modern app', outcome: 'ok' }])
  expect(bench.session.snapshot()).toMatchObject({ clientName: 'Modern app', initialized: true, phase: 'ready' })
})

test('server/discover goes to the server, and shows that the client got this far', async () => {
  const bench = createSessionBench()
  bench.say(alone(1, 'server/discover'))
  await bench.settled()
  expect(bench.links[0]?.sent).toHaveLength(1)
  bench.say(alone(2, 'server/discover'))
  void bench.links[0]?.handlers.deliver(Buffer.from('{"jsonrpc":"2.0","id":2,"result":{}}'))
  expect(bench.sights).toMatchObject([{ stage: 'initialize' }])
})

test('their lists of tools are not remembered for clients of the older revisions', async () => {
  const bench = createSessionBench()
  bench.say(alone(1, 'tools/list'))
  await bench.settled()
  expect(bench.take()).toMatchObject([{ id: 1, result: { tools: [{ name: 'echo' }] } }])
  bench.world.refuse = { code: -32050, message: 'away', data: { code: 'bridge.unreachable' } }
  bench.say(initializeLine(2), '{"jsonrpc":"2.0","id":3,"method":"tools/list"}')
  await bench.settled()
  expect(bench.take().map(({ id, error }) => [id, error?.message])).toEqual([
    [2, 'away'],
    [3, 'away'],
  ])
})

test('a cancel reaches the server without a session', async () => {
  const bench = createSessionBench()
  bench.say(alone(1, 'tools/call', { name: 'hang' }))
  bench.say('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}')
  await bench.settled()
  expect(bench.links[0]?.sent.map(({ method }) => method)).toEqual(['tools/call', 'notifications/cancelled'])
  expect(bench.rows).toMatchObject([{ outcome: 'cancelled' }])
})

test('a server that is forbidden is told in the request’s own answer', async () => {
  const bench = createSessionBench()
  bench.world.allowed = false
  bench.say(alone(1, 'tools/list'))
  expect(bench.take()).toMatchObject([{ id: 1, error: { data: { code: 'catalog.not-allowed' } } }])
})

test('an initialize beside them shares the link; when it is refused, what was running fails', async () => {
  const bench = createSessionBench()
  bench.say(alone(1, 'tools/call', { name: 'hang' }))
  bench.say(initializeLine(2))
  await bench.settled()
  expect(bench.links).toHaveLength(1)
  expect(bench.take()).toMatchObject([{ id: 2, result: { protocolVersion: '2025-11-25' } }])

  const other = createSessionBench()
  other.say(alone(1, 'tools/call', { name: 'hang' }))
  other.world.refuse = { code: -32050, message: 'away', data: { code: 'bridge.unreachable' } }
  other.say(initializeLine(2))
  await other.settled()
  expect(other.take().map(({ id, error }) => [id, error?.message])).toEqual([
    [2, 'away'],
    [1, 'away'],
  ])
})

test('when another account signs in, what was running for the first one ends', async () => {
  const bench = createSessionBench()
  bench.say(alone(1, 'subscriptions/listen'), alone(2, 'tools/call', { name: 'hang' }))
  bench.take()
  bench.world.account = 'b'.repeat(32)
  bench.session.wake()
  expect(bench.take()).toMatchObject([{ id: 1, error: { data: { code: 'bridge.interrupted' } } }, { id: 2 }])
  expect(bench.links[0]?.closed).toBe(true)
})
