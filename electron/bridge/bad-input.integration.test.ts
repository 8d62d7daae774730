import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createLineClient, type LineClient } from './testing/line-client.ts'
import { createProcesses } from './testing/processes.ts'
import { until } from './testing/until.ts'

// The whole way, with real processes: client, bridge, hub, HTTP server. Behind every bad thing a good call must work.
let processes: Awaited<ReturnType<typeof createProcesses>>
let client: LineClient
let url: string
const seen: string[] = []
let strayRequests = 0

const bombBytes = Buffer.alloc(200 * 1024 * 1024, 0x20)
const answers: Record<string, (response: ServerResponse, id: string) => void> = {
  html: (response) => response.setHeader('content-type', 'text/html').end('<html>Please sign in to the network</html>'),
  empty: (response) => response.setHeader('content-type', 'application/json').end(),
  nothing: (response) => response.writeHead(204).end(),
  words: (response) => response.setHeader('content-type', 'application/json').end('not json {'),
  gzip: (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.end(gzipSync(bombBytes, { level: 1 }))
  },
  brotli: (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'br' })
    response.end(
      brotliCompressSync(Buffer.concat([Buffer.from('data: '), bombBytes, Buffer.from('\n\n')]), { params: { 1: 1 } }),
    )
  },
  headers: (response) => {
    response.socket?.on('error', () => {})
    response.socket?.write(`HTTP/1.1 200 OK\r\n${'x-fill: 0123456789\r\n'.repeat(50_000)}`)
  },
  elsewhere: (response) => response.writeHead(307, { location: `${stray.url}/mcp` }).end(),
  large: (response, id) => {
    response.setHeader('content-type', 'application/json')
    response.end(`{"jsonrpc":"2.0","id":${id},"result":{"text":"${'x'.repeat(11 * 1024 * 1024)}"}}`)
  },
  stream: (response, id) => {
    response.setHeader('content-type', 'text/event-stream')
    response.write('data: {"jsonrpc":"2.0","method":"notifications/message","params":\n\n')
    response.write(
      `: a comment\n\nevent: other\ndata: {"jsonrpc":"2.0","id":${id},"result":{"text":"wrong event"}}\n\n`,
    )
    response.end('data: [1,2\ndata: nonsense\n\n')
  },
}
const stray = { url: '', close: () => {} }

beforeAll(async () => {
  const other = createServer((_request, response) => {
    strayRequests += 1
    response.end()
  })
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      seen.push(body)
      const id = /"id":("(?:[^"\\]|\\.)*"|-?[\d.eE+]+)/.exec(body.slice(0, 400))?.[1]
      const name = /"name":"(\w+)"/.exec(body.slice(0, 400))?.[1] ?? ''
      if (!id) return void response.writeHead(202).end()
      if (answers[name]) return answers[name](response, id)
      response.setHeader('content-type', 'application/json')
      const opening = '"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"a","version":"1"}'
      if (body.includes('"method":"unknown/'))
        return void response.end(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"Never heard of it"}}`)
      response.end(
        `{"jsonrpc":"2.0","id":${id},"result":{${body.includes('"initialize"') ? opening : `"bytes":${body.length}`}}}`,
      )
    })
  })
  for (const each of [other, server]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  stray.url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  stray.close = () => {
    for (const each of [other, server]) each.closeAllConnections()
    for (const each of [other, server]) each.close()
  }
  processes = await createProcesses()
  await processes.startHub({ transport: 'http', url })
  client = createLineClient(processes.startBridge('real', '--client', 'vscode').child)
  await client.initialize()
})
afterAll(async () => {
  await processes.close()
  stray.close()
})

let next = 1000
/** The connection is as good as before, and nothing was said that nobody asked for. */
afterEach(async () => {
  next += 1
  client.call(next, 'good')
  expect(await client.answer(next)).toHaveProperty('result')
  expect(client.child.exitCode).toBeNull()
})

describe('of the client', () => {
  test.each([
    ['no JSON', '{"jsonrpc":"2.0","id":1,', -32700],
    ['words', 'hello', -32700],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600],
    ['no JSON-RPC', '{"hello":1}', -32600],
    ['null as id', '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
    ['an object as id', '{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}', -32600],
    ['a member twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32600],
  ])('%s gets its error, id null where it has none, and reading goes on', async (_, line, code) => {
    const before = client.received.length
    client.type(line)
    const answer = await until(() => client.received[before])
    expect(answer.error).toMatchObject({ code })
  })

  test.each(['0', '-1', '""', '"1"', '1', '9007199254740993', '"__proto__"', '"\\ud800"', '1e2', '"a\\"b"'])(
    'the id %s comes back as it was written',
    async (id) => {
      client.type(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"good","arguments":{}}}`)
      await until(() => client.lines.some((line) => line.includes(`"id":${id},`) && line.includes('"result"')), id)
    },
  )

  test('an unknown method is the server’s to refuse', async () => {
    client.type({ id: 'u', method: 'unknown/thing' })
    expect(await client.answer('u')).toMatchObject({ error: { code: -32601, message: 'Never heard of it' } })
  })

  test('deep nesting, __proto__, lone surrogates and numbers beyond doubles reach the server as they are', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const args = `{"__proto__":{"admin":true},"s":"\\ud800","n":1e400,"big":123456789012345678901234567890,"deep":${deep}}`
    const line = `{"jsonrpc":"2.0","id":"odd","method":"tools/call","params":{"name":"good","arguments":${args}}}`
    client.type(line)
    await client.answer('odd')
    expect(seen).toContain(line)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  test('a line of 50 MB passes; one over the limit is an error for its id', { timeout: 60_000 }, async () => {
    const call = (id: string, bytes: number) =>
      `{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":{"name":"good","arguments":{"text":"${'x'.repeat(bytes)}"}}}`
    const large = call('50', 50 * 1024 * 1024)
    client.type(large)
    expect(await client.answer('50')).toMatchObject({ result: { bytes: large.length } })
    client.type(call('70', 70 * 1024 * 1024))
    expect((await client.answer('70')).error).toMatchObject({ data: { code: 'bridge.request-too-large' } })
  })
})

describe('of the server', () => {
  test.each([
    ['an HTML page of a login', 'html', 'bridge.bad-answer'],
    ['an empty 200', 'empty', 'bridge.bad-answer'],
    ['a 204 to a request', 'nothing', 'bridge.bad-answer'],
    ['a body that is no JSON', 'words', 'bridge.bad-answer'],
    ['a gzip bomb of 200 MB', 'gzip', 'bridge.answer-too-large'],
    ['a Brotli bomb in a stream', 'brotli', 'bridge.answer-too-large'],
    ['endless headers', 'headers', 'bridge.bad-answer'],
    ['a redirect to another host', 'elsewhere', 'bridge.redirected'],
    ['an answer larger than the client can take', 'large', 'bridge.answer-too-large'],
    ['a stream of nonsense', 'stream', 'bridge.bad-answer'],
  ])('%s is an error for that call alone', { timeout: 60_000 }, async (_, name, code) => {
    next += 2
    const [bad, good] = [next - 1, next]
    client.call(bad, name)
    client.call(good, 'good')
    expect(await client.answer(good)).toHaveProperty('result')
    expect((await client.answer(bad)).error).toMatchObject({ code: -32050, data: { code } })
    expect(strayRequests).toBe(0)
  })

  test('what is too large for the client says how large it was, what the limit is and where it is raised', async () => {
    client.call(77, 'large')
    expect((await client.answer(77)).error?.message).toMatch(/11\.0 MB, the limit is 10\.0 MB.*Settings/)
  })
})
