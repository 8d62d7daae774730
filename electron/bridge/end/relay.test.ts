import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { callLine, initializedLine, initializeLine } from '../testing/session-bench.ts'
import type { Dialled } from './dial.ts'
import { createRelay } from './relay.ts'

vi.setConfig({ testTimeout: 30_000 })
// A machine under load stands still for seconds: only what is about giving up gives up soon.
const patient = { launched: 60_000, notLaunched: 60_000, again: 60_000, drain: 60_000 }
const hasty = { notLaunched: 50, again: 50 }
const patience = { timeout: 20_000, interval: 5 }
let home = ''
let closers: (() => unknown)[] = []
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'relay-'))
})
afterEach(async () => {
  for (const close of closers.reverse()) close()
  closers = []
  await rm(home, { recursive: true, force: true })
})

type Lines = { text: string; take: () => unknown[] }
function collect(): Lines & { add: (chunk: Buffer) => void } {
  const lines = {
    text: '',
    add: (chunk: Buffer) => {
      lines.text += chunk
    },
    take: () => {
      const all = lines.text.split('\n').filter(Boolean)
      lines.text = ''
      return all.map((line) => JSON.parse(line))
    },
  }
  return lines
}

/** A relay between streams of the test and a hub that the test plays by hand, on a real socket. */
function createBench({
  launch = () => false,
  waitMs = {},
}: {
  launch?: () => boolean
  waitMs?: Partial<typeof patient>
} = {}) {
  const input = new PassThrough()
  const output = new PassThrough()
  const heard = collect()
  output.on('data', heard.add)
  const resumes: boolean[] = []
  const onEnd = vi.fn()
  let server: Server | null = null
  let peer: Socket | null = null
  const atHub = collect()
  const world = { outcome: null as Dialled | null }
  const path = join(home, 'hub.sock')

  async function startHub() {
    server = createServer((socket) => {
      peer = socket
      socket.on('data', atHub.add)
      socket.on('error', () => {})
    })
    const listening = server
    closers.push(() => listening.close())
    await new Promise<void>((resolve) => listening.listen(path, resolve))
  }
  async function stopHub() {
    server?.close()
    peer?.destroy()
    peer = null
  }
  function dial(resumed: boolean): Promise<Dialled> {
    if (world.outcome) return Promise.resolve(world.outcome)
    return new Promise((resolve) => {
      const socket = connect(path)
      socket.on('error', () => resolve({ state: 'away' }))
      socket.on('connect', () => {
        resumes.push(resumed)
        socket.pause()
        resolve({ state: 'open', socket })
      })
      closers.push(() => socket.destroy())
    })
  }
  createRelay({
    input,
    output,
    connect: dial,
    launch,
    onEnd,
    waitMs: { ...patient, ...waitMs },
  })
  closers.push(() => input.end())
  const type = (...lines: string[]) => input.write(lines.map((line) => `${line}\n`).join(''))
  const say = (...lines: string[]) => peer?.write(lines.map((line) => `${line}\n`).join(''))
  const connected = () => vi.waitFor(() => expect(peer).not.toBeNull(), patience)
  const arrives = (lines: Lines, text: string) => vi.waitFor(() => expect(lines.text).toContain(text), patience)
  return {
    input,
    heard,
    atHub,
    resumes,
    onEnd,
    startHub,
    stopHub,
    type,
    say,
    arrives,
    connected,
    world,
    peer: () => peer,
  }
}
const answer = (id: unknown) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{}}`

test('carries lines both ways', async () => {
  const bench = createBench()
  await bench.startHub()
  bench.type(callLine(1))
  await bench.arrives(bench.atHub, callLine(1))
  bench.say(answer(1))
  await bench.arrives(bench.heard, answer(1))
})

test('carries megabytes each way without keeping them, and remembers what they were about', async () => {
  const bench = createBench({ waitMs: hasty })
  await bench.startHub()
  await bench.connected()
  const text = 'x'.repeat(2 * 1024 * 1024)
  bench.type(callLine('big', 'echo', text))
  await vi.waitFor(() => expect(bench.atHub.text.length).toBe(callLine('big', 'echo', text).length + 1), patience)
  bench.say(`{"jsonrpc":"2.0","result":"${text}","id":"big"}`, answer(2))
  await bench.arrives(bench.heard, answer(2))
  bench.heard.text = ''
  await bench.stopHub()
  bench.type(callLine(3))
  await bench.arrives(bench.heard, '"id":3')
  expect(bench.heard.take()).toMatchObject([{ id: 3 }]) // 'big' was answered: it is not failed again
})

test('when the hub goes, running calls fail, questions are taken back, and the opening is said again to the next', async () => {
  const bench = createBench()
  await bench.startHub()
  bench.type(initializeLine(0), initializedLine)
  await bench.arrives(bench.atHub, 'notifications/initialized')
  bench.say(answer(0), '{"jsonrpc":"2.0","id":"q","method":"roots/list"}')
  bench.type(callLine(1))
  await bench.arrives(bench.atHub, callLine(1))
  await bench.arrives(bench.heard, 'roots/list')
  bench.heard.text = bench.atHub.text = ''
  await bench.stopHub()
  await bench.arrives(bench.heard, 'notifications/cancelled')
  expect(bench.heard.take()).toMatchObject([
    {
      id: 1,
      error: {
        message: 'The connection was lost before the answer came: the app was restarted; send the request again',
        data: { code: 'bridge.interrupted' },
      },
    },
    { method: 'notifications/cancelled', params: { requestId: 'q' } },
  ])
  await bench.startHub()
  await bench.arrives(bench.atHub, 'notifications/initialized')
  bench.type(callLine(2))
  await bench.arrives(bench.atHub, callLine(2))
  expect(bench.atHub.take()).toMatchObject([
    { method: 'initialize' },
    { method: 'notifications/initialized' },
    { id: 2 },
  ])
  expect(bench.resumes).toEqual([false, true])
  await bench.stopHub()
  await bench.arrives(bench.heard, '"id":2')
  expect(bench.heard.take()).toMatchObject([{ id: 2 }]) // what was said once is not said again
})

test('an initialize the old hub never answered is asked of the new one, and its answer goes to the client', async () => {
  const bench = createBench()
  await bench.startHub()
  bench.type(initializeLine('i'))
  await bench.arrives(bench.atHub, 'initialize')
  await bench.stopHub()
  await bench.startHub()
  await vi.waitFor(() => expect(bench.resumes).toEqual([false, false]), patience)
  await vi.waitFor(() => expect(bench.atHub.take().length).toBeGreaterThan(0), patience)
  bench.say(answer('i'))
  await bench.arrives(bench.heard, answer('i'))
  expect(bench.heard.take()).toHaveLength(1)
})

test('what is said while there is no hub waits for one, in order', async () => {
  const bench = createBench({ launch: () => true })
  bench.type(initializeLine(0), initializedLine, callLine(1), callLine(2))
  await bench.startHub()
  await bench.arrives(bench.atHub, callLine(2))
  expect(bench.atHub.take().map((line) => (line as { id?: number }).id)).toEqual([0, undefined, 1, 2])
  expect(bench.heard.text).toBe('')
})

test('where no hub can be had each request is told what to do, and the next hub serves the next request', async () => {
  const bench = createBench({ waitMs: hasty })
  bench.type(initializeLine(0), callLine('x'))
  await bench.arrives(bench.heard, '"id":"x"')
  expect(bench.heard.take()).toMatchObject([
    {
      id: 0,
      error: {
        code: -32050,
        message: 'The app is not running: start it and try again',
        data: { code: 'app.not-running', remedy: 'restart-app' },
      },
    },
    { id: 'x', error: { data: { code: 'app.not-running' } } },
  ])
  bench.type(callLine(2))
  await bench.arrives(bench.heard, '"id":2')
  bench.heard.text = ''
  await bench.startHub()
  bench.type(callLine(3))
  await bench.arrives(bench.atHub, callLine(3))
  expect(bench.onEnd).not.toHaveBeenCalled()
})

test('the app is started because a request waits, and only then', async () => {
  const launch = vi.fn(() => true)
  const bench = createBench({ launch })
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(launch).not.toHaveBeenCalled()
  bench.type(callLine(1))
  await vi.waitFor(() => expect(launch).toHaveBeenCalledTimes(1), patience)
  await bench.startHub()
  await bench.arrives(bench.atHub, callLine(1))
  expect(launch).toHaveBeenCalledTimes(1)
})

test('says that versions differ, that someone else answers, or what the hub itself said', async () => {
  const bench = createBench({ waitMs: hasty })
  bench.world.outcome = { state: 'other-version' }
  bench.type(callLine(1))
  await bench.arrives(bench.heard, '"id":1')
  bench.world.outcome = { state: 'unproven' }
  bench.type(callLine(2))
  await bench.arrives(bench.heard, '"id":2')
  bench.world.outcome = { state: 'refused', errorText: '{"code":-32050,"message":"no"}' }
  bench.type(callLine(3))
  await bench.arrives(bench.heard, '"id":3')
  expect(bench.heard.take().map((line) => (line as { error: { message: string } }).error.message)).toEqual([
    'The app and its bridge are of different versions: restart the app, then this one',
    'The app is not running: something else answers in its place',
    'no',
  ])
})

test('of a large request that comes while there is no hub the client keeps the rest until there is one', async () => {
  const bench = createBench({ launch: () => true })
  bench.type(callLine('big', 'echo', 'x'.repeat(1_000_000)), callLine(2))
  await vi.waitFor(() => expect(bench.input.isPaused()).toBe(true), patience)
  await bench.startHub()
  await bench.arrives(bench.atHub, callLine(2))
  expect(bench.atHub.take().map((line) => (line as { id: unknown }).id)).toEqual(['big', 2])
  expect(bench.heard.text).toBe('')
})

test('a large request for which no hub comes is answered by its id', async () => {
  const bench = createBench({ waitMs: hasty })
  const line = callLine('big', 'echo', 'x'.repeat(200_000))
  bench.input.write(line.slice(0, 100_000))
  await vi.waitFor(() => expect(bench.input.isPaused()).toBe(true), patience)
  bench.input.write(`${line.slice(100_000)}\n`)
  await bench.arrives(bench.heard, 'app.not-running')
  expect(bench.heard.take()).toMatchObject([{ id: 'big' }])
})

test('more than can be held for a hub to come is refused by its id', async () => {
  const bench = createBench({ launch: () => true })
  for (let id = 1; id <= 40; id += 1) bench.type(callLine(id, 'echo', 'x'.repeat(50_000)))
  await bench.arrives(bench.heard, '"id":40')
  const refused = bench.heard.take()
  expect(refused).toMatchObject(Array(refused.length).fill({ error: { data: { code: 'app.not-running' } } }))
  await bench.startHub()
  const arrived = () => bench.atHub.text.split('\n').length - 1
  await vi.waitFor(() => expect(arrived() + refused.length).toBe(40), patience)
})

test('a request cut off in the middle of its line is failed at its end', async () => {
  const bench = createBench()
  await bench.startHub()
  await bench.connected()
  const line = callLine('big', 'echo', 'x'.repeat(200_000))
  bench.input.write(line.slice(0, 150_000))
  await vi.waitFor(() => expect(bench.atHub.text.length).toBe(150_000), patience)
  await bench.stopHub()
  bench.input.write(`${line.slice(150_000)}\n`)
  await bench.arrives(bench.heard, 'bridge.interrupted')
  expect(bench.heard.take()).toMatchObject([{ id: 'big' }])
})

test('an answer cut off in the middle of its line is ended, so that the next line is read', async () => {
  const bench = createBench()
  await bench.startHub()
  bench.type(callLine(1))
  await bench.arrives(bench.atHub, callLine(1))
  bench.peer()?.write(`{"jsonrpc":"2.0","id":1,"result":"${'x'.repeat(100_000)}`)
  await vi.waitFor(() => expect(bench.heard.text.length).toBeGreaterThan(100_000), patience)
  await bench.stopHub()
  await bench.arrives(bench.heard, 'bridge.interrupted')
  expect(JSON.parse(bench.heard.text.trim().split('\n').at(-1) as string)).toMatchObject({ id: 1 })
})

test('when stdin ends it leaves at once, or as soon as the running calls are answered', async () => {
  const idle = createBench()
  idle.input.end()
  await vi.waitFor(() => expect(idle.onEnd).toHaveBeenCalledTimes(1), patience)

  const busy = createBench()
  await busy.startHub()
  busy.type(callLine(1), callLine(2))
  busy.input.end()
  await busy.arrives(busy.atHub, callLine(2))
  busy.say(answer(1), answer(2))
  await vi.waitFor(() => expect(busy.onEnd).toHaveBeenCalledTimes(1), patience)
  expect(busy.heard.text).toBe(`${answer(1)}\n${answer(2)}\n`)
})

test('when stdin ends and a call is never answered it leaves all the same', async () => {
  const bench = createBench({ waitMs: { drain: 50 } })
  await bench.startHub()
  bench.type(callLine(1))
  await bench.arrives(bench.atHub, callLine(1))
  bench.input.end()
  await vi.waitFor(() => expect(bench.onEnd).toHaveBeenCalledTimes(1), patience)
})
