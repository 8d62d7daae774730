import { expect, test } from 'vitest'
import type { Verdict } from './link-options.ts'
import { event, type Handler, initialized, type Reply, startRawServer, streamable } from './raw-server.ts'
import { codeOf, openTestLink } from './test-link.ts'

/** An older server: only GET opens anything at this address. */
function olderServer(status = 405): Handler {
  let stream: ReturnType<Reply['stream']> | null = null
  return (seen, reply) => {
    if (seen.path === '/mcp') {
      if (seen.method !== 'GET') return reply.text('', status)
      stream = reply.stream()
      return stream.write('event: endpoint\ndata: /messages\n\n')
    }
    reply.text('', 202)
    const { id, method } = seen.message
    if (id !== undefined)
      stream?.write(event({ jsonrpc: '2.0', id, result: method === 'initialize' ? initialized : {} }))
  }
}

/** Opens links that share what was found out, as the hub does. */
function createMemory(now = new Date()) {
  const verdicts = new Map<string, Verdict>()
  const state = { now }
  return {
    verdicts,
    state,
    open: (url: string) =>
      openTestLink(
        { transport: 'auto', url: `${url}/mcp` },
        {
          recall: (key) => verdicts.get(key),
          remember: (key, verdict) => void verdicts.set(key, verdict),
          now: () => state.now,
        },
      ),
  }
}

test('Streamable HTTP is tried first, and remembered', async () => {
  const server = await startRawServer(streamable((_, reply) => reply.result()))
  const memory = createMemory()
  const link = memory.open(server.url)
  await link.initialize()
  await link.call(1)
  expect([...memory.verdicts]).toMatchObject([[`${server.url}/mcp`, { transport: 'http' }]])
  expect(server.posts('initialize')).toHaveLength(1)
})

test.each([400, 404, 405])(
  'a server that answers the POST with %i is asked for an endpoint, and nothing is lost',
  async (status) => {
    const server = await startRawServer(olderServer(status))
    const memory = createMemory()
    const link = memory.open(server.url)
    expect(await link.initialize()).toMatchObject({ result: initialized })
    expect(await link.call(1)).toMatchObject({ result: {} })
    expect([...memory.verdicts.values()]).toMatchObject([{ transport: 'sse' }])
    expect(link.failed).toEqual([])
    expect(server.posts().map(({ path, message }) => `${path} ${message.method}`)).toEqual([
      '/mcp initialize',
      '/messages initialize',
      '/messages notifications/initialized',
      '/messages tools/call',
    ])
  },
)

test('the verdict is used for a day, and then found out anew', async () => {
  const server = await startRawServer(olderServer())
  const memory = createMemory()
  await memory.open(server.url).initialize()
  await memory.open(server.url).initialize()
  expect(server.posts().filter(({ path }) => path === '/mcp')).toHaveLength(1)
  memory.state.now = new Date(memory.state.now.getTime() + 25 * 60 * 60 * 1000)
  await memory.open(server.url).initialize()
  expect(server.posts().filter(({ path }) => path === '/mcp')).toHaveLength(2)
})

test('a server that was upgraded since is found out at once', async () => {
  const server = await startRawServer(streamable((_, reply) => reply.result()))
  const memory = createMemory()
  memory.verdicts.set(`${server.url}/mcp`, { transport: 'sse', at: memory.state.now.toISOString() })
  const link = memory.open(server.url)
  expect(await link.initialize()).toMatchObject({ result: initialized })
  expect([...memory.verdicts.values()]).toMatchObject([{ transport: 'http' }])
})

test('a server that is neither says what it answered to the POST', async () => {
  const server = await startRawServer((_, reply) => reply.text('<html>', 404))
  const memory = createMemory()
  const answer = await memory.open(server.url).initialize()
  expect(codeOf(answer)).toBe('bridge.refused')
  expect(answer.error?.message).toContain('HTTP 404')
  expect(memory.verdicts.size).toBe(0)
})

test.each([401, 403, 500, 503])(
  '%i is no evidence of anything: nothing else is tried, nothing remembered',
  async (status) => {
    const server = await startRawServer((_, reply) => reply.text('', status))
    const memory = createMemory()
    expect((await memory.open(server.url).initialize()).error).toBeDefined()
    expect(server.requests.every(({ method }) => method === 'POST')).toBe(true)
    expect(memory.verdicts.size).toBe(0)
  },
)

test('a server of a revision newer than all we know is no older server: the error says what it speaks', async () => {
  const error = { code: -32022, message: 'Unsupported protocol version', data: { supported: ['2031-01-01'] } }
  const server = await startRawServer(({ message }, reply) =>
    reply.json({ jsonrpc: '2.0', id: message.id, error }, 400),
  )
  const answer = await createMemory().open(server.url).initialize()
  expect(codeOf(answer)).toBe('bridge.modern-only')
  expect(answer.error?.message).toContain('speaks only 2031-01-01')
  expect(server.posts().map(({ message }) => message.method)).toEqual(['initialize', 'server/discover'])
  expect(server.requests.every(({ method }) => method === 'POST')).toBe(true)
})
