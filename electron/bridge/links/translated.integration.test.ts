import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { metaKeys } from '../revision.ts'
import { acknowledgement, discovered, modernOnly, refuse } from './modern-raw.ts'
import { event, type Handler, type Reply, type Seen, startRawServer } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

type Json = Record<string, unknown>
const done = { resultType: 'complete', content: [], ttlMs: 1, cacheScope: 'private' }
const ask = (inputRequests: Json | undefined, requestState?: string) => ({
  resultType: 'input_required',
  ...(inputRequests ? { inputRequests } : {}),
  ...(requestState === undefined ? {} : { requestState }),
})
const roots = { method: 'roots/list' }
const tools = ['a', 'b', 'echo'].map((name) => ({
  name,
  inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
}))

/** A client that opened its session with a server of 2026-07-28 only. */
async function connect(rest: Handler, capabilities: Json = { roots: {} }) {
  const server = await startRawServer(modernOnly(rest, () => tools))
  const link = openTestLink({ transport: 'http', url: `${server.url}/mcp` }, { recallEra: () => undefined })
  const opened = await link.request('init', 'initialize', {
    protocolVersion: '2025-06-18',
    capabilities,
    clientInfo: { name: 'tester', version: '1.2.3' },
  })
  const posts = (method: string) => server.posts(method)
  /** Requests of the server the client has been sent so far. */
  const questions = () => link.delivered.map((line) => JSON.parse(line)).filter((each) => each.method && each.id)
  const answer = (id: unknown, result: Json) => link.send({ jsonrpc: '2.0', id, result })
  return { ...link, server, opened, posts, questions, answer }
}
const contentOf = ({ result }: { result?: Json }) => ((result?.content ?? []) as Json[])[0]
const metaOf = (seen: Seen | undefined) => seen?.message.params?._meta as Json

describe('1.3.1: initialize', () => {
  test('is answered from server/discover, in the client’s revision; initialized is not passed on', async () => {
    const link = await connect((_, reply) => reply.result(done))
    expect(link.opened).toEqual({
      jsonrpc: '2.0',
      id: 'init',
      result: {
        protocolVersion: '2025-06-18',
        capabilities: discovered.capabilities,
        serverInfo: { name: 'raw', version: '1' },
        _meta: { [metaKeys.version]: '2026-07-28' },
      },
    })
    link.notify('notifications/initialized')
    await until(() => link.posts('subscriptions/listen').length === 1)
    expect(link.posts('initialize')).toEqual([])
    expect(link.posts('notifications/initialized')).toEqual([])
  })
})

describe('1.3.2: every request says who asks', () => {
  test('its revision, its name, its capabilities, and the level of 1.3.4; what it brings along stays', async () => {
    const link = await connect((_, reply) => reply.result(done), { roots: { listChanged: true }, tasks: {} })
    await link.request(1, 'prompts/get', { name: 'p', _meta: { progressToken: 7 } })
    await link.request(2, 'logging/setLevel', { level: 'debug' })
    await link.request(3, 'own/method')
    const sender = {
      [metaKeys.version]: '2026-07-28',
      [metaKeys.clientInfo]: { name: 'tester', version: '1.2.3' },
      [metaKeys.capabilities]: { roots: { listChanged: true } },
    }
    expect(metaOf(link.posts('prompts/get')[0])).toEqual({ ...sender, progressToken: 7 })
    expect(link.posts('prompts/get')[0]?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'prompts/get',
      'mcp-name': 'p',
    })
    expect(metaOf(link.posts('own/method')[0])).toEqual({ ...sender, [metaKeys.logLevel]: 'debug' })
  })
})

describe('1.3.3: questions in results', () => {
  test('are asked, and the call is repeated under a new id with the answers and the very same state', async () => {
    const link = await connect((seen, reply) => {
      if (seen.message.params?.inputResponses) return reply.result(done)
      const text = JSON.stringify({ jsonrpc: '2.0', id: seen.message.id, result: ask({ r: roots, s: roots }) })
      reply.text(text.replace('}}}}', '}},"requestState":"\\u0061\\/\\ud800"}}'), 200, {
        'content-type': 'application/json',
      })
    })
    link.send('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"n":1.0}}}')
    await until(() => link.questions().length === 2)
    const [first, second] = link.questions()
    link.send(`{"jsonrpc":"2.0","id":${JSON.stringify(second.id)},"result":{"roots":[],"n":12345678901234567890}}`)
    await delay(20)
    expect(link.posts('tools/call')).toHaveLength(1)
    link.answer(first.id, { roots: [1] })
    expect(await link.outcome(1)).toEqual({ jsonrpc: '2.0', id: 1, result: { content: [] } })
    const [before, after] = link.posts('tools/call')
    expect(after?.message.id).not.toBe(before?.message.id)
    expect(after?.body).toContain('"r":{"roots":[1]},"s":{"roots":[],"n":12345678901234567890}')
    expect(after?.body).toContain('"requestState":"\\u0061\\/\\ud800"')
    expect(after?.body).toContain('"arguments":{"n":1.0}')
    expect(before?.body).not.toContain('requestState')
  })

  test('no state is sent where none came, and none of an earlier round', async () => {
    const link = await connect((_, reply) => {
      const calls = link.posts('tools/call').length
      if (calls === 3) return reply.result(done)
      reply.result(calls === 1 ? ask({ r: roots }, 'first') : ask({ q: roots }))
    })
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } })
    for (const round of [1, 2]) {
      await until(() => link.questions().length === round)
      link.answer(link.questions()[round - 1].id, { roots: [round] })
    }
    await link.outcome(1)
    const [, second, third] = link.posts('tools/call').map(({ message }) => message.params)
    expect(second).toMatchObject({ inputResponses: { r: { roots: [1] } }, requestState: 'first' })
    expect(third).toMatchObject({ inputResponses: { q: { roots: [2] } } })
    expect(third).not.toHaveProperty('requestState')
    expect(third?.inputResponses).toEqual({ q: { roots: [2] } })
  })

  test('a result with only a state is repeated without asking', async () => {
    const link = await connect((seen, reply) =>
      reply.result(seen.message.params?.requestState === 's' ? done : ask(undefined, 's')),
    )
    expect(await link.call(1, 'a')).toMatchObject({ result: { content: [] } })
    expect(link.posts('tools/call')).toHaveLength(2)
  })

  test('calls in parallel keep their questions and states apart', async () => {
    const link = await connect(({ message }, reply) => {
      const { name, inputResponses, requestState } = message.params ?? {}
      if (!inputResponses) return reply.result(ask({ r: roots }, `state of ${name}`))
      reply.result({ ...done, content: [{ name, inputResponses, requestState }] })
    })
    for (const [id, name] of [
      [1, 'a'],
      [2, 'b'],
    ])
      link.send({ jsonrpc: '2.0', id: id as number, method: 'tools/call', params: { name: name as string } })
    await until(() => link.questions().length === 2)
    const [first, second] = link.questions()
    link.answer(second.id, { roots: ['second'] })
    link.answer(first.id, { roots: ['first'] })
    const contents = await Promise.all([1, 2].map(async (id) => contentOf(await link.outcome(id))))
    expect(contents).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'a', requestState: 'state of a' }),
        expect.objectContaining({ name: 'b', requestState: 'state of b' }),
      ]),
    )
    const answered = contents.map((content) => JSON.stringify(content?.inputResponses))
    expect(answered.toSorted()).toEqual(['{"r":{"roots":["first"]}}', '{"r":{"roots":["second"]}}'])
  })

  test('a question the client never said it can take fails the call, and is not asked', async () => {
    const link = await connect((_, reply) => reply.result(ask({ q: { method: 'elicitation/create', params: {} } })))
    const answer = await link.call(1, 'a')
    expect(codeOf(answer)).toBe('bridge.question-unanswered')
    expect(answer.error?.message).toContain('elicitation/create')
    expect(link.questions()).toEqual([])
    expect(link.posts('tools/call')).toHaveLength(1)
  })

  test('a question the client refuses fails the call, and its other questions are withdrawn', async () => {
    const link = await connect((_, reply) => reply.result(ask({ r: roots, s: roots })))
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } })
    await until(() => link.questions().length === 2)
    const [first, second] = link.questions()
    link.send({ jsonrpc: '2.0', id: first.id, error: { code: -1, message: 'The person said no' } })
    const answer = await link.outcome(1)
    expect(codeOf(answer)).toBe('bridge.question-unanswered')
    expect(answer.error?.message).toContain('The person said no')
    expect(link.delivered.map((line) => JSON.parse(line))).toContainEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: second.id, reason: expect.any(String) },
    })
    link.answer(second.id, { roots: [] })
    await delay(20)
    expect(link.posts('tools/call')).toHaveLength(1)
  })

  test('ten rounds are enough', async () => {
    const link = await connect((_, reply) => reply.result(ask({ r: roots })))
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } })
    for (let round = 1; round <= 10; round += 1) {
      await until(() => link.questions().length === round)
      link.answer(link.questions()[round - 1].id, { roots: [] })
    }
    const answer = await link.outcome(1)
    expect(codeOf(answer)).toBe('bridge.bad-answer')
    expect(link.posts('tools/call')).toHaveLength(11)
    expect(link.questions()).toHaveLength(10)
  })

  test('questions to a request that must not have any are no answer', async () => {
    const link = await connect((_, reply) => reply.result(ask({ r: roots })))
    expect(codeOf(await link.request(1, 'prompts/list'))).toBe('bridge.bad-answer')
  })
})

describe('1.3.4: what the server has no word for', () => {
  type Stream = ReturnType<Reply['stream']>
  async function withNews(first?: Handler) {
    const streams: { seen: Seen; stream: Stream; isClosed: boolean }[] = []
    let other = first
    const link = await connect((seen, reply) => {
      if (seen.message.method !== 'subscriptions/listen') return reply.result(done)
      if (other) {
        const once = other
        other = undefined
        return once(seen, reply)
      }
      const record = { seen, stream: reply.stream(), isClosed: false }
      reply.response.on('close', () => {
        record.isClosed = true
      })
      streams.push(record)
      record.stream.write(event(acknowledgement(seen)))
    })
    const tell = (at: number, method: string, params: Json = {}) => {
      const meta = { [metaKeys.subscription]: streams[at]?.seen.message.id }
      streams[at]?.stream.write(event({ jsonrpc: '2.0', method, params: { ...params, _meta: meta } }))
    }
    const news = () => link.delivered.map((line) => JSON.parse(line)).filter((each) => each.method && !each.id)
    const filters = () => streams.map(({ seen }) => seen.message.params?.notifications)
    return { ...link, streams, tell, news, filters }
  }
  const changed = 'notifications/tools/list_changed'
  const updated = 'notifications/resources/updated'

  test('ping and logging/setLevel are answered here', async () => {
    const link = await connect((seen, reply) => refuse(seen, reply, -32601))
    expect(await link.request(1, 'ping')).toMatchObject({ result: {} })
    expect(await link.request(2, 'logging/setLevel', { level: 'info' })).toMatchObject({ result: {} })
    expect(await link.request(3, 'logging/setLevel')).toMatchObject({ error: { code: -32602 } })
    expect(link.posts('ping')).toEqual([])
  })

  test('one subscription for all the server offers; its mark does not reach the client', async () => {
    const link = await withNews()
    link.notify('notifications/initialized')
    await until(() => link.streams.length === 1)
    expect(link.filters()).toEqual([{ toolsListChanged: true }])
    link.tell(0, changed)
    await until(() => link.news().length === 1)
    expect(link.news()).toEqual([{ jsonrpc: '2.0', method: changed, params: { _meta: {} } }])
  })

  test('a changed set of resources exchanges it: the new one first, then the old one is let go', async () => {
    const link = await withNews()
    link.notify('notifications/initialized')
    await until(() => link.streams.length === 1)
    expect(await link.request(1, 'resources/subscribe', { uri: 'note://1' })).toMatchObject({ result: {} })
    await until(() => link.streams[0]?.isClosed)
    expect(link.filters()[1]).toEqual({ toolsListChanged: true, resourceSubscriptions: ['note://1'] })
    link.tell(1, updated, { uri: 'note://1' })
    await until(() => link.news().length === 1)
    expect(await link.request(2, 'resources/unsubscribe', { uri: 'note://1' })).toMatchObject({ result: {} })
    await until(() => link.streams.length === 3 && link.streams[1]?.isClosed)
    expect(link.filters()[2]).toEqual({ toolsListChanged: true })
    expect(link.failed).toEqual([])
  })

  test('a resource the server does not take into it is an error', async () => {
    const link = await withNews((seen, reply) => {
      const stream = reply.stream()
      stream.write(event({ ...acknowledgement(seen), params: { _meta: { [metaKeys.subscription]: seen.message.id } } }))
    })
    expect(await link.request(1, 'resources/subscribe', { uri: 'note://1' })).toMatchObject({ error: { code: -32601 } })
  })

  test('a refusal of the server is the client’s answer', async () => {
    const link = await withNews((seen, reply) => refuse(seen, reply, -32603, undefined, 200))
    expect(await link.request(1, 'resources/subscribe', { uri: 'note://1' })).toMatchObject({
      error: { code: -32603, message: 'no' },
    })
    expect(await link.request(2, 'resources/subscribe', {})).toMatchObject({ error: { code: -32602 } })
  })

  test.each([
    ['breaks', (stream: Stream) => stream.cut()],
    [
      'is ended by the server',
      (stream: Stream, { message }: Seen) => {
        stream.write(event({ jsonrpc: '2.0', id: message.id, result: { resultType: 'complete' } }))
        stream.end()
      },
    ],
  ])('after it %s it is opened again, and what may have been missed is told', async (_, end) => {
    const link = await withNews()
    link.notify('notifications/initialized')
    expect(await link.request(1, 'resources/subscribe', { uri: 'note://1' })).toMatchObject({ result: {} })
    await until(() => link.streams.length === 2 && link.streams[0]?.isClosed)
    const last = link.streams[1]
    if (last) end(last.stream, last.seen)
    await until(() => link.news().length === 2)
    expect(link.streams).toHaveLength(3)
    expect(link.news().map(({ method, params }) => [method, params.uri])).toEqual([
      [changed, undefined],
      [updated, 'note://1'],
    ])
    link.tell(2, changed)
    await until(() => link.news().length === 3)
  })
})

describe('1.3.5: cancels', () => {
  test('end the exchange; nothing is posted', async () => {
    const closed: string[] = []
    const link = await connect(({ message }, reply) => {
      reply.stream()
      reply.response.on('close', () => closed.push(String(message.params?.name)))
    })
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } })
    await until(() => link.posts('tools/call').length === 1)
    for (const requestId of ['1', 2, 1, 1]) link.notify('notifications/cancelled', { requestId })
    await until(() => closed.length === 1)
    link.notify('notifications/roots/list_changed')
    await link.request(2, 'ping')
    expect(link.server.posts().filter(({ message }) => message.method?.startsWith('notifications/'))).toEqual([])
    expect(link.failed).toEqual([])
    expect(link.find(1)).toBeUndefined()
  })

  test('while the client is asked, they withdraw the question', async () => {
    const link = await connect((_, reply) => reply.result(ask({ r: roots })))
    link.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } })
    await until(() => link.questions().length === 1)
    link.notify('notifications/cancelled', { requestId: 1 })
    const { id } = link.questions()[0]
    await until(() => link.delivered.some((line) => line.includes('notifications/cancelled') && line.includes(id)))
    link.answer(id, { roots: [] })
    await link.request(2, 'ping')
    expect(link.posts('tools/call')).toHaveLength(1)
    expect(link.failed).toEqual([])
  })
})

describe('1.3.6: results', () => {
  test('a task, which nobody asked for, is an error; so is a kind nobody knows', async () => {
    const link = await connect(({ message }, reply) => reply.result({ resultType: message.params?.name, taskId: 't' }))
    for (const name of ['task', 'wonder']) {
      const answer = await link.call(name, name)
      expect(codeOf(answer)).toBe('bridge.bad-answer')
      expect(answer.error?.message).toContain(name)
    }
  })
  test('an unknown resource has the code older clients know', async () => {
    const link = await connect((seen, reply) => refuse(seen, reply, -32602, { uri: 'note://9' }, 200))
    expect(await link.request(1, 'resources/read', { uri: 'note://9' })).toMatchObject({
      error: { code: -32002, data: { uri: 'note://9' } },
    })
  })
  test('errors keep their code and all they say', async () => {
    const link = await connect((seen, reply) => refuse(seen, reply, -32021, { requiredCapabilities: { sampling: {} } }))
    expect(await link.call(1, 'a')).toMatchObject({
      error: { code: -32021, message: 'no', data: { requiredCapabilities: { sampling: {} } } },
    })
  })
})

test('1.3.7: marked parameters are mirrored, though the client knows nothing of them', async () => {
  const link = await connect((_, reply) => reply.result(done))
  await link.call(1, 'a', { region: 'Zürich' })
  expect(link.posts('tools/call')[0]?.headers).toMatchObject({
    'mcp-name': 'a',
    'mcp-param-region': '=?base64?WsO8cmljaA==?=',
  })
})

test('progress reaches the client before the answer, under its own token', async () => {
  const link = await connect(({ message }, reply) => {
    const stream = reply.stream()
    const { progressToken } = (message.params?._meta ?? {}) as { progressToken?: unknown }
    for (const progress of [1, 2])
      stream.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress } }))
    stream.write(event({ jsonrpc: '2.0', id: message.id, result: done }))
    stream.end()
  })
  await link.request(1, 'prompts/get', { name: 'p', _meta: { progressToken: '\u0000 x' } })
  expect(link.delivered.slice(1).map((line) => JSON.parse(line).params?.progressToken)).toEqual([
    '\u0000 x',
    '\u0000 x',
    undefined,
  ])
})

test('an id that is still running is refused, and ids come back as they were', async () => {
  const link = await connect((_, reply) => reply.result(done))
  link.send('{"jsonrpc":"2.0","id":1,"method":"prompts/list"}')
  link.send('{"jsonrpc":"2.0","id":1,"method":"prompts/list"}')
  link.send('{"jsonrpc":"2.0","id":"1","method":"prompts/list"}')
  await until(() => link.delivered.length === 3)
  expect(link.failed).toMatchObject([{ id: '1', error: { code: -32600 } }])
  expect(link.delivered.slice(1).map((line) => JSON.parse(line).id)).toEqual(expect.arrayContaining([1, '1']))
})
