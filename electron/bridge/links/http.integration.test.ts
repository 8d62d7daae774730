import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { event, initialized, startRawServer, streamable } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

const open = (url: string, options: Parameters<typeof openTestLink>[1] = {}) =>
  openTestLink({ transport: 'http', url: `${url}/mcp` }, options)
const ok = (id: unknown, result: unknown = {}) => ({ jsonrpc: '2.0', id, result })

describe('Streamable HTTP', () => {
  test('edge 4, ids: strings, 0, empty and big integers come back with type and text unchanged', async () => {
    const server = await startRawServer(
      streamable(({ body }, reply) =>
        reply.text(body.replace(/"method".*/, '"result":{}}'), 200, { 'content-type': 'application/json' }),
      ),
    )
    const link = open(server.url)
    await link.initialize()
    for (const id of ['"a"', '0', '""', '12345678901234567890', '"1"', '1', '-7'])
      link.send(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)
    await until(() => link.delivered.length === 8)
    expect(
      link.delivered
        .slice(1)
        .map((line) => /"id":(.*?),"result/.exec(line)?.[1])
        .toSorted(),
    ).toEqual(['"a"', '0', '""', '12345678901234567890', '"1"', '1', '-7'].toSorted())
  })

  test('edge 4, ids: a server that knows only doubles rounds a long id, and the client gets its own back', async () => {
    const server = await startRawServer(
      streamable((_, reply) =>
        reply.text('{"jsonrpc":"2.0","id":12345678901234567000,"result":{}}', 200, {
          'content-type': 'application/json',
        }),
      ),
    )
    const link = open(server.url)
    await link.initialize()
    link.send('{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}')
    await until(() => link.delivered[1])
    expect(link.delivered[1]).toBe('{"jsonrpc":"2.0","id":12345678901234567890,"result":{}}')
  })

  test('edge 6, values: bytes go through untouched both ways', async () => {
    const params = '{"b":1.0,"a":1e400,"s":"\\ud800","__proto__":{"x":1},"_meta":{"k":12345678901234567890}}'
    const server = await startRawServer(
      streamable((seen, reply) =>
        reply.text(
          `{"id":7,"x":"y","jsonrpc":"2.0","result":${JSON.parse(`[${JSON.stringify(seen.body)}]`)[0].slice(seen.body.indexOf('{"b"'), -1)}}`,
          200,
          {
            'content-type': 'application/json; charset=utf-8',
          },
        ),
      ),
    )
    const link = open(server.url)
    await link.initialize()
    const line = `{"id":7,"jsonrpc":"2.0", "method":"custom/x","extra":1,"params":${params}}`
    link.send(line)
    await until(() => link.delivered[1])
    expect(server.posts('custom/x')[0]?.body).toBe(line)
    expect(link.delivered[1]).toBe(`{"id":7,"x":"y","jsonrpc":"2.0","result":${params}}`)
  })

  test('edge 8, unknown methods: forwarded, and the server’s error keeps code, message and data', async () => {
    const error = { code: -31999, message: 'no such thing', data: { a: [1] } }
    const server = await startRawServer(
      streamable(({ message }, reply) => reply.json({ jsonrpc: '2.0', id: message.id, error })),
    )
    const link = open(server.url)
    await link.initialize()
    expect((await link.request(1, 'x-company/unheard-of')).error).toEqual(error)
  })

  test('edge 9, notifications: never answered, also when the POST fails', async () => {
    const server = await startRawServer(streamable((_, reply) => reply.text('no', 500)))
    const link = open(server.url)
    await link.initialize()
    link.notify('notifications/roots/list_changed')
    link.send({ jsonrpc: '2.0', id: 5, result: {} })
    await until(() => link.logLines.filter((line) => line.includes('message.lost')).length === 2)
    expect(link.failed).toEqual([])
    expect(link.delivered).toHaveLength(1)
  })

  test('edge 10, duplicate and unknown answers: delivered once, the rest goes nowhere', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        const stream = reply.stream()
        stream.write(event(ok('stranger')) + event(ok(message.id)) + event(ok(message.id, { again: true })))
        stream.end()
      }),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(1)
    await link.call(2)
    expect(link.delivered.map((line) => JSON.parse(line).id)).toEqual(['init', 1, 2])
  })

  test('edge 10, late answers: after a cancel nothing is said, and the cancel reaches the server after its request', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        if (message.method === 'ping') return reply.result()
        if (message.method !== 'tools/call') return reply.text('', 202)
        const stream = reply.stream()
        const wait = setInterval(() => {
          if (server.posts('notifications/cancelled').length === 0) return
          clearInterval(wait)
          stream.write(event(ok(message.id, { late: true })))
        }, 5)
      }),
    )
    const link = open(server.url, { timings: { lingerMs: 20_000 } })
    await link.initialize()
    await link.request(0, 'ping')
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } })
    link.notify('notifications/cancelled', { requestId: 1 })
    await until(() => server.posts('notifications/cancelled').length === 1)
    const order = server.posts().map((seen) => seen.message.method)
    expect(order.indexOf('tools/call')).toBeLessThan(order.indexOf('notifications/cancelled'))
    await until(() => link.logLines.some((line) => line.includes('answer.dropped')))
    expect(link.delivered).toHaveLength(2)
    expect(link.failed).toEqual([])
  })

  test('edge 38, cancels: of what was never sent, and of what is unknown or finished, nothing goes out', async () => {
    let accept = () => {}
    const server = await startRawServer(({ method, message }, reply) => {
      if (method !== 'POST') return reply.text('', 405)
      if (message.method === 'initialize') accept = () => reply.result(initialized)
      else reply.result()
    })
    const link = open(server.url)
    link.send({ jsonrpc: '2.0', id: 'i', method: 'initialize', params: {} })
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} })
    for (const requestId of [1, 'unknown', 'i']) link.notify('notifications/cancelled', { requestId })
    await until(() => server.posts('initialize').length === 1)
    accept()
    await link.request(2, 'ping')
    expect(server.posts().map((seen) => seen.message.method)).toEqual(['initialize', 'ping'])
  })

  test('edge 11, batches: an array of the server is split', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => reply.json([{ jsonrpc: '2.0', method: 'notifications/x' }, ok(message.id)])),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(1)
    expect(link.delivered.slice(1)).toEqual([
      '{"jsonrpc":"2.0","method":"notifications/x"}',
      '{"jsonrpc":"2.0","id":1,"result":{}}',
    ])
  })

  test('edge 12, order: initialize before all else, initialized before later requests, then in parallel', async () => {
    const held: (() => void)[] = []
    const server = await startRawServer(({ method, message }, reply) => {
      if (method !== 'POST') return reply.text('', 405)
      if (message.method === 'initialize') return void held.push(() => reply.result(initialized))
      if (message.method === 'notifications/initialized') return void held.push(() => reply.text('', 202))
      if (message.params?.name !== 'slow') return reply.result()
    })
    const link = open(server.url)
    link.send({ jsonrpc: '2.0', id: 'i', method: 'initialize', params: {} })
    link.notify('notifications/initialized')
    for (const [id, name] of [
      [1, 'slow'],
      [2, 'quick'],
    ])
      link.send({ jsonrpc: '2.0', id: id as number, method: 'tools/call', params: { name } })
    await until(() => held.length === 1)
    expect(server.posts()).toHaveLength(1)
    held[0]?.()
    expect(await link.outcome(2)).toMatchObject({ result: {} })
    expect(link.find(1)).toBeUndefined()
    const order = server.posts().map(({ message }) => message.method)
    expect(order).toEqual(['initialize', 'notifications/initialized', 'tools/call', 'tools/call'])
    held[1]?.()
  })

  test('edge 12, order: notices are delivered before the answer they precede, and wait for a slow client', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        const stream = reply.stream()
        for (let step = 0; step < 20; step += 1)
          stream.write(
            event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 't', progress: step } }),
          )
        stream.write(event(ok(message.id)))
        stream.end()
      }),
    )
    const seen: string[] = []
    const link = open(server.url, {
      deliver: async (line) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        seen.push(line.toString())
      },
    })
    link.send({ jsonrpc: '2.0', id: 'i', method: 'initialize', params: {} })
    link.notify('notifications/initialized')
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} })
    await until(() => seen.length === 22)
    expect(seen.slice(1, 21).map((line) => JSON.parse(line).params.progress)).toEqual(
      Array.from({ length: 20 }, (_, step) => step),
    )
    expect(JSON.parse(seen[21] ?? '')).toMatchObject({ id: 1 })
  })

  test('edge 5, one id in both directions: a question with the client’s own id is a question, and is answered by POST', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        if (message.method !== 'tools/call') return reply.text('', 202)
        const stream = reply.stream()
        stream.write(event({ jsonrpc: '2.0', id: 1, method: 'roots/list' }))
        const wait = setInterval(() => {
          if (!server.posts().some(({ body }) => body.includes('"roots"'))) return
          clearInterval(wait)
          stream.write(event(ok(1, { done: true })))
          stream.end()
        }, 5)
      }),
    )
    const link = open(server.url)
    await link.initialize()
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} })
    await until(() => link.delivered.find((line) => line.includes('roots/list')))
    link.send({ jsonrpc: '2.0', id: 1, result: { roots: [] } })
    expect(await link.outcome(1)).toMatchObject({ result: { done: true } })
  })
})

describe('answers', () => {
  test.each([['application/json'], ['application/json;charset=UTF-8'], ['']])(
    'edge 13, answers: content type “%s”',
    async (type) => {
      const server = await startRawServer(
        streamable(({ message }, reply) =>
          reply.text(JSON.stringify(ok(message.id), null, 2), 200, type ? { 'content-type': type } : {}),
        ),
      )
      const link = open(server.url)
      await link.initialize()
      expect(await link.call(1)).toMatchObject({ result: {} })
      expect(link.delivered[1]).not.toContain('\n')
    },
  )

  test('edge 13, SSE with parameters in its content type', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        const stream = reply.stream({ 'content-type': 'Text/Event-Stream; charset=utf-8' })
        stream.write(event(ok(message.id)))
        stream.end()
      }),
    )
    const link = open(server.url)
    await link.initialize()
    expect(await link.call(1)).toMatchObject({ result: {} })
  })

  test.each([
    ['200 and empty', 200, '', {}],
    ['202 for a request', 202, '', {}],
    ['204', 204, '', {}],
    ['a login page', 200, '<html>Sign in</html>', { 'content-type': 'text/html' }],
    ['broken JSON', 200, '{"jsonrpc":"2.0",', { 'content-type': 'application/json' }],
    ['another id', 200, '{"jsonrpc":"2.0","id":"x","result":{}}', { 'content-type': 'application/json' }],
  ])(
    'edge 13, %s: an error for that id that names status and host, and later calls work',
    async (_name, status, text, headers) => {
      let isBroken = true
      const server = await startRawServer(
        streamable((_, reply) => (isBroken ? reply.text(text, status, headers) : reply.result())),
      )
      const link = open(server.url, { headers: async () => ({ authorization: 'Bearer top-secret-token' }) })
      await link.initialize()
      const answer = await link.call(1)
      expect(codeOf(answer)).toBe('bridge.bad-answer')
      if (!text.startsWith('{"jsonrpc":"2.0",'))
        expect(answer.error?.message).toContain(`127.0.0.1:${server.port} (HTTP ${status}`)
      expect(JSON.stringify(answer)).not.toContain('top-secret')
      isBroken = false
      expect(await link.call(2)).toMatchObject({ result: {} })
    },
  )

  test.each([[400], [403], [500]])(
    'edge 14, HTTP %i with a JSON-RPC error: handed on when the id matches or is absent',
    async (status) => {
      const error = { code: -32602, message: 'own words' }
      const server = await startRawServer(
        streamable(({ message }, reply) =>
          reply.json(
            {
              jsonrpc: '2.0',
              ...(message.params?.name === 'absent' ? {} : { id: message.params?.name === 'null' ? null : message.id }),
              error,
            },
            status,
          ),
        ),
      )
      const link = open(server.url)
      await link.initialize()
      expect((await link.call(1)).error).toEqual(error)
      expect((await link.call(2, 'null')).error).toEqual(error)
      expect((await link.call(3, 'absent')).error).toEqual(error)
    },
  )

  test.each([
    [403, 'bridge.forbidden'],
    [404, 'bridge.refused'],
    [407, 'bridge.proxy'],
    [413, 'bridge.request-too-large'],
    [418, 'bridge.refused'],
    [429, 'bridge.rate-limited'],
    [500, 'bridge.server-error'],
    [503, 'bridge.server-error'],
  ])('edge 14, HTTP %i without one: an error naming status and host', async (status, code) => {
    const server = await startRawServer(
      streamable(
        (_, reply) => reply.text('<p>nope</p>', status),
        () => null,
      ),
    )
    const link = open(server.url)
    await link.initialize()
    const answer = await link.call(1)
    expect(codeOf(answer)).toBe(code)
    expect(answer.error?.message).toContain(`127.0.0.1:${server.port} (HTTP ${status})`)
  })

  test('edge 7, a bad line of the server never reaches the client; its id gets an error', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        const stream = reply.stream()
        stream.write('data: what?\n\n')
        stream.write(`data: {"jsonrpc":"2.0","id":${message.id},"result":{"a":\n\n`)
        stream.end()
      }),
    )
    const link = open(server.url)
    await link.initialize()
    expect(codeOf(await link.call(1))).toBe('bridge.bad-answer')
    expect(link.delivered).toHaveLength(1)
  })

  test('edge 15, an event stream of every grammar at once', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        const stream = reply.stream()
        stream.write('\ufeff: hello\r\n\r\nevent: ping\r\ndata: {"jsonrpc":"2.0","method":"not-a-message"}\r\n\r\n')
        stream.write(`id: 1\ndata:\n\ndata: {"jsonrpc":"2.0",\rdata:"id":${message.id},\ndata: "result":{}}\r`)
        stream.write('\n\r\n')
        stream.end()
      }),
    )
    const link = open(server.url)
    await link.initialize()
    expect(await link.call(1)).toMatchObject({ result: {} })
    expect(link.delivered.slice(1)).toEqual(['{"jsonrpc":"2.0", "id":1, "result":{}}'])
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('edge 22, compression: %s is accepted', async (name, compress) => {
    const server = await startRawServer(
      streamable(({ message }, reply) =>
        reply.response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': name })
          .end(compress(JSON.stringify(ok(message.id, { text: 'x'.repeat(100_000) })))),
      ),
    )
    const link = open(server.url)
    await link.initialize()
    expect((await link.call(1)).result?.text).toHaveLength(100_000)
    expect(server.posts('tools/call')[0]?.headers['accept-encoding']).toBe('gzip, deflate, br')
  })

  test('edge 22, case 43, compression: a gzip bomb is an error for that call, and no other call notices', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) =>
        message.params?.name === 'bomb'
          ? reply.response
              .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
              .end(gzipSync(Buffer.alloc(50_000_000, 0x20)))
          : reply.result(),
      ),
    )
    const link = open(server.url, { maxMessageBytes: 1024 * 1024 })
    await link.initialize()
    const [bomb, other] = await Promise.all([link.call(1, 'bomb'), link.call(2)])
    expect(codeOf(bomb)).toBe('bridge.answer-too-large')
    expect(other).toMatchObject({ result: {} })
  })

  test.each([
    ['unknown', Buffer.from('{}')],
    ['gzip', Buffer.from('no gzip at all')],
    ['gzip, gzip, gzip', Buffer.from('')],
  ])('edge 22, compression: %s that cannot be read is an error', async (name, body) => {
    const server = await startRawServer(
      streamable((_, reply) =>
        reply.response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': name }).end(body),
      ),
    )
    const link = open(server.url)
    await link.initialize()
    expect(codeOf(await link.call(1))).toBe('bridge.bad-answer')
  })

  test('edge 3, size: 20 MB both ways', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => reply.result({ text: message.params?.arguments })),
    )
    const link = open(server.url)
    await link.initialize()
    const text = 'é'.repeat(10_000_000)
    const answer = await link.call(1, 'echo', { text })
    expect(answer.result?.text).toEqual({ text })
  })

  test.each([
    ['JSON', false],
    ['SSE', true],
  ])('edge 3, size: %s over the limit is an error for that id, not a dead connection', async (_name, isStream) => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        if (message.params?.name !== 'large') return reply.result()
        const large = ok(message.id, { text: 'x'.repeat(300_000) })
        if (!isStream) return reply.json(large)
        const stream = reply.stream()
        stream.write(event(large))
        stream.end()
      }),
    )
    const link = open(server.url, { maxMessageBytes: 100_000 })
    await link.initialize()
    expect(codeOf(await link.call(1, 'large'))).toBe('bridge.answer-too-large')
    expect(await link.call(2)).toMatchObject({ result: {} })
  })

  test('case 45, depth: an answer of 100,000 brackets goes through as bytes', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const server = await startRawServer(
      streamable(({ message }, reply) =>
        reply.text(`{"jsonrpc":"2.0","id":${message.id},"result":{"d":${deep}}}`, 200, {
          'content-type': 'application/json',
        }),
      ),
    )
    const link = open(server.url)
    await link.initialize()
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} })
    await until(() => link.delivered[1])
    expect(link.delivered[1]).toContain(deep)
  })
})
