import { describe, expect, test } from 'vitest'
import { event, type Handler, initialized, type Reply, startRawServer, streamable } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

const open = (url: string, options: Parameters<typeof openTestLink>[1] = {}) =>
  openTestLink({ transport: 'http', url: `${url}/mcp` }, options)
const ok = (id: unknown, result: unknown = {}) => ({ jsonrpc: '2.0', id, result })

describe('streams', () => {
  test('edge 17, a POST stream lost before the answer is taken up by GET with that stream’s own last event id', async () => {
    const server = await startRawServer(
      streamable((seen, reply) => {
        const stream = reply.stream()
        if (seen.method === 'GET') {
          const lastId = String(seen.headers['last-event-id'])
          stream.write(event(ok(Number(lastId.split('-')[0]), { lastId })))
          return stream.end()
        }
        stream.write(`id: ${seen.message.id}-1\nretry: 10\ndata:\n\n`)
        setTimeout(stream.cut, 20)
      }),
    )
    const link = open(server.url)
    await link.initialize()
    const answers = await Promise.all([link.call(1), link.call(2)])
    expect(answers.map(({ result }) => result?.lastId)).toEqual(['1-1', '2-1'])
    const resumed = server.requests.find((seen) => seen.headers['last-event-id'])
    expect(resumed?.headers).toMatchObject({ 'mcp-session-id': 's-1', 'mcp-protocol-version': '2025-11-25' })
  })

  test('edge 17, without an event id the request fails, and no tool call is ever sent twice', async () => {
    const server = await startRawServer(
      streamable((_, reply) => {
        const stream = reply.stream()
        stream.write(event({ jsonrpc: '2.0', method: 'notifications/x' }))
        setTimeout(stream.cut, 10)
      }),
    )
    const link = open(server.url)
    await link.initialize()
    expect(codeOf(await link.call(1))).toBe('bridge.interrupted')
    expect(server.posts('tools/call')).toHaveLength(1)
  })

  test('edge 16, retry is obeyed, for as many polls as the server wants', async () => {
    let polls = 0
    const server = await startRawServer(
      streamable((seen, reply) => {
        const stream = reply.stream()
        if (seen.method === 'GET') polls += 1
        if (polls < 4) stream.write(`id: ${polls}\nretry: 60\ndata:\n\n`)
        else stream.write(event(ok(1)))
        stream.end()
      }),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(1)
    const times = server.requests.filter(
      (seen) => seen.headers['last-event-id'] || seen.message.method === 'tools/call',
    )
    expect(times.map((seen) => seen.headers['last-event-id'])).toEqual([undefined, '0', '1', '2', '3'])
    for (let at = 1; at < times.length; at += 1)
      expect((times[at]?.at ?? 0) - (times[at - 1]?.at ?? 0)).toBeGreaterThan(55)
  })

  test('edge 18, replayed events are not delivered twice', async () => {
    const notice = (step: number) =>
      event({ jsonrpc: '2.0', method: 'notifications/x', params: { step } }, { id: `e${step}` })
    const server = await startRawServer(
      streamable((seen, reply) => {
        const stream = reply.stream()
        stream.write(notice(1) + notice(2))
        if (seen.method === 'GET') stream.write(notice(3) + event(ok(1)))
        setTimeout(stream.end, 5)
      }),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(1)
    expect(link.delivered.filter((line) => line.includes('step')).map((line) => JSON.parse(line).params.step)).toEqual([
      1, 2, 3,
    ])
  })

  test('edge 18, the GET stream: opened after initialized, reopened when lost with its own last event id, read all the time', async () => {
    let opened = 0
    const server = await startRawServer((seen, reply) => {
      if (seen.message.method === 'initialize') return reply.result(initialized, { 'mcp-session-id': 's' })
      if (seen.method !== 'GET') return reply.text('', 202)
      opened += 1
      const stream = reply.stream()
      stream.write(event({ jsonrpc: '2.0', method: 'notifications/x', params: { opened } }, { id: `g${opened}` }))
      if (opened < 3) setTimeout(stream.cut, 10)
    })
    const link = open(server.url)
    await link.initialize()
    await until(() => link.delivered.length === 4)
    const gets = server.requests.filter((seen) => seen.method === 'GET')
    expect(gets.map((seen) => seen.headers['last-event-id'])).toEqual([undefined, 'g1', 'g2'])
    expect(gets.map((seen) => seen.headers['mcp-session-id'])).toEqual(['s', 's', 's'])
    expect(server.requests.findIndex((seen) => seen.method === 'GET')).toBeGreaterThan(
      server.requests.findIndex((seen) => seen.message.method === 'notifications/initialized'),
    )
  })

  test('edge 18, 405 on the GET stream is asked once and never again', async () => {
    const server = await startRawServer(streamable((_, reply) => reply.result()))
    const link = open(server.url)
    await link.initialize()
    for (let id = 0; id < 20; id += 1) await link.call(id)
    await link.initialize('again')
    await link.call('last')
    expect(server.requests.filter((seen) => seen.method === 'GET')).toHaveLength(1)
  })

  test('edge 21, after sleep the stream is opened anew', async () => {
    const server = await startRawServer((seen, reply) => {
      if (seen.message.method === 'initialize') return reply.result(initialized)
      if (seen.method === 'GET') return reply.stream().write(': hello\n\n')
      return reply.text('', 202)
    })
    const gets = () => server.requests.filter((seen) => seen.method === 'GET').length
    const link = open(server.url)
    await link.initialize()
    await until(() => gets() === 1)
    link.link.wake()
    await until(() => gets() === 2)
  })

  test('a stream that stays open after its answer is ended, so that connections do not pile up', async () => {
    let ended = 0
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        reply.response.on('close', () => (ended += 1))
        reply.stream().write(event(ok(message.id)))
      }),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(1)
    await until(() => ended === 1)
  })

  test('edge 20, a request has no limit unless one is set; a set one is begun anew by progress', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        if (message.method === 'notifications/cancelled') return reply.text('', 202)
        const stream = reply.stream()
        if (message.params?.name === 'silent') return
        let step = 0
        const timer = setInterval(() => {
          step += 1
          if (step < 12)
            return stream.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progress: step } }))
          clearInterval(timer)
          stream.write(event(ok(message.id)))
          stream.end()
        }, 100)
      }),
    )
    const link = open(server.url, { timings: { requestMs: 1000 } })
    await link.initialize()
    const [silent, busy] = await Promise.all([link.call(1, 'silent'), link.call(2, 'busy')])
    expect(codeOf(silent)).toBe('bridge.timeout')
    expect(busy).toMatchObject({ result: {} })
    await until(() => server.posts('notifications/cancelled').length === 1)
  })
})

describe('sessions', () => {
  /** A server with sessions that can lose its memory. */
  function forgetful(refusal: (reply: Reply) => void) {
    const state = { session: 1, calls: 0, answer: initialized as Record<string, unknown> }
    const handler: Handler = (seen, reply) => {
      const { method } = seen.message
      if (seen.method === 'DELETE') return reply.text('', 200)
      if (seen.method === 'GET') return reply.text('', 405)
      if (method === 'initialize') return reply.result(state.answer, { 'mcp-session-id': `s${state.session}` })
      if (seen.headers['mcp-session-id'] !== `s${state.session}`) return refusal(reply)
      if (method?.startsWith('notifications/')) return reply.text('', 202)
      if (method === 'tools/call') state.calls += 1
      return reply.result({ session: seen.headers['mcp-session-id'] })
    }
    return { state, handler }
  }
  const gone = (reply: Reply) => reply.text('Session not found', 404)

  test('edge 24, the session id comes from the initialize answer only, and the answered version from then on', async () => {
    const server = await startRawServer(
      streamable(
        (_seen, reply) => reply.result({}, { 'mcp-session-id': 'a-trick' }),
        () => 's-1',
      ),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(1)
    await link.call(2)
    await link.link.close()
    expect(server.posts('initialize')[0]?.headers).not.toHaveProperty('mcp-session-id')
    expect(server.posts('initialize')[0]?.headers).not.toHaveProperty('mcp-protocol-version')
    for (const seen of server.requests.slice(1))
      expect(seen.headers).toMatchObject({ 'mcp-session-id': 's-1', 'mcp-protocol-version': '2025-11-25' })
    expect(server.requests.at(-1)?.method).toBe('DELETE')
    expect(link.logLines.join()).not.toContain('s-1')
  })

  test('edge 24, a server without sessions gets no session id and no DELETE', async () => {
    const server = await startRawServer(
      streamable(
        (_, reply) => reply.result(),
        () => null,
      ),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(1)
    await link.link.close()
    expect(server.requests.every((seen) => seen.headers['mcp-session-id'] === undefined)).toBe(true)
    expect(server.requests.every((seen) => seen.method !== 'DELETE')).toBe(true)
  })

  test('edge 25, case 47, pain 4, 404 with a session: one initialize with the client’s own words for all that wait, then each call once more', async () => {
    const { state, handler } = forgetful(gone)
    const server = await startRawServer(handler)
    const link = open(server.url)
    await link.initialize()
    await link.request('level', 'logging/setLevel', { level: 'debug' })
    await link.request('sub', 'resources/subscribe', { uri: 'a:b' })
    await link.request('sub2', 'resources/subscribe', { uri: 'c:d' })
    await link.request('unsub', 'resources/unsubscribe', { uri: 'c:d' })
    state.session = 2
    const before = server.requests.length
    const answers = await Promise.all([link.call(1), link.call(2), link.call(3)])
    expect(answers.map(({ result }) => result?.session)).toEqual(['s2', 's2', 's2'])
    expect(state.calls).toBe(3)
    await until(() => server.posts('resources/subscribe').length === 3)
    const again = server.requests.slice(before).map((seen) => seen.message.method)
    expect(again.filter((method) => method === 'initialize')).toHaveLength(1)
    expect(again.indexOf('notifications/initialized')).toBeLessThan(again.lastIndexOf('tools/call'))
    expect(again).toContain('logging/setLevel')
    const [first, second] = server.posts('initialize')
    expect(second?.message.params).toEqual(first?.message.params)
    expect(server.posts('resources/subscribe').at(-1)?.message.params).toEqual({ uri: 'a:b' })
    // Nothing of all this is said to the client.
    const ids = link.delivered.map((line) => JSON.parse(line).id)
    expect(ids.slice(0, 5)).toEqual(['init', 'level', 'sub', 'sub2', 'unsub'])
    expect(ids.slice(5).toSorted()).toEqual([1, 2, 3])
  })

  test.each([
    ['Bad Request: Server not initialized', 'Bad Request: Server not initialized'],
    ['Bad Request: No valid session ID provided', 'Bad Request: No valid session ID provided'],
  ])('edge 25, 400 “%s” is cured in the same way', async (_name, words) => {
    const { state, handler } = forgetful((reply) =>
      reply.json({ jsonrpc: '2.0', id: null, error: { code: -32000, message: words } }, 400),
    )
    const server = await startRawServer(handler)
    const link = open(server.url)
    await link.initialize()
    state.session = 2
    expect(await link.call(1)).toMatchObject({ result: { session: 's2' } })
  })

  test('edge 25, the cure is tried once: a server that forgets at once is an error, not a loop', async () => {
    const server = await startRawServer(streamable((_, reply) => reply.text('', 404)))
    const link = open(server.url)
    await link.initialize()
    expect(codeOf(await link.call(1))).toBe('bridge.session-lost')
    expect(server.posts('initialize')).toHaveLength(2)
    expect(server.posts('tools/call')).toHaveLength(2)
  })

  test('edge 25, a server that forgets every session at once, its initialized included, is an error and holds nothing up', async () => {
    const server = await startRawServer(({ method, message }, reply) =>
      method === 'POST' && message.method === 'initialize'
        ? reply.result(initialized, { 'mcp-session-id': 's' })
        : reply.text('', 404),
    )
    const link = open(server.url)
    await link.initialize()
    expect(codeOf(await link.call(1))).toBe('bridge.session-lost')
    expect(server.posts('initialize').length).toBeLessThan(4)
  })

  test('edge 25, 404 without a session is just 404', async () => {
    const server = await startRawServer(
      streamable(
        (_, reply) => reply.text('', 404),
        () => null,
      ),
    )
    const link = open(server.url)
    await link.initialize()
    expect(codeOf(await link.call(1))).toBe('bridge.refused')
    expect(server.posts('initialize')).toHaveLength(1)
  })

  test('edge 25, a new session that is refused is an error for the call, and the next call tries again', async () => {
    const { state, handler } = forgetful(gone)
    let refuses = false
    const server = await startRawServer((seen, reply) =>
      refuses && seen.message.method === 'initialize' ? reply.text('', 500) : handler(seen, reply),
    )
    const link = open(server.url)
    await link.initialize()
    state.session = 2
    refuses = true
    expect((await link.call(1)).error).toBeDefined()
    refuses = false
    expect(await link.call(2)).toMatchObject({ result: { session: 's2' } })
  })

  test('edge 26, other capabilities in the new session: the client is told that every list changed', async () => {
    const { state, handler } = forgetful(gone)
    const server = await startRawServer(handler)
    const link = open(server.url)
    await link.initialize()
    state.session = 2
    state.answer = { ...initialized, capabilities: { tools: {} } }
    await link.call(1)
    await until(() => link.delivered.length === 5)
    expect(link.delivered.filter((line) => line.includes('list_changed'))).toHaveLength(3)
  })

  test('edge 26, another version in the new session ends the link with a clear error', async () => {
    const { state, handler } = forgetful(gone)
    const server = await startRawServer(handler)
    const link = open(server.url)
    await link.initialize()
    state.session = 2
    state.answer = { ...initialized, protocolVersion: '2025-03-26' }
    expect(codeOf(await link.call(1))).toBe('bridge.version-changed')
    expect(link.ended).toHaveLength(1)
  })

  test('edge 27, the server dies: running calls get an error, its open questions are withdrawn, and it works again when it is back', async () => {
    const { state, handler } = forgetful(gone)
    const server = await startRawServer((seen, reply) => {
      if (seen.message.params?.name !== 'slow') return handler(seen, reply)
      reply.stream().write(event({ jsonrpc: '2.0', id: 'q1', method: 'roots/list' }))
    })
    const link = open(server.url)
    await link.initialize()
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } })
    await until(() => link.delivered.find((line) => line.includes('q1')))
    await server.close()
    expect(codeOf(await link.outcome(1))).toBe('bridge.interrupted')
    expect(codeOf(await link.call(2))).toBe('bridge.unreachable')
    state.session = 2
    await startRawServer(handler, server.port)
    expect(await link.call(3)).toMatchObject({ result: { session: 's2' } })
    expect(link.delivered.find((line) => line.includes('notifications/cancelled'))).toContain('"requestId":"q1"')
  })

  test('edge 43, a second initialize opens a new session and ends the first', async () => {
    let session = 0
    const server = await startRawServer(
      streamable(
        (seen, reply) => reply.result({ session: seen.headers['mcp-session-id'] }),
        () => `s${session}`,
      ),
    )
    const link = open(server.url)
    session = 1
    await link.initialize('a')
    await link.call(1)
    session = 2
    await link.initialize('b')
    expect(await link.call(2)).toMatchObject({ result: { session: 's2' } })
    await until(() =>
      server.requests.some((seen) => seen.method === 'DELETE' && seen.headers['mcp-session-id'] === 's1'),
    )
  })

  test('edge 43, a client that never initializes is carried as it is', async () => {
    const server = await startRawServer((_, reply) => reply.result({ fine: true }))
    const link = open(server.url)
    expect(await link.call(1)).toMatchObject({ result: { fine: true } })
  })

  test('edge 28, close: running calls end, DELETE is sent with the sign-in, and a server that hangs cannot hold it up', async () => {
    const server = await startRawServer((seen, reply) => {
      if (seen.message.method === 'initialize') return reply.result(initialized, { 'mcp-session-id': 's' })
      if (seen.message.method === 'notifications/initialized') return reply.text('', 202)
    })
    const link = open(server.url, { timings: { closeMs: 200 }, headers: async () => ({ authorization: 'Bearer t' }) })
    await link.initialize()
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} })
    await until(() => server.posts('tools/call').length === 1)
    await link.link.close()
    expect(server.requests.find((seen) => seen.method === 'DELETE')?.headers).toMatchObject({
      'mcp-session-id': 's',
      authorization: 'Bearer t',
    })
    expect(codeOf(await link.outcome(1))).toBe('bridge.interrupted')
    expect(codeOf(await link.call(2))).toBe('bridge.interrupted')
  })
})
