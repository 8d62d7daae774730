import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { createPlainHttp1 } from '../lib/http1/testing.ts'
import { createFetchDispatcher } from './fetch-dispatcher.ts'
import { openTestNetwork } from './testing/test-network.ts'

async function start(handle: (req: IncomingMessage, res: ServerResponse) => void) {
  const server = createServer(handle)
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, connections: () => connections, fetch: openTestNetwork().fetch }
}
async function readAll(req: IncomingMessage) {
  let text = ''
  for await (const piece of req) text += piece
  return text
}

test('a form is posted whole, with its length, and the answer is the platform’s own', async () => {
  const { origin, fetch } = await start(async (req, res) => {
    const { 'content-length': length, 'content-type': type, 'transfer-encoding': coding, 'x-own': own } = req.headers
    res.setHeader('set-cookie', ['a=1', 'b=2'])
    res.end(JSON.stringify({ length, type, coding, own, body: await readAll(req), path: req.url }))
  })
  const body = new URLSearchParams({ code: 'é & so' })
  const response = await fetch(`${origin}/token?a=b`, { method: 'POST', body, headers: { 'x-own': 'yes' } })
  expect(response).toBeInstanceOf(Response)
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(await response.json()).toEqual({
    ...{ length: '18', type: 'application/x-www-form-urlencoded;charset=UTF-8', own: 'yes' },
    ...{ body: 'code=%C3%A9+%26+so', path: '/token?a=b' },
  })
})

test('what is compressed is unpacked, redirects are followed or shown, a connection is used again', async () => {
  const { origin, fetch, connections } = await start((req, res) => {
    if (req.url === '/old') return void res.writeHead(302, { location: '/new' }).end()
    res.setHeader('content-encoding', 'gzip').end(gzipSync('hello '.repeat(1000)))
  })
  expect(await (await fetch(`${origin}/new`)).text()).toBe('hello '.repeat(1000))
  const followed = await fetch(`${origin}/old`)
  expect([followed.url, followed.redirected, await followed.text()]).toEqual([
    `${origin}/new`,
    true,
    'hello '.repeat(1000),
  ])
  const shown = await fetch(`${origin}/old`, { redirect: 'manual' })
  expect([shown.status, shown.headers.get('location'), await shown.text()]).toEqual([302, '/new', ''])
  expect(connections()).toBe(1)
})

test('whoever gives up ends the exchange, before the answer and within it', async () => {
  const closed: string[] = []
  const { origin, fetch } = await start((req, res) => {
    res.on('close', () => closed.push(req.url ?? ''))
    if (req.url === '/body') res.write('some')
  })
  const early = new AbortController()
  const asked = fetch(`${origin}/head`, { signal: early.signal })
  setTimeout(() => early.abort(new Error('enough')), 50)
  await expect(asked).rejects.toThrow('enough')
  const late = new AbortController()
  const response = await fetch(`${origin}/body`, { signal: late.signal })
  late.abort(new Error('enough too'))
  await expect(response.text()).rejects.toThrow('enough too')
  await expect.poll(() => closed).toEqual(['/head', '/body'])
})

test('an answer that is cut off is an error and never a shorter answer', async () => {
  const { origin, fetch } = await start((_, res) => {
    res.writeHead(200, { 'content-length': 100 })
    res.write('some', () => res.destroy())
  })
  const response = await fetch(origin)
  await expect(response.text()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
})

test('what nobody reads is not fetched, and all of it comes to who reads late', async () => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  let written = 0
  const { origin, fetch } = await start((_, res) => {
    const write = () => {
      while (written < 1000) {
        written += 1
        if (!res.write(piece)) return void res.once('drain', write)
      }
      res.end()
    }
    write()
  })
  const response = await fetch(origin)
  let seen = -1
  while (seen !== written) {
    seen = written
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  expect(written).toBeLessThan(500)
  expect((await response.arrayBuffer()).byteLength).toBe(1000 * piece.length)
})

test('undici’s newer form of a handler is told the same, and can hold the answer up', async () => {
  const { origin } = await start((_, res) => res.setHeader('x-a', '1').end('hello'))
  const told: unknown[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => told.push('start'),
    onResponseStart: (_, status, headers) => told.push(status, headers['x-a']),
    onResponseData(controller, chunk) {
      told.push(String(chunk))
      controller.pause()
      setTimeout(() => {
        told.push('held up')
        controller.resume()
      }, 50)
    },
    onResponseEnd() {
      told.push('end')
      resolve()
    },
    onResponseError: (_, error) => told.push(error),
  }
  createFetchDispatcher(createPlainHttp1()).dispatch({ origin, path: '/', method: 'GET' }, handler)
  await promise
  expect(told).toEqual(['start', 200, '1', 'hello', 'held up', 'end'])
})

test('a method that is not spoken is refused', async () => {
  const { origin, fetch } = await start((_, res) => res.end())
  await expect(fetch(origin, { method: 'PUT' })).rejects.toMatchObject({ cause: { message: 'PUT is not sent here' } })
})
