import { describe, expect, test } from 'vitest'
import type { EraVerdict } from './link-options.ts'
import { modernOnly, refuse } from './modern-raw.ts'
import { type Handler, initialized, startRawServer, streamable } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

/** Links that share what was found out, as the links of one account do. */
function createMemory() {
  const verdicts = new Map<string, EraVerdict>()
  const state = { now: new Date() }
  return {
    verdicts,
    state,
    open: (url: string, endpoint: Record<string, unknown> = {}, holdMs = 20_000) =>
      openTestLink(
        { transport: 'http', url: `${url}/mcp`, ...endpoint },
        {
          recallEra: (key) => verdicts.get(key),
          rememberEra: (key, verdict) => void verdicts.set(key, verdict),
          now: () => state.now,
          timings: { holdMs },
        },
      ),
  }
}
const speaks = (memory: ReturnType<typeof createMemory>) => [...memory.verdicts.values()].map((each) => each.speaks)
const methodsOf = (server: Awaited<ReturnType<typeof startRawServer>>) =>
  server.posts().map(({ message }) => message.method)

const legacyAnswer: Handler = (_, reply) => reply.result({ kind: 'legacy' })
const modernAnswer: Handler = (_, reply) => reply.result({ resultType: 'complete', kind: 'modern' })
/** Both kinds of revisions at one address; `session` is what older clients get, `status` a stream without one. */
function bothKinds(session: string | null, status = session === null ? 405 : 400): Handler {
  const modern = modernOnly(modernAnswer)
  const legacy = streamable(legacyAnswer, () => session)
  return (seen, reply) => {
    if (seen.headers['mcp-method']) return modern(seen, reply)
    if (seen.method === 'GET' && !seen.headers['mcp-session-id']) return reply.text('', status)
    return legacy(seen, reply)
  }
}
/** Without sessions, and what it makes of a method it does not know. */
const stateless = (unknown: Handler) =>
  streamable(
    (seen, reply) => (seen.message.method === 'server/discover' ? unknown(seen, reply) : legacyAnswer(seen, reply)),
    () => null,
  )
const kindOf = async (link: ReturnType<ReturnType<typeof createMemory>['open']>) => {
  const opened = await link.initialize()
  if (opened.error) return opened
  return (await link.request(1, 'prompts/list')).result?.kind
}

describe('1.2: a client of the older revisions and a server of both', () => {
  test('a server that wants sessions is served in the older way, without asking for a day', async () => {
    const server = await startRawServer(bothKinds('s-1'))
    const memory = createMemory()
    expect(await kindOf(memory.open(server.url))).toBe('legacy')
    expect(speaks(memory)).toEqual(['both'])
    const opened = ['initialize', 'notifications/initialized', 'prompts/list']
    expect(methodsOf(server)).toEqual(['server/discover', ...opened])
    expect(await kindOf(memory.open(server.url))).toBe('legacy')
    expect(methodsOf(server)).toEqual(['server/discover', ...opened, ...opened])
  })

  test('one that seemed to want sessions and gives none is translated', async () => {
    const server = await startRawServer(bothKinds(null, 400))
    const memory = createMemory()
    expect(await kindOf(memory.open(server.url))).toBe('modern')
    expect(speaks(memory)).toEqual(['modern'])
  })

  test('a sign-in that runs out while it is found out is said, not what the older way ran into', async () => {
    let asked = 0
    const server = await startRawServer((seen, reply) => {
      if (seen.method === 'GET') return reply.text('', 404)
      if (seen.message.method !== 'server/discover') return refuse(seen, reply, -32022, { supported: ['2026-07-28'] })
      asked += 1
      return asked === 1 ? modernOnly(modernAnswer)(seen, reply) : reply.text('', 401)
    })
    const memory = createMemory()
    expect(codeOf(await memory.open(server.url).initialize())).toBe('bridge.unauthorized')
    expect(methodsOf(server).slice(0, 3)).toEqual(['server/discover', 'initialize', 'server/discover'])
  })

  test.each([405, 401, 500])('a server that gives none (%i) is translated; it is asked once a day', async (status) => {
    const server = await startRawServer(bothKinds(null, status))
    const memory = createMemory()
    expect(await kindOf(memory.open(server.url))).toBe('modern')
    expect(speaks(memory)).toEqual(['modern'])
    expect(await kindOf(memory.open(server.url))).toBe('modern')
    const streams = () => server.requests.filter(({ method, path }) => method === 'GET' && path === '/mcp')
    expect(streams()).toHaveLength(1)
    memory.state.now = new Date(memory.state.now.getTime() + 25 * 60 * 60 * 1000)
    expect(await kindOf(memory.open(server.url))).toBe('modern')
    expect(streams()).toHaveLength(2)
    expect(server.posts('initialize')).toEqual([])
  })

  test.each([
    ['404', (_seen, reply) => reply.text('', 404)],
    ['-32601', (seen, reply) => refuse(seen, reply, -32601, undefined, 200)],
    ['-32602, as the SDK for Python says it', (seen, reply) => refuse(seen, reply, -32602, undefined, 200)],
  ] satisfies [string, Handler][])(
    'an older server without sessions, which answers %s, is asked once a day',
    async (_, unknown) => {
      const server = await startRawServer(stateless(unknown))
      const memory = createMemory()
      expect(await kindOf(memory.open(server.url))).toBe('legacy')
      expect(await kindOf(memory.open(server.url))).toBe('legacy')
      expect(speaks(memory)).toEqual(['legacy'])
      expect(server.posts('server/discover')).toHaveLength(1)
      memory.state.now = new Date(memory.state.now.getTime() + 25 * 60 * 60 * 1000)
      expect(await kindOf(memory.open(server.url))).toBe('legacy')
      expect(server.posts('server/discover')).toHaveLength(2)
    },
  )

  test.each([
    ['401', (_seen, reply) => reply.text('', 401)],
    ['403', (_seen, reply) => reply.text('', 403)],
    ['500', (_seen, reply) => reply.text('', 500)],
    ['nothing at all', () => {}],
  ] satisfies [string, Handler][])(
    '%s to server/discover proves nothing: it goes on in the older way, and is not remembered',
    async (_, unknown) => {
      const server = await startRawServer(stateless(unknown))
      const memory = createMemory()
      expect(await kindOf(memory.open(server.url, {}, 300))).toBe('legacy')
      expect(speaks(memory)).toEqual([])
    },
  )

  test.each([
    ['legacy', 'legacy', ['initialize', 'notifications/initialized', 'prompts/list']],
    ['modern', 'modern', ['server/discover', 'prompts/list']],
  ])('configuration that says %s overrides all of it', async (era, kind, methods) => {
    const server = await startRawServer(bothKinds(null))
    const memory = createMemory()
    expect(await kindOf(memory.open(server.url, { era }))).toBe(kind)
    expect(methodsOf(server).filter((method) => method !== 'subscriptions/listen')).toEqual(methods)
  })
})

describe('1.2: a client of the older revisions and a server of 2026-07-28 only', () => {
  test.each([
    ['http', {}],
    ['auto', { transport: 'auto' }],
  ])('is translated over %s, and known from then on', async (_, endpoint) => {
    const server = await startRawServer(modernOnly(modernAnswer))
    const memory = createMemory()
    expect(await kindOf(memory.open(server.url, endpoint))).toBe('modern')
    expect(await kindOf(memory.open(server.url, endpoint))).toBe('modern')
    expect(server.posts('initialize')).toEqual([])
    expect(server.posts('server/discover')).toHaveLength(2)
  })

  test('one that has become modern within the day is found out when it refuses initialize', async () => {
    const server = await startRawServer(modernOnly(modernAnswer))
    const memory = createMemory()
    memory.verdicts.set(`${server.url}/mcp`, { speaks: 'both', at: memory.state.now.toISOString() })
    expect(await kindOf(memory.open(server.url))).toBe('modern')
    memory.verdicts.set(`${server.url}/mcp`, { speaks: 'legacy', at: memory.state.now.toISOString() })
    expect(await kindOf(memory.open(server.url))).toBe('modern')
  })

  test('one that has become an older server since is found out', async () => {
    const server = await startRawServer(
      streamable((seen, reply) =>
        seen.message.method === 'server/discover' ? reply.text('', 400) : legacyAnswer(seen, reply),
      ),
    )
    const memory = createMemory()
    memory.verdicts.set(`${server.url}/mcp`, { speaks: 'modern', at: memory.state.now.toISOString() })
    expect(await kindOf(memory.open(server.url))).toBe('legacy')
    expect(speaks(memory)).toEqual(['legacy'])
  })

  test('one that was known and is away says so, and stays known', async () => {
    const server = await startRawServer((_, reply) => reply.text('', 503))
    const memory = createMemory()
    memory.verdicts.set(`${server.url}/mcp`, { speaks: 'modern', at: memory.state.now.toISOString() })
    expect(codeOf(await memory.open(server.url).initialize())).toBe('bridge.server-error')
    expect(speaks(memory)).toEqual(['modern'])
    expect(server.posts('initialize')).toEqual([])
  })

  test('a refusal that has nothing to do with revisions is the client’s answer', async () => {
    const server = await startRawServer((seen, reply) => refuse(seen, reply, -32000, undefined, 400))
    const answer = await createMemory().open(server.url).initialize()
    expect(answer).toMatchObject({ error: { code: -32000, message: 'no' } })
  })

  test('a server that cannot be reached is not asked in a second way', async () => {
    const server = await startRawServer(() => {})
    await server.close()
    const memory = createMemory()
    expect(codeOf(await memory.open(server.url).initialize())).toBe('bridge.unreachable')
    expect(speaks(memory)).toEqual([])
  })

  test('what is said while it is not known how waits for the answer, and goes the way it came to', async () => {
    const server = await startRawServer(modernOnly(modernAnswer))
    const link = createMemory().open(server.url)
    const opened = link.initialize()
    expect((await link.request(1, 'prompts/list')).result).toEqual({ kind: 'modern' })
    expect(await opened).toMatchObject({ result: { serverInfo: { name: 'raw' } } })
    expect(server.posts().every(({ headers }) => headers['mcp-method'])).toBe(true)
  })
})

test('whoever leaves while the server is asked takes the question along, and nothing is asked after', async () => {
  let isGone = false
  const server = await startRawServer((_, reply) => void reply.response.on('close', () => (isGone = true)))
  const link = createMemory().open(server.url)
  const opened = link.initialize()
  await until(() => server.posts('server/discover').length === 1)
  await link.link.close()
  expect(codeOf(await opened)).toBe('bridge.interrupted')
  await until(() => isGone)
  expect(methodsOf(server)).toEqual(['server/discover'])
})

test('a second initialize opens a session anew, translated or not', async () => {
  const server = await startRawServer(modernOnly(modernAnswer))
  const link = createMemory().open(server.url)
  await link.initialize('first')
  expect(await link.initialize('second')).toMatchObject({ result: { serverInfo: { name: 'raw' } } })
  expect((await link.request(1, 'prompts/list')).result).toEqual({ kind: 'modern' })
  expect(server.posts('server/discover')).toHaveLength(2)
})

test('a client that tries server/discover first and then initialize gets both answers', async () => {
  const server = await startRawServer(streamable((seen, reply) => refuse(seen, reply, -32601, undefined, 404)))
  const link = createMemory().open(server.url)
  const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
  expect(await link.request(0, 'server/discover', { _meta: meta })).toMatchObject({ error: { code: -32601 } })
  expect(await link.initialize()).toMatchObject({ result: initialized })
})
