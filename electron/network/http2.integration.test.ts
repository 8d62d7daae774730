import { once } from 'node:events'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { expect, test } from 'vitest'
import { openTestLink } from '../bridge/links/test-link.ts'
import { createAuthority } from './testing/authority.ts'
import { startHttp2Server } from './testing/http2-server.ts'
import { openTestNetwork } from './testing/test-network.ts'
import { startTlsServer } from './testing/tls-server.ts'

type Handle = Parameters<typeof startHttp2Server>[1]

async function start(handle: Handle, mostStreams?: number) {
  const authority = createAuthority()
  const server = await startHttp2Server(authority.issue('mcp'), handle, mostStreams)
  const network = openTestNetwork({ caFiles: () => [authority.rootFile] })
  const post = (path: string, { body = '{}', signal }: { body?: Buffer | string; signal?: AbortSignal } = {}) => {
    const headers = { 'content-type': 'application/json', Authorization: 'Bearer t1' }
    return network.dispatcher.request({
      origin: server.url,
      path,
      method: 'POST',
      headers,
      body: Buffer.from(body),
      ...(signal ? { signal } : {}),
    })
  }
  return { server, network, post }
}
const answer = (stream: ServerHttp2Stream, text: string | Buffer) => {
  stream.respond({ ':status': 200, 'content-type': 'text/plain' })
  stream.end(text)
}
async function read(body: AsyncIterable<Buffer>) {
  const parts: Buffer[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}
const text = async (asked: Promise<{ body: AsyncIterable<Buffer> }>) => String(await read((await asked).body))

test('a thousand calls in flight share a dozen connections, and all are answered', { timeout: 60_000 }, async () => {
  const held: ServerHttp2Stream[] = []
  const { server, post } = await start((stream, path) => {
    if (path !== '/hold') return answer(stream, 'first')
    held.push(stream)
    if (held.length === 1000) for (const each of held) answer(each, 'held')
  })
  expect(await text(post('/'))).toBe('first')
  const answers = await Promise.all(Array.from({ length: 1000 }, () => text(post('/hold'))))
  expect(answers.every((each) => each === 'held')).toBe(true)
  expect(server.opened()).toBeLessThanOrEqual(12)
  expect(server.http1()).toBe(0)
})

test('an event stream is read event by event, and giving one up ends that stream alone', async () => {
  const streams: ServerHttp2Stream[] = []
  const { server, post } = await start((stream, path) => {
    if (path !== '/sse') return answer(stream, 'good')
    streams.push(stream)
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' })
    stream.write('data: 1\n\n')
  })
  const abort = new AbortController()
  const first = await post('/sse', { signal: abort.signal })
  const second = await post('/sse')
  const firstParts = first.body[Symbol.asyncIterator]()
  expect(String((await firstParts.next()).value)).toBe('data: 1\n\n')
  const closed = once(streams[0] as ServerHttp2Stream, 'close')
  abort.abort()
  await closed
  expect(streams[0]?.rstCode).toBe(constants.NGHTTP2_CANCEL)
  streams[1]?.end('data: 2\n\n')
  expect(String(await read(second.body))).toBe('data: 1\n\ndata: 2\n\n')
  expect(await text(post('/'))).toBe('good')
  expect(server.opened()).toBe(1)
})

test('a request given up before its answer is refused with the reason, and the server hears of it', async () => {
  let hung: ServerHttp2Stream | null = null
  const abort = new AbortController()
  const { post } = await start((stream) => {
    hung = stream
    stream.on('close', () => {})
    abort.abort()
  })
  await expect(post('/', { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' })
  if (!(hung as ServerHttp2Stream | null)?.closed) await once(hung as unknown as ServerHttp2Stream, 'close')
})

test('a server that is leaving finishes what it took; what comes next has a new connection', async () => {
  let leaving: ServerHttp2Stream | null = null
  const { server, post } = await start((stream, path) => {
    if (path !== '/leave') return answer(stream, 'next')
    leaving = stream
    stream.session?.goaway(constants.NGHTTP2_NO_ERROR)
  })
  const running = text(post('/leave'))
  await expect.poll(() => leaving).not.toBe(null)
  expect(await text(post('/'))).toBe('next')
  answer(leaving as unknown as ServerHttp2Stream, 'finished')
  expect(await running).toBe('finished')
  expect(server.opened()).toBe(2)
})

test('a connection that is lost is an error, before an answer and in its middle: never half of one', async () => {
  const { server, post } = await start((stream, path) => {
    if (path === '/half') {
      stream.respond({ ':status': 200 })
      stream.write('{"half":')
    } else stream.session?.destroy()
  })
  await expect(post('/gone')).rejects.toThrow()
  const half = await post('/half')
  const parts = half.body[Symbol.asyncIterator]()
  expect(String((await parts.next()).value)).toBe('{"half":')
  for (const session of server.sessions) session.destroy()
  await expect(parts.next()).rejects.toThrow()
})

test('an answer nobody reads stops at its window and holds up no other', async () => {
  let written = 0
  const { server, post } = await start((stream, path) => {
    if (path !== '/flood') return answer(stream, 'good')
    stream.respond({ ':status': 200 })
    const more = () => {
      do written += 65_536
      while (stream.write(Buffer.alloc(65_536)) && !stream.destroyed)
    }
    stream.on('drain', more)
    more()
  })
  const floods = await Promise.all([post('/flood'), post('/flood'), post('/flood')])
  for (let count = 0; count < 50; count += 1) expect(await text(post('/'))).toBe('good')
  expect(written).toBeLessThan(16 * 1024 * 1024)
  expect(server.opened()).toBe(1)
  for (const { body } of floods) body.destroy()
})

test('20 MB go both ways', async () => {
  const { post } = await start((stream, _path, body) => answer(stream, body))
  const body = Buffer.alloc(20 * 1024 * 1024, 'x')
  expect((await read((await post('/', { body })).body)).equals(body)).toBe(true)
})

test('what the server refused untouched is sent again; what it wants by HTTP/1.1 goes that way', async () => {
  let refusals = 0
  const { server, post } = await start((stream, path) => {
    if (path === '/old') return stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED)
    refusals += 1
    if (refusals < 2) stream.close(constants.NGHTTP2_REFUSED_STREAM)
    else answer(stream, 'taken')
  })
  expect(await text(post('/'))).toBe('taken')
  expect(refusals).toBe(2)
  expect(await text(post('/old'))).toBe('http1')
  expect(server.http1()).toBe(1)
})

test('a server of HTTP/1.1 is spoken to on the connection that found it out', async () => {
  const authority = createAuthority()
  const server = await startTlsServer(authority.issue('mcp'))
  const network = openTestNetwork({ caFiles: () => [authority.rootFile] })
  const origin = `https://mcp.acme.test:${server.port}`
  const asked = await network.dispatcher.request({ origin, path: '/', method: 'GET', headers: {}, body: null })
  expect(JSON.parse(String(await read(asked.body)))).toEqual({ ok: true })
  expect(server.connections()).toBe(1)
})

test('a server that takes no streams is spoken to by HTTP/1.1', async () => {
  const { server, post } = await start(() => {}, 0)
  expect(await text(post('/'))).toBe('http1')
  expect(server.http1()).toBe(1)
})

test('edge 38: a session with its stream, a call and a cancel go over one connection', async () => {
  const calls: ServerHttp2Stream[] = []
  const cancelled: string[] = []
  const { server, network } = await start((stream, _path, body) => {
    const { id, method } = body.length > 0 ? JSON.parse(String(body)) : { id: undefined, method: 'GET' }
    if (method === 'GET') return stream.respond({ ':status': 405 }, { endStream: true })
    if (method === 'notifications/cancelled') cancelled.push(String(body))
    if (id === undefined) return stream.respond({ ':status': 202 }, { endStream: true })
    const serverInfo = { name: 'h2', version: '1' }
    const opening = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo }
    if (method === 'tools/call') calls.push(stream)
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' })
    if (id === 'held') return
    stream.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? opening : {} })}\n\n`)
  })
  const link = openTestLink({ transport: 'http', url: `${server.url}/mcp` }, { dispatcher: network.dispatcher })
  expect(await link.initialize()).toMatchObject({ result: { protocolVersion: '2025-11-25' } })
  link.send({ jsonrpc: '2.0', id: 'held', method: 'tools/call', params: { name: 'a', arguments: {} } })
  await expect.poll(() => calls.length).toBe(1)
  expect(await link.call(2)).toMatchObject({ result: {} })
  link.notify('notifications/cancelled', { requestId: 'held' })
  await expect.poll(() => calls[0]?.closed, { timeout: 20_000 }).toBe(true)
  expect(await link.call(3)).toMatchObject({ result: {} })
  expect(cancelled).toHaveLength(1)
  expect(server.opened()).toBe(1)
})
