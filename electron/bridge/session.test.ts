import { expect, test } from 'vitest'
import { callLine, createSessionBench, initializedLine, initializeLine } from './testing/session-bench.ts'
import { until } from './testing/until.ts'

const down = {
  code: -32050,
  message: 'The server does not answer: echo',
  data: { code: 'bridge.unreachable', remedy: 'retry' },
}

test('edge 45, carries a call and its answer, and writes one row for it', async () => {
  const bench = createSessionBench()
  expect(await bench.open()).toEqual([
    '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"echo","version":"1"}}}',
  ])
  bench.say(callLine('x'))
  await bench.settled()
  expect(bench.take()).toEqual([
    { jsonrpc: '2.0', id: 'x', result: { content: [{ type: 'text', text: 'hi' }], isError: false } },
  ])
  expect(bench.rows).toEqual([
    {
      time: '2026-11-20T14:02:00.000Z',
      client: 'vscode',
      clientName: 'Test app',
      server: 'echo',
      method: 'tools/call',
      target: 'echo',
      outcome: 'ok',
      code: null,
      message: null,
      durationMs: expect.any(Number),
      requestBytes: 99,
      responseBytes: 93,
    },
  ])
  expect(bench.sights.map(({ stage }) => stage)).toEqual(['initialize', 'call'])
})

test('edge 6, passes the original bytes of a message on: big numbers, key order, unknown members, __proto__', async () => {
  const bench = createSessionBench()
  await bench.open()
  const line =
    '{"x":12345678901234567890,"method":"tools/call","params":{"name":"echo","arguments":{"text":"a","n":1.0,"__proto__":{"y":1}},"_meta":{"progressToken":7}},"jsonrpc":"2.0","id":1}'
  bench.say(line)
  expect(bench.links[0]?.sent.at(-1)?.line.toString()).toBe(line)
  expect(({} as { y?: number }).y).toBeUndefined()
})

test('edge 4, gives ids back as they were written, whatever they are', async () => {
  const bench = createSessionBench()
  await bench.open()
  for (const id of ['0', '""', '12345678901234567890', '"1"', '1', '1.0', '"\\u0061"']) {
    bench.say(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo"}}`)
    await bench.settled()
    expect(bench.out.splice(0).map((line) => line.slice(0, 22 + id.length))).toEqual([
      `{"jsonrpc":"2.0","id":${id}`.slice(0, 22 + id.length),
    ])
  }
})

test('knows an answer whose server spells the id in another way', async () => {
  const bench = createSessionBench({ hang: new Set(['hang']) })
  await bench.open()
  bench.say('{"jsonrpc":"2.0","id":"é","method":"tools/call","params":{"name":"hang"}}')
  await bench.links[0]?.handlers.deliver(Buffer.from('{"jsonrpc":"2.0","id":"\\u00e9","result":{}}'))
  expect(bench.out).toEqual(['{"jsonrpc":"2.0","id":"é","result":{}}'])
})

test('edge 7, answers what is not JSON, not JSON-RPC or a batch with an error, and goes on', async () => {
  const bench = createSessionBench()
  await bench.open()
  bench.say(
    '{"jsonrpc":"2.0",',
    '{"id":1}',
    '"text"',
    '[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
    '{"jsonrpc":"2.0","id":{},"method":"ping"}',
  )
  const codes = bench.take().map(({ id, error }) => [id, error.code])
  expect(codes).toEqual([
    [null, -32700],
    [1, -32600],
    [null, -32600],
    [null, -32600],
    [null, -32600],
  ])
  bench.say(callLine(2))
  await bench.settled()
  expect(bench.take()[0].id).toBe(2)
})

test('edge 11, splits a batch where the revision has them', async () => {
  const bench = createSessionBench({ version: '2025-03-26' })
  bench.say(initializeLine(0, '2025-03-26'), initializedLine)
  await bench.settled()
  bench.take()
  bench.say(`[${callLine(1)}, ${callLine(2)}]`)
  await bench.settled()
  expect(bench.take().map(({ id }) => id)).toEqual([1, 2])
})

test('a second request with the id of a running one is refused, and the first is still answered', async () => {
  const bench = createSessionBench()
  await bench.open()
  bench.say(callLine(1, 'hang'), callLine(1))
  expect(bench.take()[0].error.code).toBe(-32600)
  await bench.links[0]?.handlers.deliver(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}'))
  expect(bench.take()).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }])
})

test('edge 10, drops answers nobody waits for: unknown, repeated, after a cancel', async () => {
  const bench = createSessionBench()
  await bench.open()
  bench.say(callLine(1, 'hang'), '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}')
  const answer = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}')
  await bench.links[0]?.handlers.deliver(answer)
  await bench.links[0]?.handlers.deliver(Buffer.from('{"jsonrpc":"2.0","id":99,"result":{}}'))
  expect(bench.out).toEqual([])
  expect(bench.rows.map(({ outcome }) => outcome)).toEqual(['cancelled'])
  expect(bench.links[0]?.sent.at(-1)?.method).toBe('notifications/cancelled')
})

test('a tool that says isError is a failed call, an error of the server keeps its code', async () => {
  const bench = createSessionBench()
  await bench.open()
  bench.say(callLine(1, 'fail'), '{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"file:///x"}}')
  await bench.settled()
  bench.links[0]?.handlers.fail('3', down)
  expect(bench.rows.map(({ outcome, target, code }) => [outcome, target, code])).toEqual([
    ['failed', 'fail', null],
    ['error', 'file:///x', '-32601'],
  ])
})

test('an unknown server, a forbidden one and a missing sign-in are said in the product’s words', async () => {
  const bench = createSessionBench()
  bench.world.known = false
  bench.say(initializeLine(1))
  bench.world.known = true
  bench.world.allowed = false
  bench.say(initializeLine(2))
  bench.world.allowed = true
  bench.world.refuse = {
    code: -32050,
    message: 'You are signed out',
    data: { code: 'auth.signed-out', remedy: 'sign-in' },
  }
  bench.say(initializeLine(3))
  expect(bench.take().map(({ id, error }) => [id, error])).toEqual([
    [
      1,
      {
        code: -32050,
        message: 'There is no server of this name: echo',
        data: { code: 'bridge.unknown-server', remedy: 'open-servers' },
      },
    ],
    [
      2,
      {
        code: -32050,
        message: 'Your groups do not include this server: echo',
        data: { code: 'catalog.not-allowed', remedy: 'ask-it' },
      },
    ],
    [3, { code: -32050, message: 'You are signed out', data: { code: 'auth.signed-out', remedy: 'sign-in' } }],
  ])
  expect(bench.rows.map(({ method, outcome, code }) => [method, outcome, code])).toEqual([
    ['initialize', 'refused', 'bridge.unknown-server'],
    ['initialize', 'refused', 'catalog.not-allowed'],
    ['initialize', 'refused', 'auth.signed-out'],
  ])
})

test('a client that goes on after a refused initialize is served once the cause has gone', async () => {
  const bench = createSessionBench()
  bench.world.refuse = down
  bench.say(initializeLine(), initializedLine, callLine(1))
  expect(bench.take().map(({ id, error }) => [id, error?.message])).toEqual([
    [0, 'The server does not answer: echo'],
    [1, 'The server does not answer: echo'],
  ])
  bench.world.refuse = null
  bench.say(callLine(2))
  await bench.settled()
  expect(bench.take().map(({ id, result }) => [id, result?.content[0].text])).toEqual([[2, 'hi']])
})

test('edge 27, pain 5: when the session is lost each running call fails, the server’s questions are taken back, the next call has a new session', async () => {
  const bench = createSessionBench()
  await bench.open()
  const link = bench.links[0]
  await link?.handlers.deliver(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"roots/list"}'))
  bench.say(callLine(1, 'hang'), callLine(2, 'hang'))
  bench.take()
  link?.handlers.ended(down)
  expect(bench.take()).toEqual([
    { jsonrpc: '2.0', id: 1, error: down },
    { jsonrpc: '2.0', id: 2, error: down },
    {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1, reason: 'The server’s session has ended' },
    },
  ])
  expect(link?.closed).toBe(true)
  bench.say(callLine(3))
  await bench.settled()
  expect(bench.take()[0]).toMatchObject({ id: 3, result: {} })
  bench.links[1]?.handlers.ended(down)
  expect(bench.take()).toEqual([])
  expect(bench.links[1]?.sent.slice(0, 3).map(({ method }) => method)).toEqual([
    'initialize',
    'notifications/initialized',
    'tools/call',
  ])
})

test('the client’s answer to a question of the server reaches it once; answers nobody asked for do not', async () => {
  const bench = createSessionBench()
  await bench.open()
  await bench.links[0]?.handlers.deliver(Buffer.from('{"jsonrpc":"2.0","id":7,"method":"roots/list"}'))
  const answer = '{"jsonrpc":"2.0","id":7,"result":{"roots":[]}}'
  bench.say(answer, answer, '{"jsonrpc":"2.0","id":8,"result":{}}')
  expect(bench.links[0]?.sent.filter(({ kind }) => kind === 'response').map(({ line }) => line.toString())).toEqual([
    answer,
  ])
})

test('pain 15: a client starts from memory while its server is away, and is told when the tools have changed', async () => {
  const tools = ['echo']
  const before = createSessionBench({ tools: () => tools })
  await before.open()
  before.say('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
  await before.settled()

  const bench = createSessionBench({ answers: before.answers, tools: () => tools })
  bench.world.refuse = down
  bench.say(
    initializeLine('i'),
    initializedLine,
    '{"jsonrpc":"2.0","id":"t","method":"tools/list","params":{}}',
    callLine('c'),
  )
  expect(bench.take()).toMatchObject([
    { id: 'i', result: { serverInfo: { name: 'echo' } } },
    { id: 't', result: { tools: [{ name: 'echo' }] } },
    { id: 'c', error: down },
  ])
  tools.push('more')
  bench.world.refuse = null
  bench.session.wake()
  await bench.settled()
  expect(bench.take()).toEqual([{ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }])
})

test('a client that is told from memory is told its tools too before the server is asked, and loses nothing by it', async () => {
  const before = createSessionBench()
  await before.open()
  before.say('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
  await before.settled()

  const bench = createSessionBench({ answers: before.answers })
  bench.say(initializeLine('i'), initializedLine, '{"jsonrpc":"2.0","id":"t","method":"tools/list"}')
  expect(bench.take().map(({ id }) => id)).toEqual(['i', 't'])
  expect(bench.links).toEqual([])
  bench.say('{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}', callLine('c'))
  await bench.settled()
  expect(bench.take().map(({ id }) => id)).toEqual(['c'])
  expect(bench.links[0]?.sent.map(({ method }) => method)).toEqual([
    ...['initialize', 'notifications/initialized', 'notifications/roots/list_changed', 'tools/call', 'tools/list'],
  ])
})

test('a client that is told from memory and then says nothing has its session all the same', async () => {
  const before = createSessionBench()
  await before.open()
  const bench = createSessionBench({ answers: before.answers })
  await bench.open()
  await until(() => bench.session.snapshot().phase === 'ready')
  expect(bench.links[0]?.sent.map(({ method }) => method)).toEqual(['initialize', 'notifications/initialized'])
})

test('edge 37, nothing remembered for one account is told to another', async () => {
  const before = createSessionBench()
  await before.open()
  const bench = createSessionBench({ answers: before.answers })
  bench.world.account = 'b'.repeat(32)
  bench.world.refuse = down
  bench.say(initializeLine())
  expect(bench.take()).toEqual([{ jsonrpc: '2.0', id: 0, error: down }])
})

test('case 34: signed out, every running call ends with that as its reason, and the session with them', async () => {
  const bench = createSessionBench()
  await bench.open()
  for (let id = 1; id <= 20; id++) bench.say(callLine(id, 'hang'))
  await bench.settled()
  bench.take()
  bench.world.account = null
  bench.session.wake()
  await bench.settled()
  expect(bench.links[0]?.closed).toBe(true)
  const ended = bench.take().filter(({ id }) => id !== undefined)
  expect(ended).toHaveLength(20)
  expect(new Set(ended.map(({ error }) => (error as { data: { code: string } }).data.code))).toEqual(
    new Set(['auth.signed-out']),
  )
})

test('another account ends the session of the one before, and the client is told to look again', async () => {
  const bench = createSessionBench({ tools: () => [bench.world.account === 'a'.repeat(32) ? 'hers' : 'his'] })
  await bench.open()
  bench.say('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', callLine(2, 'hang'))
  await bench.settled()
  bench.take()
  bench.world.account = 'b'.repeat(32)
  bench.session.wake()
  await bench.settled()
  expect(bench.links[0]?.closed).toBe(true)
  expect(bench.take()).toMatchObject([
    { id: 2, error: { data: { code: 'bridge.interrupted' } } },
    { method: 'notifications/tools/list_changed' },
  ])
})

test('a server that is taken away from the person ends their session, with the sentence that says so', async () => {
  const bench = createSessionBench()
  await bench.open()
  bench.say(callLine(1, 'hang'))
  bench.world.allowed = false
  bench.session.wake()
  bench.say(callLine(2))
  expect(bench.links[0]?.closed).toBe(true)
  expect(bench.take()).toMatchObject([
    { id: 1, error: { data: { code: 'catalog.not-allowed' } } },
    { id: 2, error: { data: { code: 'catalog.not-allowed' } } },
  ])
  bench.world.allowed = true
  bench.say(callLine(3))
  await bench.settled()
  expect(bench.take()).toMatchObject([{ id: 3, result: {} }])
})

test('a list of servers read anew that says the same disturbs nobody', async () => {
  const bench = createSessionBench()
  await bench.open()
  bench.say(callLine(1, 'hang'))
  bench.session.wake()
  bench.session.resumed()
  expect(bench.links.map(({ closed }) => closed)).toEqual([false])
  expect(bench.out).toEqual([])
})

test('a resumed client’s initialize is said to the server and not answered again', async () => {
  const bench = createSessionBench({ resumed: true })
  await bench.open()
  bench.say(callLine(1))
  await bench.settled()
  expect(bench.take().map(({ id }) => id)).toEqual([1])
})

test('edge 43, a second initialize opens a new session and ends the first', async () => {
  const bench = createSessionBench()
  await bench.open()
  bench.say(callLine(1, 'hang'), initializeLine(2), callLine(3))
  await bench.settled()
  expect(bench.take()).toMatchObject([
    { id: 1, error: { data: { code: 'bridge.interrupted' } } },
    { id: 2, result: {} },
    { id: 3, result: {} },
  ])
  expect(bench.links.map(({ closed }) => closed)).toEqual([true, false])
})

test('holds what comes before the server’s session stands, in order, and forgets what is cancelled meanwhile', async () => {
  const bench = createSessionBench()
  bench.say(initializeLine(), initializedLine, callLine(1), callLine(2))
  bench.say('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}')
  expect(bench.links[0]?.sent.map(({ method }) => method)).toEqual(['initialize'])
  await bench.settled()
  expect(bench.links[0]?.sent.map(({ id, method }) => id ?? method)).toEqual(['0', 'notifications/initialized', '2'])
  expect(bench.take().map(({ id }) => id)).toEqual([0, 2])
})

test('a server that answers what it was not yet asked does not get through', async () => {
  const bench = createSessionBench()
  bench.say(initializeLine(), callLine(1))
  await bench.links[0]?.handlers.deliver(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"guessed":true}}'))
  await bench.settled()
  expect(bench.take()).toMatchObject([{ id: 0 }, { id: 1, result: { content: [{ text: 'hi' }] } }])
})

test('an answer larger than the client can take becomes an error that says so', async () => {
  const bench = createSessionBench({ maxClientLineBytes: 1024 })
  await bench.open()
  bench.say(callLine(1, 'echo', 'x'.repeat(2000)), callLine(2))
  await bench.settled()
  expect(bench.take()).toMatchObject([
    {
      id: 1,
      error: {
        message: expect.stringContaining('The answer is larger than this app can take'),
        data: { code: 'bridge.answer-too-large' },
      },
    },
    { id: 2, result: {} },
  ])
})

test('a request over the limit is answered by its id, and a notification by nothing', () => {
  const bench = createSessionBench()
  bench.session.tooLong({ id: '5', method: 'tools/call', error: false, bytes: 70_000_000 })
  bench.session.tooLong({ id: null, method: 'notifications/progress', error: false, bytes: 70_000_000 })
  expect(bench.take()).toMatchObject([{ id: 5, error: { data: { code: 'bridge.request-too-large' } } }])
})

test('more calls at once than the limit are refused, not queued without end', async () => {
  const bench = createSessionBench()
  await bench.open()
  for (let id = 1; id <= 1025; id += 1) bench.say(callLine(id, 'hang'))
  expect(bench.take()).toMatchObject([{ id: 1025, error: { data: { code: 'bridge.too-many-calls' } } }])
})

test('case 38: when the client goes its calls are cancelled and the server’s session is closed', async () => {
  const bench = createSessionBench()
  await bench.open()
  bench.say(callLine(1, 'hang'))
  await bench.session.close()
  expect(bench.rows.map(({ outcome }) => outcome)).toEqual(['cancelled'])
  expect(bench.links[0]?.closed).toBe(true)
  expect(bench.out).toEqual([])
})

test('server/discover is answered at once, so that a client of both eras falls back', async () => {
  const bench = createSessionBench()
  bench.say('{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{}}')
  expect(bench.take()).toMatchObject([{ id: 1, error: { code: -32601 } }])
})

test('edge 7, a bad line of the server never reaches the client', async () => {
  const bench = createSessionBench()
  await bench.open()
  await bench.links[0]?.handlers.deliver(Buffer.from('<html>'))
  expect(bench.out).toEqual([])
  expect(bench.logged.join()).toContain('server.message-dropped')
})
