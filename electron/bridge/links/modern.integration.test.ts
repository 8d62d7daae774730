import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { metaKeys } from '../revision.ts'
import type { EraVerdict } from './link-options.ts'
import { acknowledgement, modernMeta, modernOnly, refuse } from './modern-raw.ts'
import { event, type Reply, startRawServer, streamable } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

const open = (url: string, options: Parameters<typeof openTestLink>[1] = {}) => {
  const link = openTestLink({ transport: 'http', url: `${url}/mcp` }, { recallEra: () => undefined, ...options })
  const ask = (id: unknown, method: string, params: Record<string, unknown> = {}) =>
    link.request(id, method, { ...params, _meta: modernMeta() })
  const call = (id: unknown, name = 'echo', args: Record<string, unknown> = {}) =>
    ask(id, 'tools/call', { name, arguments: args })
  return { ...link, ask, call }
}
const tool = (name: string, properties: Record<string, unknown> = {}) => ({
  name,
  inputSchema: { type: 'object', properties },
})
const region = { region: { type: 'string', 'x-mcp-header': 'Region' } }
const done = { resultType: 'complete', content: [] }
const headersOf = (seen: { headers: Record<string, unknown> } | undefined) =>
  Object.fromEntries(Object.entries(seen?.headers ?? {}).filter(([name]) => name.startsWith('mcp-')))

describe('modern client, modern server', () => {
  test('the bytes go through as they are, both ways, without a session', async () => {
    const result = '{"resultType":"complete","n":12345678901234567890.10,"__proto__":{"x":"\\ud800"},"e":1e400}'
    const server = await startRawServer(
      modernOnly((_, reply) =>
        reply.text(`{"jsonrpc":"2.0","result":${result},"id":7}`, 200, { 'content-type': 'application/json' }),
      ),
    )
    const link = open(server.url)
    const line = `{"id":7,"params":{"x":1.0,"_meta":${JSON.stringify(modernMeta())}},"method":"own/method","jsonrpc":"2.0"}`
    link.send(line)
    await until(() => link.delivered.length === 1)
    expect(server.posts()[0]?.body).toBe(line)
    expect(link.delivered[0]).toBe(`{"jsonrpc":"2.0","result":${result},"id":7}`)
    expect(server.requests).toHaveLength(1)
    expect(server.posts()[0]?.headers['mcp-session-id']).toBeUndefined()
  })

  test('edge 35, headers: revision, method, name, and marked parameters', async () => {
    const server = await startRawServer(
      modernOnly(
        (_, reply) => reply.result(done),
        () => [tool('wo', region)],
      ),
    )
    const link = open(server.url)
    await link.ask(1, 'tools/list')
    await link.call(2, 'wo', { region: 'Zürich' })
    await link.call(3, 'wo', { region: null })
    await link.ask(4, 'resources/read', { uri: 'note://1' })
    const [listed, call, without, read] = server.posts()
    const base = { 'mcp-protocol-version': '2026-07-28' }
    expect(headersOf(listed)).toEqual({ ...base, 'mcp-method': 'tools/list' })
    expect(headersOf(call)).toEqual({
      ...base,
      'mcp-method': 'tools/call',
      'mcp-name': 'wo',
      'mcp-param-region': '=?base64?WsO8cmljaA==?=',
    })
    expect(headersOf(without)).toEqual({ ...base, 'mcp-method': 'tools/call', 'mcp-name': 'wo' })
    expect(headersOf(read)).toEqual({ ...base, 'mcp-method': 'resources/read', 'mcp-name': 'note://1' })
  })

  test('edge 36, headers that are set for the server never replace those of the protocol', async () => {
    const server = await startRawServer(modernOnly((_, reply) => reply.result(done)))
    const set = { 'Mcp-Method': 'x', 'Mcp-Param-Region': 'x', 'MCP-Protocol-Version': 'x', 'X-Team': 'blue' }
    const link = open(server.url, { headers: async () => set })
    await link.ask(1, 'prompts/get', { name: 'p' })
    expect(headersOf(server.posts()[0])).toEqual({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'prompts/get',
      'mcp-name': 'p',
    })
    expect(server.posts()[0]?.headers['x-team']).toBe('blue')
  })

  test('edge 35, a tool nobody listed is looked up first, once, over all pages, in the name of the client', async () => {
    const server = await startRawServer((seen, reply) => {
      if (seen.message.method !== 'tools/list') return reply.result(done)
      const second = seen.message.params?.cursor === 'two'
      reply.result(second ? { tools: [tool('wo', region)] } : { tools: [tool('other')], nextCursor: 'two' })
    })
    const link = open(server.url)
    link.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'wo', arguments: { region: 'eu' }, _meta: { ...modernMeta(), progressToken: 'p', 'x/y': 1 } },
    })
    await link.outcome(1)
    await link.call(2, 'wo', { region: 'us' })
    await link.call(3, 'unknown', { region: 'us' })
    expect(server.posts('tools/list').map(({ message }) => message.params)).toEqual([
      { _meta: modernMeta() },
      { _meta: modernMeta(), cursor: 'two' },
    ])
    expect(server.posts('tools/call').map(({ headers }) => headers['mcp-param-region'])).toEqual([
      'eu',
      'us',
      undefined,
    ])
    expect(link.delivered).toHaveLength(3)
  })

  test('edge 35, what is known of tools is dropped when the list changes', async () => {
    let header = 'Old'
    const server = await startRawServer(
      modernOnly(
        (seen, reply) => {
          if (seen.message.params?.name !== 'change') return reply.result(done)
          const stream = reply.stream()
          header = 'New'
          stream.write(event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }))
          stream.write(event({ jsonrpc: '2.0', id: seen.message.id, result: done }))
          stream.end()
        },
        () => [tool('wo', { region: { type: 'string', 'x-mcp-header': header } }), tool('change')],
      ),
    )
    const link = open(server.url)
    await link.call(1, 'wo', { region: 'eu' })
    await link.call(2, 'change')
    await link.call(3, 'wo', { region: 'eu' })
    const [before, , after] = server.posts('tools/call')
    expect([before?.headers['mcp-param-old'], before?.headers['mcp-param-new']]).toEqual(['eu', undefined])
    expect([after?.headers['mcp-param-old'], after?.headers['mcp-param-new']]).toEqual([undefined, 'eu'])
  })

  test('tools whose marks break the rules are taken out of the list; the others keep their bytes', async () => {
    const good = '{ "name":"good", "inputSchema":{"type":"object"}, "n":1.0 }'
    const bad = '{"name":"bad","inputSchema":{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}}'
    const server = await startRawServer((seen, reply) =>
      reply.text(
        `{"jsonrpc":"2.0","result":{"tools":[${bad},${good},${bad}],"nextCursor":"x"},"id":${JSON.stringify(seen.message.id)}}`,
        200,
        { 'content-type': 'application/json' },
      ),
    )
    const link = open(server.url)
    await link.ask('l', 'tools/list')
    expect(link.delivered).toEqual([`{"jsonrpc":"2.0","result":{"tools":[${good}],"nextCursor":"x"},"id":"l"}`])
    expect(link.logLines.filter((line) => line.includes('tool.left-out') && line.includes('bad'))).not.toEqual([])
  })

  test('-32020: the tools are asked for anew and the call is repeated, once', async () => {
    const server = await startRawServer(
      modernOnly(
        (seen, reply) => {
          if (seen.headers['mcp-param-region'] === 'eu' && seen.message.params?.name === 'wo') return reply.result(done)
          refuse(seen, reply, -32020)
        },
        () => (server.posts('tools/list').length === 1 ? [tool('wo'), tool('never')] : [tool('wo', region)]),
      ),
    )
    const link = open(server.url)
    expect(await link.call(1, 'wo', { region: 'eu' })).toMatchObject({ result: done })
    expect(server.posts().map(({ message }) => message.method)).toEqual([
      'tools/list',
      'tools/call',
      'tools/list',
      'tools/call',
    ])
    expect(await link.call(2, 'never')).toMatchObject({ error: { code: -32020, message: 'no' } })
    expect(server.posts('tools/call')).toHaveLength(4)
  })

  test('edge 37, -32022: repeated in a revision both know', async () => {
    const server = await startRawServer((seen, reply) => {
      if (server.posts().length > 1) return reply.result(done)
      refuse(seen, reply, -32022, { supported: ['2020-01-01', '2026-07-28'] })
    })
    const link = open(server.url)
    expect(await link.ask(1, 'prompts/list')).toMatchObject({ result: done })
    expect(server.posts()).toHaveLength(2)
    expect(server.posts().at(-1)?.headers['mcp-protocol-version']).toBe('2026-07-28')
    expect(server.posts().at(-1)?.message.params?._meta).toEqual(modernMeta())
  })

  test('edge 37, -32022 to a revision unknown here is told, whatever else the client has spoken', async () => {
    const server = await startRawServer((seen, reply) => {
      if (seen.headers['mcp-protocol-version'] === '2026-07-28') return reply.result(done)
      refuse(seen, reply, -32022, { supported: ['2026-07-28'] })
    })
    const link = open(server.url)
    await link.ask(1, 'prompts/list')
    expect(await link.request(2, 'prompts/list', { _meta: modernMeta('v999.0.0') })).toMatchObject({
      error: { code: -32022, data: { supported: ['2026-07-28'] } },
    })
    expect(server.posts()).toHaveLength(2)
  })

  test('-32022 without end is told after one try', async () => {
    const server = await startRawServer((seen, reply) => refuse(seen, reply, -32022, { supported: ['2026-07-28'] }))
    const link = open(server.url)
    expect(await link.ask(1, 'prompts/list')).toMatchObject({ error: { code: -32022 } })
    expect(server.posts()).toHaveLength(2)
  })

  test('edge 14, an error in the body of a 4xx is handed on as it is; without one, status and host are named', async () => {
    const server = await startRawServer((seen, reply) => {
      if (seen.message.id === 1) return refuse(seen, reply, -32021, { requiredCapabilities: { sampling: {} } })
      if (seen.message.id === 2) return refuse(seen, reply, -32601, undefined, 404)
      reply.text('<html>', 404)
    })
    const link = open(server.url)
    expect(await link.ask(1, 'x/y')).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32021, message: 'no', data: { requiredCapabilities: { sampling: {} } } },
    })
    expect(await link.ask(2, 'x/y')).toMatchObject({ error: { code: -32601, message: 'no' } })
    expect((await link.ask(3, 'x/y')).error?.message).toContain('HTTP 404')
  })

  test('edge 38, a cancel ends the exchange of its request, posts nothing, and nothing more is said', async () => {
    const closed: unknown[] = []
    const server = await startRawServer(
      modernOnly(
        ({ message }, reply) => {
          if (message.params?.name !== 'slow') return reply.result(done)
          reply.stream()
          reply.response.on('close', () => closed.push(message.id))
        },
        () => [tool('slow'), tool('echo')],
      ),
    )
    const link = open(server.url)
    void link.call(1, 'slow').catch(() => {})
    await until(() => server.posts('tools/call').length === 1)
    for (const requestId of ['1', 2, 1, 1]) link.notify('notifications/cancelled', { requestId })
    await until(() => closed.length === 1)
    expect(await link.call(2)).toMatchObject({ result: done })
    expect(link.find(1)).toBeUndefined()
    expect(link.failed).toEqual([])
    expect(server.posts('notifications/cancelled')).toEqual([])
  })

  test('nothing but requests is ever posted', async () => {
    const server = await startRawServer(modernOnly((_, reply) => reply.result(done)))
    const link = open(server.url)
    await link.ask(1, 'server/discover')
    link.notify('notifications/cancelled', { requestId: 9, _meta: modernMeta() })
    await link.ask(2, 'prompts/list')
    expect(server.requests.map(({ method, message }) => `${method} ${message.method}`)).toEqual([
      'POST server/discover',
      'POST prompts/list',
    ])
  })

  test('edge 19, a stream that breaks loses its request: an error, no resumption, no second call', async () => {
    const server = await startRawServer(
      modernOnly(
        (_, reply) => {
          const stream = reply.stream()
          stream.write(
            event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1 } }, { id: 'e1' }),
          )
          setTimeout(stream.cut, 20)
        },
        () => [tool('echo')],
      ),
    )
    const link = open(server.url)
    expect(codeOf(await link.call(1))).toBe('bridge.interrupted')
    await delay(100)
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST'])
    expect(link.delivered).toHaveLength(1)
  })

  test('a server that asks on a stream, which this revision forbids, is not heard', async () => {
    const server = await startRawServer(
      modernOnly(({ message }, reply) => {
        const stream = reply.stream()
        stream.write(event({ jsonrpc: '2.0', id: 's', method: 'roots/list' }))
        stream.write(event({ jsonrpc: '2.0', id: message.id, result: done }))
        stream.end()
      }),
    )
    const link = open(server.url)
    await link.ask(1, 'prompts/list')
    expect(link.delivered).toHaveLength(1)
  })
})

describe('edge 19, subscriptions', () => {
  type Stream = ReturnType<Reply['stream']>
  async function startNews() {
    const streams: Stream[] = []
    const ids: unknown[] = []
    let next: 'stream' | 'away' | 'refused' = 'stream'
    const server = await startRawServer((seen, reply) => {
      if (next === 'refused') return refuse(seen, reply, -32603, undefined, 200)
      if (next === 'away') return reply.text('', 503)
      ids.push(seen.message.id)
      const stream = reply.stream()
      streams.push(stream)
      stream.write(event(acknowledgement(seen)))
    })
    const link = open(server.url)
    const notifications = { toolsListChanged: true, promptsListChanged: false, resourceSubscriptions: ['note://1'] }
    link.send({
      jsonrpc: '2.0',
      id: 'sub',
      method: 'subscriptions/listen',
      params: { notifications, _meta: modernMeta() },
    })
    await until(() => link.delivered.length === 1)
    const methods = () => link.delivered.map((line) => JSON.parse(line).method as string | undefined)
    return { server, link, streams, ids, methods, set: (what: typeof next) => (next = what) }
  }
  const notices = ['notifications/tools/list_changed', 'notifications/resources/updated']

  test('a stream that breaks is asked for again under the client’s own id, and what may be missed is told', async () => {
    const { link, streams, ids, methods, set } = await startNews()
    set('away')
    streams[0]?.cut()
    await until(() => link.delivered.length === 1)
    set('stream')
    await until(() => methods().length === 3)
    expect(ids).toEqual(['sub', 'sub'])
    expect(methods()).toEqual(['notifications/subscriptions/acknowledged', ...notices])
    expect(JSON.parse(link.delivered[2] ?? '').params).toEqual({
      uri: 'note://1',
      _meta: { [metaKeys.subscription]: 'sub' },
    })
    streams[1]?.write(
      event({ jsonrpc: '2.0', method: notices[0], params: { _meta: { [metaKeys.subscription]: 'sub' } } }),
    )
    await until(() => methods().length === 4)
    expect(link.failed).toEqual([])
  })

  test('edge 21, waking up asks for every stream anew', async () => {
    const { link, ids, methods } = await startNews()
    link.link.wake?.()
    await until(() => methods().length === 3)
    expect(ids).toEqual(['sub', 'sub'])
  })

  test('a cancel ends it for good', async () => {
    const { link, streams, server } = await startNews()
    link.notify('notifications/cancelled', { requestId: 'sub' })
    streams[0]?.cut()
    await delay(150)
    expect(server.posts()).toHaveLength(1)
    expect(link.failed).toEqual([])
  })

  test.each([
    ['a result', { jsonrpc: '2.0', id: 'sub', result: { resultType: 'complete' } }],
    ['a cancel of its own', { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'sub' } }],
  ])('the server ends it by %s: the client is told, and it is not asked for again', async (_, last) => {
    const { link, streams, server } = await startNews()
    streams[0]?.write(event(last))
    streams[0]?.end()
    await until(() => link.delivered.length === 2)
    expect(JSON.parse(link.delivered[1] ?? '')).toEqual(last)
    await delay(150)
    expect(server.posts()).toHaveLength(1)
    expect(link.failed).toEqual([])
  })

  test('a server that no longer has it says so, and that is the end', async () => {
    const { link, streams, set } = await startNews()
    set('refused')
    streams[0]?.cut()
    expect(await link.outcome('sub')).toMatchObject({ error: { code: -32603 } })
  })

  test('one that is refused at once is told at once', async () => {
    const server = await startRawServer((_, reply) => reply.text('', 503))
    const link = open(server.url)
    expect((await link.ask(1, 'subscriptions/listen', { notifications: {} })).error).toBeDefined()
    expect(server.posts()).toHaveLength(1)
  })
})

describe('1.2: the revision is a property of each message', () => {
  test('messages of both kinds on one connection reach the same server, each in its own way', async () => {
    const legacy = streamable((_, reply) => reply.result({ kind: 'legacy' }))
    const server = await startRawServer((seen, reply) =>
      seen.headers['mcp-method'] ? reply.result({ kind: 'modern' }) : legacy(seen, reply),
    )
    const link = open(server.url)
    expect(await link.ask(1, 'prompts/list')).toMatchObject({ result: { kind: 'modern' } })
    await link.initialize()
    expect(await link.request(2, 'prompts/list')).toMatchObject({ result: { kind: 'legacy' } })
    expect(await link.ask(3, 'prompts/list')).toMatchObject({ result: { kind: 'modern' } })
    expect(await link.request(4, 'server/discover')).toMatchObject({ result: { kind: 'legacy' } })
    const sessions = server.posts().map(({ headers }) => headers['mcp-session-id'])
    expect(sessions).toEqual([undefined, undefined, undefined, 's-1', 's-1', undefined, 's-1'])
  })
})

describe('1.4: modern client, older server', () => {
  test.each([
    ['400 with words of its own', 400, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"No session"}}'],
    ['404 without any', 404, ''],
    ['405 with a page', 405, '<html>'],
  ])('server/discover gets -32601 where the server answers %s, and from then on at once', async (_, status, body) => {
    const server = await startRawServer((_seen, reply) => reply.text(body, status))
    const known = new Map<string, EraVerdict>()
    const memory = {
      recallEra: (url: string) => known.get(url),
      rememberEra: (url: string, verdict: EraVerdict) => void known.set(url, verdict),
    }
    const missing = { error: { code: -32601, message: 'Method not found' } }
    expect(await open(server.url, memory).ask(1, 'server/discover')).toEqual(missing)
    const again = open(server.url, memory)
    expect(await again.ask(1, 'server/discover')).toEqual(missing)
    expect(await again.ask(2, 'tools/list')).toMatchObject({
      error: { code: -32022, data: { requested: '2026-07-28', supported: expect.arrayContaining(['2025-11-25']) } },
    })
    expect(server.requests).toHaveLength(1)
  })

  test.each([401, 403, 500, 503])(
    '%i says nothing about revisions: the reason is told, nothing is remembered',
    async (status) => {
      const server = await startRawServer((_, reply) => reply.text('', status))
      const known: EraVerdict[] = []
      const link = open(server.url, { rememberEra: (_, verdict) => void known.push(verdict) })
      expect(codeOf(await link.ask(1, 'server/discover'))).toMatch(/^bridge\./)
      expect(known).toEqual([])
    },
  )

  test('-32602 may come from a server of any revision: handed on, nothing remembered', async () => {
    const server = await startRawServer((seen, reply) => refuse(seen, reply, -32602))
    const known: EraVerdict[] = []
    const link = open(server.url, { rememberEra: (_, verdict) => void known.push(verdict) })
    expect(await link.ask(1, 'server/discover')).toMatchObject({ error: { code: -32602 } })
    expect(known).toEqual([])
  })

  test.each([
    { transport: 'sse', url: 'http://127.0.0.1:1/sse' },
    { transport: 'sse-split', streamUrl: 'http://127.0.0.1:1/events', messageUrl: 'http://127.0.0.1:1/rpc' },
  ])('on $transport it is said at once, without asking', async (endpoint) => {
    const link = openTestLink(endpoint)
    expect(await link.request(1, 'server/discover', { _meta: modernMeta() })).toEqual({
      error: { code: -32601, message: 'Method not found' },
    })
    expect(await link.request(2, 'tools/list', { _meta: modernMeta() })).toMatchObject({ error: { code: -32022 } })
  })

  test('where configuration says so, nobody is asked', async () => {
    const link = openTestLink({ transport: 'http', url: 'http://127.0.0.1:1/mcp', era: 'legacy' })
    expect(await link.request(1, 'server/discover', { _meta: modernMeta() })).toMatchObject({ error: { code: -32601 } })
  })
})
