import { expect, test } from 'vitest'
import { type ConnectionState, createHttpCarrier, takeToken } from './http-carrier.ts'

type Handler = (path: string, init: RequestInit) => Response | Promise<Response>

/** A stream of events that the test speaks through. */
class FakeEvents {
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  closed = false
  readonly #listeners = new Map<string, (event: { data: string }) => void>()
  addEventListener(channel: string, listener: (event: { data: string }) => void) {
    this.#listeners.set(channel, listener)
  }
  say(channel: string, payload: unknown) {
    this.#listeners.get(channel)?.({ data: JSON.stringify(payload) })
  }
  close() {
    this.closed = true
  }
}

function setUp(handle: Handler, token: string | null = null) {
  const streams: FakeEvents[] = []
  const states: ConnectionState[] = []
  const requests: string[] = []
  const carrier = createHttpCarrier({
    token,
    fetch: async (path, init) => {
      requests.push(`${init.method} ${path} ${init.body}`)
      return handle(path, init)
    },
    openEvents: () => {
      const stream = new FakeEvents()
      streams.push(stream)
      return stream as unknown as EventSource
    },
    wait: async () => {},
    onState: (state) => states.push(state),
  })
  return { carrier, streams, states, requests }
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status })
const streamOf = async (streams: FakeEvents[], index = 0) => {
  await expect.poll(() => streams.length).toBe(index + 1)
  const stream = streams[index]
  if (!stream) throw new Error('no stream')
  return stream
}

test('the token leaves the address bar and becomes a session before anything is asked', async () => {
  let replaced = ''
  const history = {
    replaceState: (_state: unknown, _title: string, url: string) => {
      replaced = url
    },
  }
  const location = { hash: '#token=abc_-1', pathname: '/', search: '' }
  expect(takeToken(location as Location, history as unknown as History)).toBe('abc_-1')
  expect(replaced).toBe('/')
  const { carrier, requests } = setUp(
    (path) => (path === '/session' ? new Response(null, { status: 204 }) : json({ ok: true })),
    'abc',
  )
  await carrier.call('app.quit', undefined)
  expect(requests).toEqual(['POST /session {"token":"abc"}', 'POST /call/app.quit '])
})

test('an address without a token is left as it is', () => {
  const location = { hash: '#/servers', pathname: '/', search: '' } as Location
  expect(takeToken(location, { replaceState: () => expect.unreachable() } as unknown as History)).toBeNull()
})

test('an answer comes back as data, a refusal too', async () => {
  const { carrier } = setUp((path) =>
    path.endsWith('good') ? json({ ok: true, value: 3 }) : json({ ok: false, problem: { code: 'internal' } }, 400),
  )
  expect(await carrier.call('x.good', { a: 1 })).toEqual({ ok: true, value: 3 })
  expect(await carrier.call('x.bad', undefined)).toEqual({ ok: false, problem: { code: 'internal' } })
})

test('a used token does no harm where the cookie of the first time still holds', async () => {
  const { carrier, states } = setUp(
    (path) => (path === '/session' ? json({ ok: false }, 403) : json({ ok: true, value: 1 })),
    'old',
  )
  expect(await carrier.call('x.y', undefined)).toEqual({ ok: true, value: 1 })
  expect(states).toEqual([])
})

test('401 ends the session for good and says so', async () => {
  const { carrier, states, streams } = setUp(() => json({ ok: false }, 401))
  await expect(carrier.call('x.y', undefined)).rejects.toMatchObject({ code: 'ipc.session-over' })
  expect(states).toEqual(['refused'])
  carrier.on('x.changed', () => {})
  await Promise.resolve()
  expect(streams).toHaveLength(0)
})

test('what is not an answer, such as a proxy’s page, is named', async () => {
  const { carrier } = setUp(() => new Response('<html>', { status: 502 }))
  await expect(carrier.call('x.y', undefined)).rejects.toMatchObject({
    code: 'ipc.bad-answer',
    detail: 'x.y, HTTP 502',
  })
})

test('a core that is away is a lost connection', async () => {
  const { carrier } = setUp(() => Promise.reject(new TypeError('fetch failed')))
  await expect(carrier.call('x.y', undefined)).rejects.toMatchObject({ code: 'ipc.disconnected' })
})

test('snapshots wait for the stream, so that nothing is said between the two', async () => {
  const { carrier, streams, requests, states } = setUp(() => json({ ok: true, value: 1 }))
  carrier.on('x.changed', () => {})
  const answer = carrier.call('x.snapshot', undefined)
  const stream = await streamOf(streams)
  expect(requests).toEqual([])
  stream.onopen?.()
  expect(await answer).toEqual({ ok: true, value: 1 })
  expect(states).toEqual(['connected'])
})

test('events reach the listeners of their channel until they leave', async () => {
  const { carrier, streams } = setUp(() => json({ ok: true }))
  const heard: unknown[] = []
  const close = carrier.on('x.changed', (payload) => heard.push(payload))
  const stream = await streamOf(streams)
  carrier.on('y.changed', (payload) => heard.push(payload))
  stream.say('x.changed', { a: 1 })
  stream.say('y.changed', 2)
  close()
  stream.say('x.changed', { a: 2 })
  expect(heard).toEqual([{ a: 1 }, 2])
})

test('after a lost stream it asks until the core is back, and listens again', async () => {
  let away = 2
  const { carrier, streams, states } = setUp(() => {
    away -= 1
    return away >= 0 ? Promise.reject(new TypeError('fetch failed')) : json({ ok: true })
  })
  const heard: unknown[] = []
  carrier.on('x.changed', (payload) => heard.push(payload))
  const first = await streamOf(streams)
  first.onopen?.()
  first.onerror?.()
  const second = await streamOf(streams, 1)
  second.onopen?.()
  second.say('x.changed', 'again')
  expect(first.closed).toBe(true)
  expect(heard).toEqual(['again'])
  expect(states).toEqual(['connected', 'lost', 'lost', 'lost', 'connected'])
})

test('a stream that ends because the session is over is not opened again', async () => {
  const { carrier, streams, states } = setUp(() => json({ ok: false }, 401))
  carrier.on('x.changed', () => {})
  const stream = await streamOf(streams)
  stream.onerror?.()
  await expect.poll(() => states).toEqual(['lost', 'refused'])
  expect(streams).toHaveLength(1)
})
