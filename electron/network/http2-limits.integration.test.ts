import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { createExchanges } from './exchanges.ts'
import { openSession } from './http2.ts'
import { createAuthority } from './testing/authority.ts'
import { openTestNetwork } from './testing/test-network.ts'

// A server of HTTP/2 that says frame by frame what a test wants (RFC 9113 §4.1), as no library would let it.
const types = { data: 0, headers: 1, settings: 4, ping: 6, continuation: 9 }
const flags = { none: 0, ack: 1, endStream: 1, endHeaders: 4 }
function frame(type: number, flag: number, stream: number, payload: Buffer = Buffer.alloc(0)) {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flag
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}
/** Two streams at a time: a place that is not given back is missed. */
const settings = frame(types.settings, flags.none, 0, Buffer.from([0, 3, 0, 0, 0, 2]))
/** `:status: 200` of the static table, and one header that is no surprise to anybody. */
const status200 = Buffer.from([0x88])
const literal = (name: string, value: string) =>
  Buffer.concat([Buffer.from([0x00, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])

type Frame = { type: number; flag: number; stream: number; payload: Buffer }
/** Calls back with each frame of the client behind its preface. */
function readFrames(socket: Socket, onFrame: (frame: Frame) => void) {
  let rest = Buffer.alloc(0)
  let isOpen = false
  socket
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      if (!isOpen && rest.length >= 24) {
        isOpen = true
        rest = rest.subarray(24)
      }
      while (isOpen && rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const end = 9 + rest.readUIntBE(0, 3)
        onFrame({
          type: rest[3] as number,
          flag: rest[4] as number,
          stream: rest.readUInt32BE(5),
          payload: rest.subarray(9, end),
        })
        rest = rest.subarray(end)
      }
    })
}

type Behaviour = (socket: TLSSocket, said: Frame) => void
async function startFrameServer(behave: Behaviour, { greets = true } = {}) {
  const authority = createAuthority()
  const sockets = new Set<TLSSocket>()
  const server = createTlsServer({ ...authority.issue('mcp'), ALPNProtocols: ['h2'] }, (socket) => {
    sockets.add(socket)
    if (greets) socket.write(settings)
    readFrames(socket, (said) => behave(socket, said))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const network = openTestNetwork({ caFiles: () => [authority.rootFile] })
  const origin = `https://mcp.acme.test:${port}`
  const dial = async (): Promise<Socket> => (await network.dial(new URL(origin), ['h2'])).socket
  return { origin, network, dial, sockets }
}
const get = { path: '/', method: 'GET', headers: {} } as const
const codeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  )

test('a server that speaks HTTP/2 and then says nothing is given up in time', async () => {
  const { origin, dial } = await startFrameServer(() => {}, { greets: false })
  const socket = await dial()
  expect(await codeOf(openSession(origin, socket, { settingsMs: 100 }))).toBe('ETIMEDOUT')
  await expect.poll(() => socket.destroyed).toBe(true)
})

test('who leaves while a connection is being made is let go at once, and keeps no place on it', async () => {
  const opened = Promise.withResolvers<void>()
  const held: number[] = []
  let isFirst = true
  const { origin, dial, sockets } = await startFrameServer((socket, { type, stream }) => {
    if (type !== types.headers) return
    // The first alone, then two together.
    held.push(stream)
    if (!isFirst && held.length < 2) return
    for (const each of held.splice(0))
      socket.write(frame(types.headers, flags.endHeaders | flags.endStream, each, status200))
    isFirst = false
  })
  const exchanges = createExchanges({
    open: async () => {
      await opened.promise
      return { socket: await dial(), isHttp2: true }
    },
    request: () => Promise.reject(new Error('not by HTTP/1.1')),
    offer: () => {},
  })
  onTestFinished(exchanges.destroy)
  const leaver = new AbortController()
  const left = exchanges.request({ ...get, origin, signal: leaver.signal })
  const stayed = exchanges.request({ ...get, origin })
  leaver.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  opened.resolve()
  const { body, statusCode } = await stayed
  for await (const _ of body);
  expect(statusCode).toBe(200)
  for (let turns = 0; turns < 10; turns += 1) await nextTurn() // its stream has ended, and gives its own place back
  const two = [exchanges.request({ ...get, origin }), exchanges.request({ ...get, origin })]
  expect(await Promise.all(two)).toMatchObject([{ statusCode: 200 }, { statusCode: 200 }])
  expect(sockets.size).toBe(1)
})

test('a flood of CONTINUATION frames ends the connection before it costs anything', async () => {
  let written = 0
  let wasCut = false
  const { origin, network } = await startFrameServer((socket, { type, stream }) => {
    if (type !== types.headers) return
    socket.write(frame(types.headers, flags.none, stream, status200))
    socket.on('close', () => {
      wasCut = true
    })
    const more = () => {
      while (!socket.destroyed && written < 64 * 1024 * 1024) {
        const piece = frame(types.continuation, flags.none, stream, literal('x-fill', 'x'.repeat(100)))
        written += piece.length
        if (!socket.write(piece)) return void socket.once('drain', more)
      }
    }
    more()
  })
  expect(await codeOf(network.dispatcher.request({ ...get, origin }))).toBe('ERR_HTTP2_ERROR')
  await expect.poll(() => wasCut).toBe(true)
  expect(written).toBeLessThan(16 * 1024 * 1024)
})

test('endless headers in one block are refused', async () => {
  const { origin, network } = await startFrameServer((socket, { type, stream }) => {
    if (type !== types.headers) return
    const many = Array.from({ length: 2000 }, (_, at) => literal(`x-fill-${at}`, 'x'.repeat(100)))
    const block = Buffer.concat([status200, ...many])
    socket.write(frame(types.headers, flags.none, stream, block.subarray(0, 16_000)))
    for (let from = 16_000; from < block.length; from += 16_000)
      socket.write(
        frame(
          types.continuation,
          from + 16_000 >= block.length ? flags.endHeaders : flags.none,
          stream,
          block.subarray(from, from + 16_000),
        ),
      )
  })
  expect(await codeOf(network.dispatcher.request({ ...get, origin }))).toBe('ERR_HTTP2_STREAM_ERROR')
})

/** Begins the headers of its answer and never ends them; nothing else can be said on this connection then. */
const stall: Behaviour = (socket, { type, stream }) => {
  if (type === types.headers) socket.write(frame(types.headers, flags.none, stream, status200))
}
const pong: Behaviour = (socket, { type, flag, payload }) => {
  if (type === types.ping && flag === flags.none) socket.write(frame(types.ping, flags.ack, 0, payload))
}

test('headers that begin and do not end: nothing new is sent that way, and the connection is given up', async () => {
  const { origin, dial } = await startFrameServer(stall)
  const session = await openSession(origin, await dial(), { pingMs: 20, mostMissed: 10 })
  expect(session.reserve()).toBe(true)
  const asked = codeOf(session.request({ ...get, origin }) as Promise<unknown>)
  const isFree = () => {
    const is = session.reserve()
    if (is) session.release()
    return is
  }
  await expect.poll(isFree, { interval: 5 }).toBe(false)
  expect(session.isOver()).toBe(false)
  expect(await asked).toBe('ECONNRESET')
  expect(session.isOver()).toBe(true)
})

test('a call that takes its time on a connection that answers PING is left alone', async () => {
  const asking: number[] = []
  let pings = 0
  const { origin, dial } = await startFrameServer((socket, said) => {
    pong(socket, said)
    if (said.type === types.headers) asking.push(said.stream)
    if (said.type === types.ping) pings += 1
    if (pings > 30)
      for (const stream of asking.splice(0))
        socket.write(frame(types.headers, flags.endHeaders | flags.endStream, stream, status200))
  })
  const session = await openSession(origin, await dial(), { pingMs: 20, mostMissed: 10 })
  expect(session.reserve()).toBe(true)
  expect(await session.request({ ...get, origin })).toMatchObject({ statusCode: 200 })
  session.destroy()
})

test('a connection on which nothing runs is not asked', async () => {
  let pings = 0
  const { origin, dial } = await startFrameServer((_, { type }) => {
    if (type === types.ping) pings += 1
  })
  const session = await openSession(origin, await dial(), { pingMs: 10 })
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(pings).toBe(0)
  expect(session.reserve()).toBe(true)
  session.destroy()
})
