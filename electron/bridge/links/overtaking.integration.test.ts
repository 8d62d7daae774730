import { expect, test } from 'vitest'
import type { OrderVerdict } from './link-options.ts'
import { event, type Handler, initialized, type Reply, type Seen, startRawServer } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

const error = (id: unknown, code: number, message = 'no') => ({ jsonrpc: '2.0', id, error: { code, message } })

type Part = (seen: Seen, reply: Reply, isReady: boolean) => unknown

/** A server that answers `initialized` only when the test says so, and calls as `rest` does. */
async function startSlowServer(rest: Part, listen: Part = (_, reply) => reply.text('', 405)) {
  let isReady = false
  let answerInitialized = () => {}
  const handle: Handler = (seen, reply) => {
    const { method } = seen.message
    if (seen.method === 'GET') return listen(seen, reply, isReady)
    if (method === 'initialize') return reply.result(initialized, { 'mcp-session-id': 's' })
    if (seen.method === 'DELETE') return reply.text('')
    if (method !== 'notifications/initialized') return rest(seen, reply, isReady)
    answerInitialized = () => {
      isReady = true
      reply.text('', 202)
    }
  }
  const server = await startRawServer(handle)
  return {
    ...server,
    answerInitialized: async () => {
      await until(() => server.posts('notifications/initialized').length > 0)
      answerInitialized()
    },
  }
}
function open(url: string, known?: OrderVerdict) {
  const verdicts: OrderVerdict[] = known ? [known] : []
  const link = openTestLink(
    { transport: 'http', url: `${url}/mcp` },
    { recallOrder: () => verdicts.at(-1), rememberOrder: (_, verdict) => verdicts.push(verdict) },
  )
  return { ...link, verdicts }
}
const calls = (server: { posts: (method: string) => Seen[] }) => server.posts('tools/call').length

test('the first call is answered before initialized is', async () => {
  const server = await startSlowServer((_, reply) => reply.result({ early: true }))
  const link = open(server.url)
  await link.initialize()
  expect((await link.call(1)).result).toEqual({ early: true })
  expect(server.posts().map(({ message }) => message.method)).toEqual([
    'initialize',
    'notifications/initialized',
    'tools/call',
  ])
  expect(link.verdicts).toEqual([])
  await server.answerInitialized()
})

const refusals: [string, (seen: Seen, reply: Reply) => unknown][] = [
  ['-32602, as the Python SDK does', ({ message }, reply) => reply.json(error(message.id, -32602))],
  ['-32600', ({ message }, reply) => reply.json(error(message.id, -32600))],
  ['-32002', ({ message }, reply) => reply.json(error(message.id, -32002))],
  [
    '-32602 on a stream',
    ({ message }, reply) => {
      const stream = reply.stream()
      stream.write(event(error(message.id, -32602)))
      stream.end()
    },
  ],
  ['HTTP 400', (_, reply) => reply.json(error(null, -32000, 'Server not initialized'), 400)],
  ['HTTP 400 without a word', (_, reply) => reply.text('', 400)],
]
test.each(refusals)('a call that was too early, refused by %s, is sent again behind initialized', async (_, refuse) => {
  const server = await startSlowServer((seen, reply, isReady) => (isReady ? reply.result({}) : refuse(seen, reply)))
  const link = open(server.url)
  await link.initialize()
  const answers = Promise.all([link.call(1), link.call(2)])
  await until(() => link.verdicts.length === 2)
  expect(calls(server)).toBe(2)
  expect([link.find(1), link.find(2), link.failed.length]).toEqual([undefined, undefined, 0])
  await server.answerInitialized()
  expect((await answers).map(({ result }) => result)).toEqual([{}, {}])
  expect(calls(server)).toBe(4)
  expect(server.posts('initialize')).toHaveLength(1)
})

test('an error that is meant is delivered once, and from then on is no reason to ask again', async () => {
  const server = await startSlowServer(({ message }, reply) => reply.json(error(message.id, -32602, 'Unknown tool')))
  const link = open(server.url)
  await link.initialize()
  const answer = link.call(1)
  await until(() => link.verdicts.length === 1)
  await server.answerInitialized()
  expect((await answer).error).toEqual({ code: -32602, message: 'Unknown tool' })
  expect(calls(server)).toBe(2)
  await link.call(2)
  expect(calls(server)).toBe(3)
  expect(link.delivered.filter((line) => line.includes('Unknown tool'))).toHaveLength(2)
})

test('other errors are answers, also of a call that was early', async () => {
  const server = await startSlowServer(({ message }, reply) => reply.json(error(message.id, -32603)))
  const link = open(server.url)
  await link.initialize()
  expect((await link.call(1)).error?.code).toBe(-32603)
  expect(calls(server)).toBe(1)
  expect(link.verdicts).toEqual([])
  await server.answerInitialized()
})

test('a call that is lost on the way is not sent twice; the next session waits', async () => {
  const server = await startSlowServer((_, reply) => reply.stream().cut())
  const link = open(server.url)
  await link.initialize()
  expect(codeOf(await link.call(1))).toBe('bridge.interrupted')
  expect(calls(server)).toBe(1)
  expect(link.verdicts).toHaveLength(1)
  await server.answerInitialized()
})

test('where a server is known to need it, the first call waits for initialized, for a day', async () => {
  const server = await startSlowServer((_, reply, isReady) => reply.result({ isReady }))
  const link = open(server.url, { at: new Date().toISOString() })
  await link.initialize()
  const answer = link.call(1)
  await server.answerInitialized()
  expect((await answer).result).toEqual({ isReady: true })

  const other = await startSlowServer((_, reply, isReady) => reply.result({ isReady }))
  const later = open(other.url, { at: new Date(Date.now() - 25 * 3600 * 1000).toISOString() })
  await later.initialize()
  expect((await later.call(1)).result).toEqual({ isReady: false })
  await other.answerInitialized()
})

test('a notification waits for initialized: refused, it would be lost', async () => {
  const server = await startSlowServer(({ message }, reply) =>
    message.method === 'tools/call' ? reply.result({}) : reply.text('', 202),
  )
  const link = open(server.url)
  await link.initialize()
  link.notify('notifications/roots/list_changed')
  await link.call(1)
  expect(server.posts('notifications/roots/list_changed')).toEqual([])
  await server.answerInitialized()
  await until(() => server.posts('notifications/roots/list_changed').length === 1)
})

test('a call that was withdrawn while it waits to be sent again is not', async () => {
  const server = await startSlowServer(({ message }, reply, isReady) =>
    message.method !== 'tools/call' || isReady ? reply.result({}) : reply.json(error(message.id, -32602)),
  )
  const link = open(server.url)
  await link.initialize()
  link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo' } })
  await until(() => link.verdicts.length === 1)
  link.notify('notifications/cancelled', { requestId: 1 })
  await server.answerInitialized()
  await link.call(2)
  expect(server.posts('tools/call').map(({ message }) => message.id)).toEqual([1, 2])
  expect(link.find(1)).toBe(undefined)
})

test('the server’s own stream is asked for before the first call: what is asked meanwhile goes there', async () => {
  let ask = () => {}
  const server = await startSlowServer(
    ({ message }, reply) => {
      if (message.method !== 'tools/call') return reply.text('', 202)
      ask()
      reply.result({})
    },
    (_, reply) => {
      const stream = reply.stream()
      ask = () => stream.write(event({ jsonrpc: '2.0', id: 'q', method: 'roots/list' }))
    },
  )
  const link = open(server.url)
  await link.initialize()
  await link.call(1)
  await until(() => link.delivered.some((line) => line.includes('roots/list')))
  await server.answerInitialized()
})

test.each([400, 404, 409])('a stream that was asked for too early (HTTP %i) is asked for again', async (status) => {
  const server = await startSlowServer(
    (_, reply) => reply.result({}),
    (_, reply, isReady) =>
      isReady ? reply.stream().write(event({ jsonrpc: '2.0', method: 'n/x' })) : reply.text('', status),
  )
  const link = open(server.url)
  await link.initialize()
  await link.call(1)
  await server.answerInitialized()
  await until(() => link.delivered.some((line) => line.includes('n/x')))
  expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(2)
})
