import { createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ServerConfig } from '../../../shared/server-config.ts'
import { toSettings } from './link-options.ts'
import { event, startRawServer, streamable } from './raw-server.ts'
import { createSharedServers } from './shared-servers.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

const impatient = { headersMs: 150, streamHeadersMs: 150 }
const open = (url: string, transport = 'http', options = {}) =>
  openTestLink(
    { transport, url: `${url}/mcp`, ...(transport === 'http' ? { era: 'legacy' } : {}) },
    { timings: impatient, ...options },
  )

/** A server that takes connections and answers with `say`, byte by byte, for ever. */
async function startTrickle(say: string) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let at = 0
    const timer = setInterval(() => at < say.length && socket.write(say[at++] ?? ''), 20)
    socket.on('close', () => clearInterval(timer)).on('error', () => {})
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return `http://127.0.0.1:${port}`
}

test.each([
  ['nothing', ''],
  ['its headers byte by byte', `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(10_000)}`],
])('edge 20, case 41: a server that answers initialize with %s is given up in time', async (_what, say) => {
  const link = open(await startTrickle(say))
  const answer = await link.initialize()
  expect(codeOf(answer)).toBe('bridge.timeout')
  expect(answer.error?.message).toContain('127.0.0.1')
})

test('edge 20, case 41: over HTTP+SSE too, for the stream as for the message', async () => {
  const link = open(await startTrickle(''), 'sse')
  expect(codeOf(await link.initialize())).toBe('bridge.timeout')
})

test('edge 9, edge 20: a notification that is never answered lets its connection go, and nothing waits for it', async () => {
  let gone = 0
  const server = await startRawServer(
    streamable(({ message }, reply) => {
      if (message.method !== 'notifications/x') return reply.result()
      reply.response.on('close', () => {
        gone += 1
      })
    }),
  )
  const link = open(server.url)
  await link.initialize()
  link.notify('notifications/x')
  expect(await link.call(1)).toMatchObject({ result: {} })
  await until(() => gone === 1)
})

test('edge 20: a call may take as long as it likes before its first byte, and its stream may say nothing', async () => {
  const server = await startRawServer(
    streamable(async ({ message }, reply) => {
      if (message.params?.name === 'late') await delay(600)
      if (message.params?.name !== 'quiet') return reply.result()
      const stream = reply.stream()
      await delay(600)
      stream.write(event({ jsonrpc: '2.0', id: message.id, result: {} }))
    }),
  )
  const link = open(server.url)
  await link.initialize()
  const [late, quiet] = await Promise.all([link.call(1, 'late'), link.call(2, 'quiet')])
  expect([late, quiet]).toMatchObject([{ result: {} }, { result: {} }])
  expect(server.posts('tools/call')).toHaveLength(2)
})

test('edge 20, pain 6: a GET stream that stands is never cut for its silence; one that does not come up is asked for again', async () => {
  let opened = 0
  const server = await startRawServer(async (seen, reply) => {
    if (seen.method !== 'GET') return streamable(() => reply.result())(seen, reply)
    opened += 1
    if (opened === 1) return
    const stream = reply.stream()
    await delay(1_000)
    stream.write(event({ jsonrpc: '2.0', method: 'notifications/late' }))
  })
  const link = open(server.url)
  await link.initialize()
  await until(() => link.delivered.find((line) => line.includes('notifications/late')))
  expect(opened).toBe(2)
})

test('case 42: an answer that says beforehand that it is too large is not read', async () => {
  let isGone = false
  const bytes = 100 * 1024 * 1024
  const server = await startRawServer(
    streamable(({ message }, { response, result }) => {
      if (message.params?.name !== 'large') return result()
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes })
      response.write(Buffer.alloc(1024 * 1024, 0x20))
      response.on('close', () => {
        isGone = true
      })
    }),
  )
  const link = open(server.url)
  await link.initialize()
  const answer = await link.call(1, 'large')
  expect(codeOf(answer)).toBe('bridge.answer-too-large')
  expect(answer.error?.message).toContain('100 MB, the limit is 64 MB')
  await until(() => isGone)
  expect(await link.call(2)).toMatchObject({ result: {} })
})

test('edge 20: a server’s own limits are taken from its configuration', () => {
  const limits = { callSeconds: 2.5, headerSeconds: 7 }
  const { limits: read } = ServerConfig.parse({
    id: 'a',
    name: 'A',
    endpoint: { transport: 'http', url: 'https://a.example' },
    limits,
  })
  const options = { dispatcher: { request: () => Promise.reject() }, shared: createSharedServers({ version: '0' }) }
  expect(toSettings(options, read).timings).toMatchObject({ requestMs: 2500, headersMs: 7000 })
  expect(toSettings(options).timings).toMatchObject({ requestMs: 0, headersMs: 60_000 })
})
