import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { findCompiler } from '../../build/native.ts'
import { createBuilds, nodeBuild } from './native/test-builds.ts'
import { createLineClient } from './testing/line-client.ts'
import { createProcesses, setBridge } from './testing/processes.ts'
import { startScaleServer } from './testing/scale-server.ts'
import { until } from './testing/until.ts'

// A hundred bridges are what a busy day brings; only the native one is light enough for a test to start that many.
const builds = findCompiler() ? await createBuilds() : null
let processes: Awaited<ReturnType<typeof createProcesses>>
let server: Awaited<ReturnType<typeof startScaleServer>>

beforeAll(async () => setBridge(builds ? await builds.release() : nodeBuild))
afterAll(() => builds?.close())
beforeEach(async () => {
  processes = await createProcesses()
  server = await startScaleServer()
})
afterEach(async () => {
  await processes.close()
  await server.close()
})

const range = (count: number) => Array.from({ length: count }, (_, index) => index)
const openClient = async (id = 'real') => {
  const client = createLineClient(processes.startBridge(id, '--client', 'vscode').child)
  await client.initialize()
  return client
}
/** Resident megabytes of a process: now, and at its worst. */
function readMemory(pid = 0) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
  return { now: read('VmRSS'), most: read('VmHWM') }
}

test('case 39, pain 3: 100 bridges, 1,000 calls in flight: all answered, each client in order, the hub within 350 MB', {
  timeout: 240_000,
}, async () => {
  const hub = await processes.startHub(server.endpoint)
  const clients = await Promise.all(range(100).map(() => openClient()))
  for (const client of clients) for (const id of range(10)) client.call(id, 'hold')
  await until(() => server.held() === 1000, 'all calls to be in flight', 120_000)
  server.letGo()
  for (const client of clients) {
    for (const id of range(10))
      expect(await client.answer(id)).toMatchObject({ result: { content: [{ text: 'held' }] } })
    for (const id of range(10)) {
      const own = client.received.filter((each) => each.params?.progressToken === id || each.id === id)
      expect(own.map(({ params, method }) => (method ? params?.progress : 'result'))).toEqual([1, 2, 3, 'result'])
    }
  }
  // And again at once, as calls come on a working day: what was built up serves the next ones as well.
  const times: number[] = []
  await Promise.all(
    clients.map(async (client) => {
      for (const id of range(10).map((each) => each + 100)) {
        const began = performance.now()
        client.call(id, 'quick')
        await client.answer(id)
        times.push(performance.now() - began)
      }
    }),
  )
  times.sort((a, b) => a - b)
  const memory = readMemory(hub.pid)
  const bridge = readMemory(clients[0]?.child.pid).now
  const report = { sockets: server.mostSockets(), p50: times[500], p99: times[990], hub: memory, bridge }
  process.stderr.write(`scale: ${JSON.stringify(report)}\n`)
  expect(times).toHaveLength(1000)
  expect(memory.most).toBeLessThan(350)
})

test('a client with 500 slow calls does not starve another', { timeout: 120_000 }, async () => {
  await processes.startHub(server.endpoint)
  const [greedy, modest] = [await openClient(), await openClient()]
  for (const id of range(500)) greedy.call(id, 'hold')
  await until(() => server.held() === 500, 'the slow calls')
  for (const id of range(50)) {
    modest.call(id, 'quick')
    expect(await modest.answer(id)).toMatchObject({ result: { content: [{ text: 'quick' }] } })
  }
  expect(server.held()).toBe(500)
  server.letGo()
  for (const id of range(500)) expect(await greedy.answer(id)).toHaveProperty('result')
})

test('case 40: servers that take connections and say nothing, or a byte at a time, delay nobody else', {
  timeout: 120_000,
}, async () => {
  const dribbling = new Set<Socket>()
  const mute = createServer((socket) => void socket.on('error', () => {}))
  const loris = createServer((socket) => {
    dribbling.add(socket.on('error', () => {}))
    let sent = 0
    const timer = setInterval(() => socket.write('HTTP/1.1 200 OK\r\nx: '[sent++] ?? 'y'), 20)
    socket.on('close', () => {
      clearInterval(timer)
      dribbling.delete(socket)
    })
  })
  const addresses = await Promise.all(
    [mute, loris].map(async (each) => {
      await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))
      return { transport: 'http', url: `http://127.0.0.1:${(each.address() as AddressInfo).port}/mcp` }
    }),
  )
  await processes.startHub({ real: server.endpoint, mute: addresses[0], loris: addresses[1] })
  const stuck = range(20).map((index) => {
    const client = createLineClient(processes.startBridge(index % 2 ? 'mute' : 'loris').child)
    client.type({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } })
    return client
  })
  await until(() => dribbling.size === 10, 'the slow headers')
  const client = await openClient()
  for (const id of range(50)) {
    client.call(id, 'quick')
    await client.answer(id)
  }
  expect(stuck.flatMap(({ received }) => received)).toEqual([])
  // Whoever leaves takes the connection along.
  for (const { child } of stuck) child.stdin.end()
  await until(() => dribbling.size === 0, 'the connections to be let go')
  mute.close()
  loris.close()
})

test('edge 2, a client that does not read grows neither the hub nor its bridge, and holds up nobody else', {
  timeout: 120_000,
}, async () => {
  const hub = await processes.startHub(server.endpoint)
  const deaf = await openClient()
  const client = await openClient()
  const before = readMemory(hub.pid).now
  deaf.child.stdout.pause()
  deaf.call(1, 'flood')
  // The stream stands still once every buffer on the way is full.
  let seen = -1
  await until(() => server.floodBytes() > 1024 * 1024, 'the flood to begin')
  while (seen !== server.floodBytes()) {
    seen = server.floodBytes()
    await delay(500)
  }
  expect(seen).toBeLessThan(64 * 1024 * 1024)
  expect(readMemory(hub.pid).now - before).toBeLessThan(64)
  for (const id of range(50)) {
    client.call(id, 'quick')
    await client.answer(id)
  }
  // It was only held up: as soon as it reads, everything goes on.
  deaf.child.stdout.resume()
  await until(() => server.floodBytes() > seen + 8 * 1024 * 1024, 'the flood to go on')
})
