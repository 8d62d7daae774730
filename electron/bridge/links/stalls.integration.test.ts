import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createPlainHttp1 } from '../../lib/http1/testing.ts'
import { acknowledgement, modernMeta, modernOnly } from './modern-raw.ts'
import { event, type Handler, initialized, type Reply, startRawServer, streamable } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

// Servers that begin and do not go on. The table of waits in README.md names these tests.
type Options = Parameters<typeof openTestLink>[1]
const impatient = { headersMs: 500, streamHeadersMs: 500, stallMs: 500 }
const open = (url: string, { timings, ...options }: NonNullable<Options> = {}) =>
  openTestLink(
    { transport: 'http', url: `${url}/mcp`, era: 'legacy' },
    { timings: { ...impatient, ...timings }, ...options },
  )

/** Headers and the first half of a JSON answer. */
function half({ response }: Reply) {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{"jsonrpc":"2.0",')
}

test.each(['http', 'sse', 'sse-split'])(
  '%s: headers of a call that begin and do not end are an error for that call',
  async (transport) => {
    let stream: ReturnType<Reply['stream']> | null = null
    const server = await startRawServer(({ method, path, message: { id, method: asked, params } }, reply) => {
      if (method === 'GET' && path !== '/mcp') {
        stream = reply.stream()
        return stream.write('event: endpoint\ndata: /messages\n\n')
      }
      if (method !== 'POST') return reply.text('', 405)
      if (id === undefined) return reply.text('', 202)
      if (params?.name === 'slow') return void reply.response.socket?.write('HTTP/1.1 200 OK\r\nX-Long: ')
      const answer = { jsonrpc: '2.0', id, result: asked === 'initialize' ? initialized : {} }
      if (path === '/mcp' || (path === '/rpc' && asked === 'initialize')) return reply.json(answer)
      reply.text('', 202)
      stream?.write(event(answer))
    })
    const { url } = server
    const endpoint = {
      http: { transport, url: `${url}/mcp` },
      sse: { transport, url: `${url}/sse` },
      'sse-split': { transport, streamUrl: `${url}/events`, messageUrl: `${url}/rpc` },
    }[transport]
    const dispatcher = createPlainHttp1({ headMs: 150 })
    onTestFinished(() => dispatcher.destroy())
    const link = openTestLink(endpoint ?? {}, { dispatcher })
    await link.initialize()
    const answer = await link.call(1, 'slow')
    expect(codeOf(answer)).toBe('bridge.timeout')
    expect(answer.error?.message).toContain('its headers did not end')
    expect(await link.call(2)).toMatchObject({ result: {} })
  },
)

test('a JSON answer to a call that stops in its middle is an error for that call, which lets its connection go', async () => {
  let gone = 0
  const server = await startRawServer(
    streamable(({ message }, reply) => {
      if (message.params?.name !== 'half') return reply.result()
      reply.response.on('close', () => (gone += 1))
      half(reply)
    }),
  )
  const link = open(server.url)
  await link.initialize()
  const answer = await link.call(1, 'half')
  expect(codeOf(answer)).toBe('bridge.timeout')
  expect(answer.error?.message).toContain('stopped in the middle of its answer')
  await until(() => gone === 1)
  expect(await link.call(2)).toMatchObject({ result: {} })
})

test('a JSON answer to a call may begin long after its headers', async () => {
  const server = await startRawServer(
    streamable(async ({ message }, { response, result }) => {
      if (message.params?.name !== 'late') return result()
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      await delay(1_000)
      response.end(`{"jsonrpc":"2.0","id":${message.id},"result":{"late":true}}`)
    }),
  )
  const link = open(server.url)
  await link.initialize()
  expect(await link.call(1, 'late')).toMatchObject({ result: { late: true } })
})

test('a lost answer stream is not sought for ever while its server is away', async () => {
  const server = await startRawServer(
    streamable((_, reply) => {
      reply.stream().write('id: 7\ndata:\n\n')
      setTimeout(() => void server.close(), 20)
    }),
  )
  const link = open(server.url, { timings: { resumeMs: 300 } })
  await link.initialize()
  const answer = await link.call(1)
  expect(codeOf(answer)).toBe('bridge.interrupted')
  expect(answer.error?.message).toContain('could not be taken up again')
})

describe('initialize that is taken and not answered is given up, and the next one works', () => {
  test.each<[string, (reply: Reply) => void]>([
    ['half a JSON answer', half],
    ['a stream that says nothing', (reply) => void reply.stream()],
    ['a stream of comments', (reply) => void reply.stream().write(': still here\n\n')],
  ])('http: %s', async (_what, answer) => {
    let isStuck = true
    const rest = streamable((_, reply) => reply.result())
    const server = await startRawServer((seen, reply) =>
      isStuck && seen.message.method === 'initialize' ? answer(reply) : rest(seen, reply),
    )
    const link = open(server.url)
    const first = await link.initialize(1)
    expect(codeOf(first)).toBe('bridge.timeout')
    expect(first.error?.message).toMatch(/127\.0\.0\.1:\d+: initialize was not answered in 0.5 s/)
    isStuck = false
    expect(await link.initialize(2)).toMatchObject({ result: initialized })
    expect(await link.call(3)).toMatchObject({ result: {} })
  })

  test('http: the hub’s own, when a session was forgotten: the call that waited is told, and the next one served', async () => {
    let session = 1
    let isStuck = false
    const rest = streamable(
      (seen, reply) => (seen.headers['mcp-session-id'] === `s-${session}` ? reply.result() : reply.text('', 404)),
      () => `s-${session}`,
    )
    const server = await startRawServer((seen, reply) =>
      isStuck && seen.message.method === 'initialize' ? void reply.stream() : rest(seen, reply),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(0)
    session = 2
    isStuck = true
    expect((await link.call(1)).error).toBeDefined()
    isStuck = false
    expect(await link.call(2)).toMatchObject({ result: {} })
  })

  test.each([
    ['sse', true],
    ['sse-split', false],
  ])('%s', async (transport, isOnStream) => {
    let isStuck = true
    let stream: ReturnType<Reply['stream']> | null = null
    const handler: Handler = ({ method, message: { id, method: asked } }, reply) => {
      if (method === 'GET') {
        stream = reply.stream()
        return stream.write('event: endpoint\ndata: /messages\n\n')
      }
      const answer = { jsonrpc: '2.0', id, result: asked === 'initialize' ? initialized : {} }
      if (asked === 'initialize' && isStuck) return isOnStream ? reply.text('', 202) : half(reply)
      if (asked === 'initialize' && !isOnStream) return reply.json(answer)
      reply.text('', 202)
      if (id !== undefined) stream?.write(event(answer))
    }
    const server = await startRawServer(handler)
    const endpoint = isOnStream
      ? { transport, url: `${server.url}/sse` }
      : { transport, streamUrl: `${server.url}/events`, messageUrl: `${server.url}/rpc` }
    const link = openTestLink(endpoint, { timings: impatient })
    expect(codeOf(await link.initialize(1))).toBe('bridge.timeout')
    isStuck = false
    expect(await link.initialize(2)).toMatchObject({ result: initialized })
    expect(await link.call(3)).toMatchObject({ result: {} })
  })
})

describe('2026-07-28', () => {
  const openModern = (url: string) =>
    openTestLink(
      { transport: 'http', url: `${url}/mcp`, era: 'modern' },
      { recallEra: () => undefined, timings: impatient },
    )
  const ask = (link: ReturnType<typeof openTestLink>, id: unknown, method: string, params = {}) =>
    link.request(id, method, { ...params, _meta: modernMeta() })

  test.each<[string, (reply: Reply) => void]>([
    ['is not answered', () => {}],
    ['is answered by half', half],
    ['is answered by a stream that says nothing', (reply) => void reply.stream()],
  ])('server/discover that %s is given up in time', async (_what, answer) => {
    const server = await startRawServer((_, reply) => answer(reply))
    expect(codeOf(await ask(openModern(server.url), 1, 'server/discover'))).toBe('bridge.timeout')
  })

  test.each<[string, (reply: Reply) => void]>([
    ['does not answer', () => {}],
    ['begins to answer', half],
    ['answers with a stream that says nothing', (reply) => void reply.stream()],
  ])('a call goes out though the server %s which tools it has', async (_what, answer) => {
    const serve = modernOnly((_, reply) => reply.result({ resultType: 'complete', content: [] }))
    const server = await startRawServer((seen, reply) =>
      seen.message.method === 'tools/list' ? answer(reply) : serve(seen, reply),
    )
    const params = { name: 'echo', arguments: {} }
    expect(await ask(openModern(server.url), 1, 'tools/call', params)).toMatchObject({ result: { content: [] } })
  })

  test('a list of tools without end is read for a hundred pages, and the call goes out', async () => {
    const serve = modernOnly((_, reply) => reply.result({ resultType: 'complete', content: [] }))
    const server = await startRawServer((seen, reply) =>
      seen.message.method === 'tools/list' ? reply.result({ tools: [], nextCursor: 'more' }) : serve(seen, reply),
    )
    const params = { name: 'echo', arguments: {} }
    expect(await ask(openModern(server.url), 1, 'tools/call', params)).toMatchObject({ result: { content: [] } })
    expect(server.posts('tools/list')).toHaveLength(100)
  })

  test('a subscription whose headers do not come is given up; one that stands may be silent', async () => {
    let isStuck = true
    const server = await startRawServer(
      modernOnly((seen, reply) => {
        if (isStuck) return
        const stream = reply.stream()
        stream.write(event(acknowledgement(seen)))
        setTimeout(() => stream.write(event({ jsonrpc: '2.0', method: 'notifications/late' })), 1_000)
      }),
    )
    const link = openModern(server.url)
    const notifications = { toolsListChanged: true }
    expect(codeOf(await ask(link, 1, 'subscriptions/listen', { notifications }))).toBe('bridge.timeout')
    isStuck = false
    link.send({ jsonrpc: '2.0', id: 2, method: 'subscriptions/listen', params: { notifications, _meta: modernMeta() } })
    await until(() => link.delivered.find((line) => line.includes('notifications/late')))
    expect(server.posts('subscriptions/listen')).toHaveLength(2)
  })
})

test('a server that answers notifications with streams keeps a handful of connections and not one for each', async () => {
  let isOpen = 0
  const server = await startRawServer(
    streamable(({ message }, reply) => {
      if (message.method !== 'notifications/x') return reply.result()
      isOpen += 1
      reply.response.on('close', () => (isOpen -= 1))
      reply.stream()
    }),
  )
  const link = open(server.url)
  await link.initialize()
  for (let count = 0; count < 30; count += 1) link.notify('notifications/x')
  await until(() => server.posts('notifications/x').length === 30)
  await until(() => isOpen === 8)
  expect(await link.call(1)).toMatchObject({ result: {} })
})

test('a server that asks without end and is never answered is remembered for some thousands of questions', async () => {
  const asked = 5000
  let session = 1
  const server = await startRawServer(
    streamable(
      ({ message, headers }, reply) => {
        if (headers['mcp-session-id'] !== `s-${session}`) return reply.text('', 404)
        if (message.params?.name !== 'curious') return reply.result()
        const stream = reply.stream()
        for (let id = 0; id < asked; id += 1) stream.write(event({ jsonrpc: '2.0', id, method: 'roots/list' }))
        stream.write(event({ jsonrpc: '2.0', id: message.id, result: {} }))
      },
      () => `s-${session}`,
    ),
  )
  const link = open(server.url)
  const count = (what: string) => link.delivered.filter((line) => line.includes(what)).length
  await link.initialize()
  await link.call(asked, 'curious')
  expect(count('roots/list')).toBe(asked)
  session = 2
  expect(await link.call(asked + 1)).toMatchObject({ result: {} })
  expect(count('notifications/cancelled')).toBe(4096)
})
