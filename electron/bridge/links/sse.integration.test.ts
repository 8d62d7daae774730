import { describe, expect, test } from 'vitest'
import { event, type Handler, initialized, type Reply, startRawServer } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

const open = (url: string, options: Parameters<typeof openTestLink>[1] = {}) =>
  openTestLink({ transport: 'sse', url: `${url}/base/sse` }, options)
const ok = (id: unknown, result: unknown = {}) => ({ jsonrpc: '2.0', id, result })

type Stream = ReturnType<Reply['stream']>

/** An HTTP+SSE server: each stream is a session of its own, answers come on it. */
function sseServer(
  options: {
    endpoint?: (session: number) => string
    status?: number
    answer?: Handler
    greeting?: string
    name?: string
  } = {},
) {
  const {
    endpoint = (session) => `/base/messages?session_id=${session}`,
    status = 202,
    answer,
    greeting = '',
  } = options
  const streams = new Map<number, Stream>()
  const initializedSessions = new Set<number>()
  let session = 0
  const handler: Handler = (seen, reply) => {
    if (seen.method === 'GET') {
      session += 1
      const stream = reply.stream({ 'set-cookie': `pod=${session}; Path=/base` })
      streams.set(session, stream)
      return stream.write(`${greeting}event: endpoint\ndata: ${endpoint(session)}\n\n`)
    }
    const own = Number(new URL(seen.path, 'http://x').searchParams.get('session_id'))
    const stream = streams.get(own)
    if (!stream) return reply.text('Could not find session', 404)
    const { id, method, params } = seen.message
    if (answer?.(seen, reply)) return
    reply.text('Accepted', status)
    if (method === 'initialize') {
      initializedSessions.add(own)
      return stream.write(
        event(ok(id, { ...initialized, serverInfo: { name: 'sse', version: String(own) } }), { name: 'message' }),
      )
    }
    if (id === undefined || !method || params?.name === 'slow') return
    if (!initializedSessions.has(own))
      return stream.write(event({ jsonrpc: '2.0', id, error: { code: -32600, message: 'not initialized' } }))
    stream.write(event(ok(id, { session: own, cookie: seen.headers.cookie ?? null })))
  }
  return {
    handler,
    streams,
    /** The session is forgotten, the stream stays open. */
    forget: () => streams.clear(),
    cut: () => {
      for (const stream of streams.values()) stream.cut()
      streams.clear()
    },
    sessions: () => session,
  }
}

describe('HTTP+SSE', () => {
  test.each([
    ['relative to the root', (session: number) => `/base/messages?session_id=${session}`, 202],
    ['relative to the stream', (session: number) => `messages?session_id=${session}`, 200],
    ['only a query', (session: number) => `?session_id=${session}`, 202],
  ])('edge 44, an endpoint %s, answers on the stream', async (_name, endpoint, status) => {
    const sse = sseServer({ endpoint, status })
    const server = await startRawServer(sse.handler)
    const link = open(server.url)
    expect(await link.initialize()).toMatchObject({ result: { serverInfo: { name: 'sse' } } })
    expect(await link.call(1)).toMatchObject({ result: { session: 1 } })
    expect(server.posts().map((seen) => seen.message.method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/call',
    ])
  })

  test('edge 44, an absolute endpoint of the same origin', async () => {
    const sse = sseServer({ endpoint: (session) => `${server.url}/base/messages?session_id=${session}` })
    const server = await startRawServer((seen, reply) => sse.handler(seen, reply))
    expect(await open(server.url).initialize()).toMatchObject({ result: {} })
  })

  test.each([
    ['another host', () => 'http://evil.example/messages'],
    ['another port', () => 'http://127.0.0.1:1/messages'],
    ['a host without a scheme', () => '//evil.example/messages'],
    ['with a password', (url: string) => `${url.replace('://', '://a:b@')}/messages`],
    ['no address', () => 'http://['],
  ])('edge 44, an endpoint that is %s is refused, and nothing is posted', async (_name, endpoint) => {
    const sse = sseServer({ endpoint: () => endpoint(server.url) })
    const server = await startRawServer((seen, reply) => sse.handler(seen, reply))
    const link = open(server.url)
    expect(codeOf(await link.initialize())).toBe('bridge.redirected')
    expect(server.posts()).toHaveLength(0)
  })

  test('edge 44, messages before the endpoint, comments and other events are ignored', async () => {
    const sse = sseServer({ greeting: `: hello\r\n\r\n${event(ok('init', { early: true }))}event: ping\ndata: {}\n\n` })
    const server = await startRawServer(sse.handler)
    const link = open(server.url)
    expect(await link.initialize()).toMatchObject({ result: { serverInfo: { name: 'sse' } } })
    expect(link.delivered).toHaveLength(1)
  })

  test('edge 23, sticky cookies of the stream go with every message', async () => {
    const server = await startRawServer(sseServer().handler)
    const link = open(server.url)
    await link.initialize()
    expect(await link.call(1)).toMatchObject({ result: { cookie: 'pod=1' } })
  })

  test('edge 27, pain 5, a cut stream: running calls fail at once, the session is opened anew in the client’s name, new calls wait for it', async () => {
    const sse = sseServer()
    const server = await startRawServer(sse.handler)
    const link = open(server.url)
    await link.initialize()
    await link.call(0)
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } })
    await until(() => server.posts('tools/call').length === 2)
    sse.cut()
    expect(codeOf(await link.outcome(1))).toBe('bridge.interrupted')
    expect(await link.call(2)).toMatchObject({ result: { session: 2, cookie: 'pod=2' } })
    const again = server.posts('initialize')
    expect(again).toHaveLength(2)
    expect(again[1]?.message.params).toEqual(again[0]?.message.params)
    expect(server.posts('notifications/initialized')).toHaveLength(2)
    expect(link.delivered.map((line) => JSON.parse(line).id)).toEqual(['init', 0, 2])
  })

  test('edge 27, while the server stays away new calls are held, no longer than said, and it recovers by itself', async () => {
    const sse = sseServer()
    const server = await startRawServer(sse.handler)
    const link = open(server.url, { timings: { holdMs: 300 } })
    await link.initialize()
    await link.call(0)
    await server.close()
    await until(() => link.logLines.some((line) => line.includes('stream.lost')))
    expect(codeOf(await link.call(1))).toBe('bridge.unreachable')
    const next = sseServer()
    await startRawServer(next.handler, server.port)
    await until(() => next.sessions() === 1)
    expect(await link.call(2)).toMatchObject({ result: { session: 1 } })
  })

  test('edge 27, a call that waits brings the stream back sooner than a back-off that has grown long', async () => {
    const sse = sseServer()
    const server = await startRawServer(sse.handler)
    const link = open(server.url, { timings: { backoffFirstMs: 600_000, backoffMostMs: 600_000, holdMs: 25_000 } })
    await link.initialize()
    await server.close()
    await until(() => link.logLines.filter((line) => line.includes('stream.lost')).length === 2)
    const next = sseServer()
    await startRawServer(next.handler, server.port)
    expect(await link.call(1)).toMatchObject({ result: { session: 1 } })
  })

  test('edge 25, pain 4, 404 while the stream is open: a new stream, a new session, and the call once more', async () => {
    const sse = sseServer()
    const server = await startRawServer(sse.handler)
    const link = open(server.url)
    await link.initialize()
    await link.call(0)
    sse.forget()
    expect(await Promise.all([link.call(1), link.call(2)])).toMatchObject([
      { result: { session: 2 } },
      { result: { session: 2 } },
    ])
    expect(server.posts('initialize')).toHaveLength(2)
  })

  test('edge 16, retry is obeyed when the stream is opened again', async () => {
    const sse = sseServer({ greeting: 'retry: 150\n\n' })
    const server = await startRawServer(sse.handler)
    const link = open(server.url)
    await link.initialize()
    const cutAt = performance.now()
    sse.cut()
    await until(() => sse.sessions() === 2)
    expect(performance.now() - cutAt).toBeGreaterThan(145)
  })

  test('edge 32, 401 on the stream and on a POST alike: renewed once, and used from then on', async () => {
    const sse = sseServer()
    let token = 1
    let valid = 2
    const server = await startRawServer((seen, reply) =>
      seen.headers.authorization === `Bearer ${valid}` ? sse.handler(seen, reply) : reply.text('', 401),
    )
    const link = open(server.url, {
      headers: async (options) => {
        if (options?.rejected) token += 1
        return { authorization: `Bearer ${token}` }
      },
    })
    await link.initialize()
    await link.call(0)
    valid = 3
    expect(await link.call(1)).toMatchObject({ result: { session: 1 } })
  })

  test('edge 32, 401 for good: an error that says to sign in, no loop, and it works once signed in', async () => {
    const sse = sseServer()
    let isValid = false
    const server = await startRawServer((seen, reply) => (isValid ? sse.handler(seen, reply) : reply.text('', 401)))
    const link = open(server.url, { headers: async () => ({ authorization: 'Bearer x' }) })
    expect(codeOf(await link.initialize(1))).toBe('bridge.unauthorized')
    expect(server.requests).toHaveLength(1)
    isValid = true
    expect(await link.initialize(2)).toMatchObject({ result: {} })
  })

  test('edge 13, what is no event stream is an error that names status and host', async () => {
    const server = await startRawServer((_, reply) => reply.text('<html>', 200, { 'content-type': 'text/html' }))
    const answer = await open(server.url).initialize()
    expect(codeOf(answer)).toBe('bridge.bad-answer')
    expect(answer.error?.message).toContain(`127.0.0.1:${server.port} (HTTP 200, text/html)`)
  })

  test('a stream that never names an address is an error in time', async () => {
    const server = await startRawServer((_, reply) => reply.stream().write(': hello\n\n'))
    expect(codeOf(await open(server.url, { timings: { holdMs: 100 } }).initialize())).toMatch(
      /bridge\.(timeout|unreachable)/,
    )
  })

  test('edge 14, a POST that is refused: the server’s JSON-RPC error, or one naming status and host', async () => {
    const error = { code: -32602, message: 'own words' }
    const sse = sseServer({
      answer: ({ message }, reply) => {
        if (message.params?.name === 'own') reply.json({ jsonrpc: '2.0', id: null, error }, 400)
        else if (message.params?.name === 'page') reply.text('<html>', 500)
        else return false
        return true
      },
    })
    const server = await startRawServer(sse.handler)
    const link = open(server.url)
    await link.initialize()
    expect((await link.call(1, 'own')).error).toEqual(error)
    expect(codeOf(await link.call(2, 'page'))).toBe('bridge.server-error')
    expect(await link.call(3)).toMatchObject({ result: {} })
  })

  test('edge 3, an answer over the limit is an error for that id, and the stream goes on', async () => {
    const sse = sseServer()
    const server = await startRawServer(sse.handler)
    const link = open(server.url, { maxMessageBytes: 50_000 })
    await link.initialize()
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } })
    await until(() => server.posts('tools/call').length === 1)
    sse.streams.get(1)?.write(`data: ${JSON.stringify({ result: 'x'.repeat(200_000), jsonrpc: '2.0', id: 1 })}\n\n`)
    expect(codeOf(await link.outcome(1))).toBe('bridge.answer-too-large')
    expect(await link.call(2)).toMatchObject({ result: { session: 1 } })
  })

  test('edge 5, a question of the server reaches the client, and its answer the server', async () => {
    const sse = sseServer()
    const server = await startRawServer(sse.handler)
    const link = open(server.url)
    await link.initialize()
    sse.streams.get(1)?.write(event({ jsonrpc: '2.0', id: 'init', method: 'roots/list' }))
    await until(() => link.delivered.find((line) => line.includes('roots/list')))
    link.send({ jsonrpc: '2.0', id: 'init', result: { roots: [] } })
    await until(() => server.posts().find(({ body }) => body.includes('"roots":[]')))
  })

  test('edge 28, close ends the stream', async () => {
    let isClosed = false
    const sse = sseServer()
    const server = await startRawServer((seen, reply) => {
      if (seen.method === 'GET') reply.response.on('close', () => (isClosed = true))
      return sse.handler(seen, reply)
    })
    const link = open(server.url)
    await link.initialize()
    await link.link.close()
    await until(() => isClosed)
  })
})
