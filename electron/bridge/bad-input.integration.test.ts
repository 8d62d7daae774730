import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { digest } from './testing/bad-message.ts'
import { startBadServer } from './testing/bad-server.ts'
import { createLineClient, type LineClient } from './testing/line-client.ts'
import { createProcesses } from './testing/processes.ts'
import { until } from './testing/until.ts'

// The whole way, with real processes: client, bridge, hub, server, over every transport. Behind every bad thing a good
// call must work, on the same connection. native/bad-input runs the same against the native bridge.
const badStdio = fileURLToPath(new URL('./testing/bad-stdio.ts', import.meta.url))
let processes: Awaited<ReturnType<typeof createProcesses>>
let server: Awaited<ReturnType<typeof startBadServer>>

beforeAll(async () => {
  server = await startBadServer()
  const { url } = server
  processes = await createProcesses()
  await processes.startHub({
    http: { transport: 'http', url: `${url}/mcp` },
    sse: { transport: 'sse', url: `${url}/sse` },
    split: { transport: 'sse-split', streamUrl: `${url}/events`, messageUrl: `${url}/rpc` },
    stdio: { transport: 'stdio', command: process.execPath, args: [badStdio] },
  })
})
afterAll(async () => {
  await processes.close()
  server.close()
})

const tooLarge = 'bridge.answer-too-large'
const ofPosts: [string, string, string][] = [
  ['an HTML page of a login', 'html', 'bridge.bad-answer'],
  ['a page of a server that is away', 'unavailable', 'bridge.server-error'],
  ['endless headers', 'headers', 'bridge.bad-answer'],
  ['a redirect to another host', 'elsewhere', 'bridge.redirected'],
]
const ofMessages: [string, string, string][] = [
  ['half of a message', 'broken', 'bridge.bad-answer'],
  ['an answer larger than the client can take', 'large', tooLarge],
  ['an answer larger than the hub can take', 'endless', tooLarge],
]
const ofPostsThatAnswer: [string, string, string][] = [
  ['a gzip bomb of 200 MB', 'gzip', tooLarge],
  ['what is no gzip', 'unpackable', 'bridge.bad-answer'],
  ['half of a body', 'cut', 'bridge.interrupted'],
]
const badAnswers: Record<string, [string, string, string][]> = {
  http: [
    ...ofPosts,
    ...ofPostsThatAnswer,
    ...ofMessages,
    ['an empty 200', 'empty', 'bridge.bad-answer'],
    ['a 204 to a request', 'nothing', 'bridge.bad-answer'],
    ['a body that is no JSON', 'words', 'bridge.bad-answer'],
    ['a Brotli bomb in a stream', 'brotli', tooLarge],
    ['a stream of nonsense', 'nonsense', 'bridge.bad-answer'],
  ],
  sse: [...ofPosts, ...ofMessages],
  split: [...ofPosts, ...ofPostsThatAnswer, ...ofMessages],
  stdio: ofMessages,
}

describe.each(Object.keys(badAnswers))('%s', (transport) => {
  let client: LineClient
  let next = 1000

  beforeAll(async () => {
    client = createLineClient(processes.startBridge(transport, '--client', 'vscode').child)
    expect(await client.initialize()).toHaveProperty('result')
  })
  /** The connection is as good as before, and nothing was said that nobody asked for. */
  afterEach(async () => {
    next += 1
    client.call(next, 'good')
    expect(await client.answer(next)).toHaveProperty('result')
    expect(client.child.exitCode).toBeNull()
    expect(server.strayRequests()).toBe(0)
  })

  describe('of the client', () => {
    test.each([
      ['no JSON', '{"jsonrpc":"2.0","id":1,', -32700],
      ['words', 'hello', -32700],
      ['a NUL', '\u0000', -32700],
      ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600],
      ['an empty batch', '[]', -32600],
      ['no JSON-RPC', '{"hello":1}', -32600],
      ['null as id', '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
      ['an object as id', '{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}', -32600],
      ['a truth as id', '{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600],
      ['an endless id', `{"jsonrpc":"2.0","id":"${'x'.repeat(1000)}","method":"ping"}`, -32600],
      ['a member twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32600],
      ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":7}', -32600],
    ])('%s gets its error, id null where it has none, and reading goes on', async (_, line, code) => {
      const before = client.received.length
      client.type(line)
      const answer = await until(() => client.received[before])
      expect(answer.error).toMatchObject({ code })
    })

    test.each(['0', '-1', '""', '"1"', '1', '9007199254740993', '"__proto__"', '"\\ud800"', '1e2', '1.5', '"a\\"b"'])(
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
      expect(await client.answer('odd')).toMatchObject({ result: { digest: digest(line) } })
      expect(({} as { admin?: boolean }).admin).toBeUndefined()
    })

    test('a line of 50 MB passes; one over the limit is an error for its id', { timeout: 60_000 }, async () => {
      const call = (id: string, bytes: number) =>
        `{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":{"name":"good","arguments":{"text":"${'x'.repeat(bytes)}"}}}`
      const large = call('50', 50 * 1024 * 1024)
      client.type(large)
      expect(await client.answer('50')).toMatchObject({ result: { digest: digest(large) } })
      client.type(call('70', 70 * 1024 * 1024))
      expect((await client.answer('70')).error).toMatchObject({ data: { code: 'bridge.request-too-large' } })
    })
  })

  describe('of the server', () => {
    test.each(badAnswers[transport] ?? [])(
      '%s is an error for that call alone',
      { timeout: 60_000 },
      async (_, name, code) => {
        next += 2
        const [bad, good] = [next - 1, next]
        client.call(bad, name)
        client.call(good, 'good')
        expect(await client.answer(good)).toHaveProperty('result')
        expect((await client.answer(bad)).error).toMatchObject({ code: -32050, data: { code } })
      },
    )

    test('what is too large for the client says how large it was, what the limit is and where it is raised', async () => {
      client.call(77, 'large')
      expect((await client.answer(77)).error?.message).toMatch(/11\.0 MB, the limit is 10\.0 MB.*Settings/)
    })

    // Over http a POST has one answer, and nothing between.
    if (transport === 'http') return
    test('nonsense between the answers is passed over, and reaches nobody', async () => {
      const before = client.received.length
      client.call(88, 'nonsense')
      expect(await client.answer(88)).toHaveProperty('result')
      expect(client.received.slice(before)).toHaveLength(1)
    })
  })
})
