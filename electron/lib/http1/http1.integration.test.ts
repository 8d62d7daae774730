import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { HttpAnswer, HttpRequest } from './exchange.ts'
import { createHttp1 } from './http1.ts'

async function until(condition: () => boolean, what: string) {
  const end = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await delay(5)
  }
}
async function listen(server: ReturnType<typeof createServer>) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}
/** A client, with every connection it made. */
function openClient(options: Partial<Parameters<typeof createHttp1>[0]> = {}) {
  const made: Socket[] = []
  const client = createHttp1({
    async connect(origin) {
      const socket = await dial(origin)
      made.push(socket)
      return socket
    },
    ...options,
  })
  onTestFinished(() => client.destroy())
  return { ...client, made }
}
function dial(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('connect', () => resolve(socket.off('error', reject)))
  })
}
const get = (origin: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  ...{ origin, path: '/', method: 'GET', headers: {}, body: null },
  ...more,
})
async function textOf(asked: Promise<HttpAnswer> | HttpAnswer) {
  const parts: Buffer[] = []
  for await (const part of (await asked).body) parts.push(part)
  return Buffer.concat(parts).toString('latin1')
}
const codeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'no error',
    (error) => error.code ?? error.name,
  )
const startHttp = (answer: (req: IncomingMessage, res: ServerResponse) => void) => listen(createHttpServer(answer))
/** A server of bytes: `answer` gets each piece that comes, and how many came before on this connection. */
const startRaw = (answer: (socket: Socket, piece: Buffer, nth: number) => void) =>
  listen(
    createServer((socket) => {
      let nth = 0
      socket.on('data', (piece) => answer(socket, piece, nth++))
    }),
  )
const plain = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`

describe('connections', () => {
  test('one is kept and used again; as many as there are calls at once', async () => {
    const { origin } = await startHttp((_, res) => void setTimeout(() => res.end('ok'), 20))
    const client = openClient()
    for (let call = 0; call < 5; call += 1) expect(await textOf(client.request(get(origin)))).toBe('ok')
    expect(client.made).toHaveLength(1)
    await Promise.all(Array.from({ length: 100 }, () => textOf(client.request(get(origin)))))
    expect(client.made.length).toBeLessThanOrEqual(101)
    const before = client.made.length
    await Promise.all(Array.from({ length: 50 }, () => textOf(client.request(get(origin)))))
    expect(client.made).toHaveLength(before)
  })

  test('who waits for a new one takes another that is free earlier', async () => {
    const { origin } = await startHttp((_, res) => void res.end('ok'))
    let dials = 0
    const client = openClient({
      connect: (to) => {
        dials += 1
        return dials === 1 ? dial(to) : new Promise(() => {}) // a host that takes no more connections
      },
    })
    const first = client.request(get(origin))
    const second = client.request(get(origin))
    expect(await Promise.all([textOf(first), textOf(second)])).toEqual(['ok', 'ok'])
    expect(dials).toBe(2)
  })

  /** A client whose connections are made by hand, and a server that holds what asks for a path until it is let go. */
  async function startByHand() {
    const held = new Map<string, ServerResponse>()
    /** By which connection each path was asked for. */
    const ports = new Map<string, number | undefined>()
    const { origin } = await startHttp(({ url = '', socket }, res) => {
      ports.set(url, socket.remotePort)
      if (url === '/') res.end('ok')
      else held.set(url, res)
    })
    const dials: PromiseWithResolvers<Socket>[] = []
    const client = openClient({
      connect() {
        const made = Promise.withResolvers<Socket>()
        dials.push(made)
        return made.promise
      },
    })
    const ask = (path = '/', more: Partial<HttpRequest> = {}) =>
      client.request(get(origin, { path, ...more })).then(textOf)
    const letGo = async (path: string) => {
      await until(() => held.has(path), path)
      held.get(path)?.end(path)
    }
    return { client, origin, dials, ports, ask, letGo, has: (path: string) => until(() => held.has(path), path) }
  }
  const refusal = Object.assign(new Error('no'), { code: 'ECONNREFUSED' })

  test('one that cannot be made fails who needs it, and nobody who can be served otherwise', async () => {
    const { client, origin, dials, ask, letGo, has } = await startByHand()
    client.offer(origin, await dial(origin))
    const first = ask('/1')
    const second = ask('/2')
    const third = ask()
    await letGo('/1')
    await has('/2') // on the connection of the first
    dials[0]?.reject(refusal)
    dials[1]?.resolve(await dial(origin))
    expect(await third).toBe('ok')
    await letGo('/2')
    expect(await Promise.all([first, second])).toEqual(['/1', '/2'])
    const [last, before] = [ask('/3'), ask('/4')]
    await Promise.all([letGo('/3'), letGo('/4')])
    await Promise.all([last, before])
    const [held, also, lost] = [ask('/5'), ask('/6'), codeOf(ask())]
    dials[2]?.reject(refusal)
    expect(await lost).toBe('ECONNREFUSED')
    await Promise.all([letGo('/5'), letGo('/6')])
    expect(await Promise.all([held, also])).toEqual(['/5', '/6'])
  })

  test('of several that are free the one used last is taken', async () => {
    const { client, origin, ask, letGo, has, ports } = await startByHand()
    client.offer(origin, await dial(origin))
    client.offer(origin, await dial(origin))
    const [first, last] = [ask('/first'), ask('/last')]
    await has('/last')
    await letGo('/first')
    await first
    await letGo('/last')
    await last
    expect(await ask()).toBe('ok')
    expect(ports.get('/')).toBe(ports.get('/last'))
    expect(ports.get('/')).not.toBe(ports.get('/first'))
  })

  test('one that went between being free and being taken is let be; nothing was sent over it', async () => {
    const { client, origin, dials, ask } = await startByHand()
    const [gone, here, third] = [await dial(origin), await dial(origin), await dial(origin)]
    client.offer(origin, here)
    client.offer(origin, gone)
    gone.destroy()
    expect(await ask()).toBe('ok')
    here.destroy()
    const waiting = ask()
    client.offer(origin, third)
    third.destroy()
    await until(() => dials.length === 2, 'another try')
    dials[1]?.resolve(await dial(origin))
    expect(await waiting).toBe('ok')
  })

  test('who gives up in the very moment of getting one leaves it to the next', async () => {
    const { client, origin, ask } = await startByHand()
    const stop = new AbortController()
    const reason = new Error('not wanted')
    const asked = expect(ask('/never', { signal: stop.signal })).rejects.toBe(reason)
    client.offer(origin, await dial(origin))
    stop.abort(reason)
    await asked
    expect(await ask()).toBe('ok')
  })

  test('one that waits longer than the server said is closed', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\nKeep-Alive: max=5, timeout=2\r\nContent-Length: 2\r\n\r\nok'
    const { origin } = await startRaw((socket) => void socket.write(bytes))
    const client = openClient()
    expect(await textOf(client.request(get(origin)))).toBe('ok')
    await delay(200)
    expect(await textOf(client.request(get(origin)))).toBe('ok')
    expect(client.made.map(({ destroyed }) => destroyed)).toEqual([false])
    await until(() => client.made[0]?.destroyed === true, 'its end')
  })

  test.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a time that is as good as over', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'],
    ['more bytes than its answer has', `${plain('ok')}${plain('evil')}`],
  ])('after an answer with %s it is not used again', async (_, bytes) => {
    const { origin } = await startRaw((socket) => void socket.write(bytes))
    const client = openClient()
    expect(await textOf(client.request(get(origin)))).toBe('ok')
    expect(await textOf(client.request(get(origin)))).toBe('ok')
    expect(client.made).toHaveLength(2)
  })

  test('what comes unasked ends it, and is nobody’s answer', async () => {
    const { origin, sockets } = await startRaw(
      (socket, _, nth) => void socket.write(plain(nth === 0 ? 'good' : 'other')),
    )
    const client = openClient()
    expect(await textOf(client.request(get(origin)))).toBe('good')
    for (const socket of sockets) socket.write(plain('evil'))
    await until(() => client.made[0]?.destroyed === true, 'the end of the connection')
    expect(await textOf(client.request(get(origin)))).toBe('good')
    expect(client.made).toHaveLength(2)
  })

  test('the server’s end of a quiet connection is noticed, and the next request gets a new one', async () => {
    const { origin, sockets } = await startHttp((_, res) => void res.end('ok'))
    const client = openClient()
    expect(await textOf(client.request(get(origin)))).toBe('ok')
    for (const socket of sockets) socket.end()
    await until(() => client.made[0]?.destroyed === true, 'the end of the connection')
    expect(await textOf(client.request(get(origin)))).toBe('ok')
  })

  test('one that was offered is taken first', async () => {
    const { origin } = await startHttp((_, res) => void res.end('ok'))
    const client = openClient()
    client.offer(origin, await dial(origin))
    expect(await textOf(client.request(get(origin)))).toBe('ok')
    expect(client.made).toEqual([])
  })

  test('close lets what runs end, and keeps nothing', async () => {
    const held: ServerResponse[] = []
    const { origin, sockets } = await startHttp(
      (req, res) => void (req.url === '/hold' ? held.push(res) : res.end('ok')),
    )
    const client = openClient()
    await Promise.all([1, 2, 3].map(() => textOf(client.request(get(origin)))))
    const running = client.request(get(origin, { path: '/hold' }))
    await until(() => held.length === 1, 'the request')
    let isClosed = false
    const closed = client.close().then(() => {
      isClosed = true
    })
    await until(() => sockets.size === 1, 'the end of the others')
    expect(isClosed).toBe(false)
    held[0]?.end('late')
    expect(await textOf(running)).toBe('late')
    await closed
    expect(client.made.every(({ destroyed }) => destroyed)).toBe(true)
    await client.close()
    await openClient().close()
  })
})

describe('an exchange', () => {
  test('what is sent: one host, one length, the headers as given, the body as it is', async () => {
    const seen: string[] = []
    const { origin } = await startRaw((socket, piece) => {
      seen.push(piece.toString('latin1'))
      socket.write(plain('ok'))
    })
    const client = openClient()
    const body = Buffer.from('{"ü":"\\u0000"}')
    let sent = 0
    await textOf(
      client.request({
        ...{ origin, path: '/mcp?x=1', method: 'POST', body },
        headers: { authorization: 'Bearer \xfc', 'x-none': undefined },
        onSent: () => {
          sent += 1
        },
      }),
    )
    expect(seen).toEqual([
      `POST /mcp?x=1 HTTP/1.1\r\nhost: ${new URL(origin).host}\r\nconnection: keep-alive\r\nauthorization: Bearer \xfc\r\ncontent-length: ${body.length}\r\n\r\n${body.toString('latin1')}`,
    ])
    expect(sent).toBe(1)
    await textOf(client.request(get(origin, { method: 'POST' })))
    expect(seen[1]).toContain('content-length: 0\r\n')
    await textOf(client.request(get(origin, { method: 'DELETE' })))
    expect(seen[2]).not.toContain('content-length')
  })

  test.each([
    ['a line break in a value', { headers: { 'x-a': 'b\r\nEvil: 1' } }],
    ['a lone LF', { headers: { 'x-a': 'b\nEvil: 1' } }],
    ['a zero byte', { headers: { 'x-a': 'b\0' } }],
    ['a letter beyond Latin-1', { headers: { 'x-a': '日' } }],
    ['a blank in a name', { headers: { 'x a': 'b' } }],
    ['an empty name', { headers: { '': 'b' } }],
    ['a colon in a name', { headers: { 'x:': 'b' } }],
    ['a blank in the path', { path: '/a HTTP/1.1\r\nEvil: 1' }],
    ['a path that is none', { path: 'evil' }],
  ])('%s is refused before anything is sent', async (_, more) => {
    let connections = 0
    const client = openClient({
      connect(to) {
        connections += 1
        return dial(to)
      },
    })
    expect(await codeOf(client.request(get('http://127.0.0.1:9', more as Partial<HttpRequest>)))).toBe('TypeError')
    expect(connections).toBe(0)
  })

  test('20 MB there and back, byte for byte', async () => {
    const { origin } = await startHttp((req, res) => void req.pipe(res))
    const body = Buffer.alloc(20_000_000)
    for (let at = 0; at < body.length; at += 1) body[at] = (at * 31) % 251
    const client = openClient()
    const answer = await textOf(client.request(get(origin, { method: 'POST', body })))
    expect(Buffer.from(answer, 'latin1').equals(body)).toBe(true)
    expect(await textOf(client.request(get(origin)))).toBe('')
  })

  test('an answer before all of the request is sent is read, and the connection not used again', async () => {
    const { origin } = await startRaw((socket, _, nth) => {
      if (nth === 0) socket.pause().write(plain('too large'))
    })
    const client = openClient()
    const body = Buffer.alloc(30_000_000)
    expect(await textOf(client.request(get(origin, { method: 'POST', body })))).toBe('too large')
    await until(() => client.made[0]?.destroyed === true, 'its end')
  })

  test('what nobody reads is not fetched: the server is held up, and the rest comes when it is read', async () => {
    let written = 0
    const piece = Buffer.alloc(256 * 1024, 0x61)
    const { origin } = await startHttp(async (_, res) => {
      for (let at = 0; at < 200; at += 1) {
        const more = res.write(piece)
        written += piece.length
        if (!more) await new Promise((resolve) => res.once('drain', resolve))
      }
      res.end()
    })
    const client = openClient()
    const answer = await client.request(get(origin))
    await delay(300)
    expect(written).toBeLessThan(30_000_000)
    const text = await textOf(answer)
    expect(text.length).toBe(200 * piece.length)
    expect(await textOf(client.request(get(origin)))).toHaveLength(200 * piece.length)
    expect(client.made).toHaveLength(1)
  })

  test.each(['before it is sent', 'before its answer', 'in the middle of its answer'])(
    'given up %s, it ends alone',
    async (when) => {
      const { origin, sockets } = await startHttp((req, res) => {
        if (req.url === '/fine') return void res.end('fine')
        if (when === 'in the middle of its answer') res.write('begun')
      })
      const client = openClient()
      const stop = new AbortController()
      const reason = new Error('not wanted')
      const asked = client.request(get(origin, { signal: stop.signal, path: '/slow' }))
      const failed = expect(asked.then(textOf)).rejects.toBe(reason)
      if (when !== 'before it is sent') await until(() => sockets.size === 1, 'the connection')
      if (when === 'in the middle of its answer') await asked
      stop.abort(reason)
      await failed
      expect(await textOf(client.request(get(origin, { path: '/fine' })))).toBe('fine')
      await expect(client.request(get(origin, { signal: stop.signal }))).rejects.toBe(reason)
    },
  )

  test('a reader that leaves ends its answer; a signal that comes too late ends nothing', async () => {
    const { origin } = await startHttp((req, res) => {
      if (req.url === '/fine') return void res.end('fine')
      res.write('begun')
    })
    const client = openClient()
    const left = await client.request(get(origin))
    left.body.destroy()
    await until(() => client.made[0]?.destroyed === true, 'the end of the connection')
    const stop = new AbortController()
    expect(await textOf(client.request(get(origin, { path: '/fine', signal: stop.signal })))).toBe('fine')
    stop.abort()
    expect(await textOf(client.request(get(origin, { path: '/fine' })))).toBe('fine')
    expect(client.made).toHaveLength(2)
  })

  test.each([
    ['before its head', ''],
    ['within its head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['before its body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['within its body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'],
    ['between its chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n'],
  ])('cut off %s it fails, whether the connection ends or breaks', async (_, bytes) => {
    for (const how of ['end', 'reset'] as const) {
      const { origin } = await startRaw((socket) => {
        if (how === 'end') return void socket.end(bytes)
        socket.write(bytes)
        setTimeout(() => socket.resetAndDestroy(), 20)
      })
      expect(await codeOf(openClient().request(get(origin)).then(textOf))).toBe('ECONNRESET')
    }
  })

  test('a body without a length ends with its connection', async () => {
    const { origin } = await startRaw((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nhello'))
    const client = openClient()
    expect(await textOf(client.request(get(origin)))).toBe('hello')
    expect(await textOf(client.request(get(origin)))).toBe('hello')
  })

  test('edge 20, case 41: a head that has begun must end; before its first byte there is no limit', async () => {
    const { origin } = await startRaw((socket, piece) => {
      if (piece.includes('/late')) setTimeout(() => socket.write(plain('late')), 400)
      else socket.write('HTTP/1.1 200 OK\r\nX-Long: ')
    })
    const client = openClient({ headMs: 150 })
    const slow = codeOf(client.request(get(origin)))
    expect(await textOf(client.request(get(origin, { path: '/late' })))).toBe('late')
    expect(await slow).toBe('HTTP_SLOW_HEADERS')
  })

  test('a body that is silent for long is waited for', async () => {
    const { origin } = await startHttp((_, res) => {
      res.write('a')
      setTimeout(() => res.end('b'), 400)
    })
    expect(await textOf(openClient({ headMs: 100 }).request(get(origin)))).toBe('ab')
  })
})
