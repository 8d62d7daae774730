import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Problem } from '../../shared/problems.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createBridge } from './bridge.ts'
import { connectControl } from './end/control.ts'
import { dial } from './end/dial.ts'
import { findHub } from './end/find-hub.ts'
import type { JsonConnection } from './end/json-socket.ts'
import type { LinkNeeds } from './link.ts'
import { toRpcError } from './rpc.ts'
import { createEchoLink, type EchoOptions } from './testing/echo-server.ts'
import { serverId, testServer } from './testing/server-config.ts'
import { callLine, initializedLine, initializeLine } from './testing/session-bench.ts'

vi.setConfig({ testTimeout: 30_000 })
const patience = { timeout: 20_000, interval: 5 }
let home = ''
let closers: (() => unknown)[] = []
const world = { allowAdHoc: true }
beforeEach(async () => {
  world.allowAdHoc = true
  home = await mkdtemp(join(tmpdir(), 'bridge-'))
})
afterEach(async () => {
  for (const close of closers.reverse()) await close()
  closers = []
  await rm(home, { recursive: true, force: true })
})

function createBench(options: EchoOptions & { signedOut?: boolean; ready?: () => Promise<unknown> } = {}) {
  const { log, lines } = createMemoryLog()
  const controls: JsonConnection[] = []
  const links: LinkNeeds[] = []
  const stages: string[] = []
  const bridge = createBridge({
    runFolder: join(home, 'run'),
    cacheFolder: join(home, 'cache'),
    version: '9.9.9',
    findServer: (id) =>
      id === 'echo'
        ? { config: testServer('echo'), allowed: true }
        : id === 'secret'
          ? { config: testServer('secret'), allowed: false }
          : undefined,
    headers: async () => ({}),
    openLink(needs) {
      links.push(needs)
      const link = createEchoLink(needs, options)
      if (!options.signedOut) return link
      return {
        ...link,
        send: ({ id }) => void (id && needs.fail(id, toRpcError(new Problem('auth.signed-out', 'echo')))),
      }
    },
    allowAdHoc: () => world.allowAdHoc,
    account: () => null,
    ...(options.ready ? { ready: options.ready } : {}),
    record: () => {},
    seen: ({ stage, client, server }) => void stages.push(`${client} ${server} ${stage}`),
    control: (connection) => {
      controls.push(connection)
      connection.onMessage((value) => connection.send({ echoed: value }))
    },
    now: () => new Date('2026-11-20T14:02:00Z'),
    log,
  })
  closers.push(bridge.close)
  return { bridge, controls, links, stages, lines }
}
async function connectBridge(server: string, more: object = {}) {
  const hub = findHub(join(home, 'run'))
  if (!hub) throw new Error('no hub')
  const dialled = await dial(hub, 'bridge', {
    server,
    client: 'vscode',
    pid: 42,
    version: '1.0.0',
    resumed: false,
    ...more,
  })
  if (dialled.state !== 'open') throw new Error(dialled.state)
  const { socket } = dialled
  let heard = ''
  socket.on('data', (chunk) => {
    heard += chunk
  })
  socket.resume()
  closers.push(() => socket.destroy())
  return { socket, say: (line: string) => socket.write(`${line}\n`), heard: () => heard }
}

test('a bridge of a client has a session, which is listed while it lasts', async () => {
  const { bridge, stages } = createBench()
  const changes = vi.fn()
  bridge.changed(changes)
  await bridge.listen()
  const peer = await connectBridge('echo')
  peer.say(initializeLine())
  peer.say(initializedLine)
  peer.say(callLine(1))
  await vi.waitFor(() => expect(peer.heard()).toContain('"id":1'), patience)
  expect(bridge.sessions()).toEqual([
    {
      id: 1,
      server: 'echo',
      client: 'vscode',
      pid: 42,
      bridgeVersion: '1.0.0',
      since: '2026-11-20T14:02:00.000Z',
      clientName: 'Test app',
      clientVersion: '3',
      initialized: true,
      phase: 'ready',
      openCalls: 0,
    },
  ])
  expect(stages).toEqual(['vscode echo bridge', 'vscode echo initialize', 'vscode echo call'])
  peer.socket.destroy()
  await vi.waitFor(() => expect(bridge.sessions()).toEqual([]), patience)
  expect(changes).toHaveBeenCalled()
})

test('case 38: a thousand clients that go in the middle of a call leave nothing behind', async () => {
  let open = 0
  let cancelled = 0
  const { bridge, links } = createBench({
    onMessage: ({ method }) => {
      if (method === 'tools/call') open += 1
    },
    onClose: () => {
      cancelled += 1
    },
  })
  await bridge.listen()
  for (let round = 0; round < 20; round += 1) {
    const peers = await Promise.all(Array.from({ length: 50 }, () => connectBridge('echo')))
    for (const { say } of peers) for (const line of [initializeLine(), initializedLine, callLine(1, 'hang')]) say(line)
    await vi.waitFor(() => expect(open).toBe(50 * (round + 1)), patience)
    for (const { socket } of peers) socket.destroy()
    await vi.waitFor(() => expect(bridge.sessions()).toEqual([]), patience)
  }
  expect(links).toHaveLength(1000)
  await vi.waitFor(() => expect(cancelled).toBe(1000), patience)
})

test('a bridge that comes before the catalog is read waits for it, and loses nothing it said', async () => {
  const known = Promise.withResolvers<void>()
  const { bridge, stages } = createBench({ ready: () => known.promise })
  await bridge.listen()
  const peer = await connectBridge('echo')
  peer.say(initializeLine())
  const control = await connectControl({ runFolder: join(home, 'run'), version: '1' })
  expect(control).not.toBeNull()
  expect(stages).toEqual([])
  known.resolve()
  await vi.waitFor(() => expect(peer.heard()).toContain('"serverInfo"'), patience)
})

test('a forbidden server says who can help: signing in while nobody is', async () => {
  const { bridge } = createBench()
  await bridge.listen()
  const peer = await connectBridge('secret')
  peer.say(initializeLine())
  await vi.waitFor(() => expect(peer.heard()).toContain('auth.signed-out'), patience)
  await expect(bridge.inspect(serverId('secret'))).rejects.toMatchObject({ code: 'auth.signed-out' })
})

test('the command line has its own connection, and is told nothing where no app runs', async () => {
  const { bridge, controls } = createBench()
  expect(await connectControl({ runFolder: join(home, 'run'), version: '1' })).toBeNull()
  await bridge.listen()
  const connection = await connectControl({ runFolder: join(home, 'run'), version: '1' })
  const heard: unknown[] = []
  const closed = vi.fn()
  connection?.onMessage((value) => void heard.push(value))
  connection?.onClose(closed)
  connection?.send({ id: 1, text: 'a\nb' })
  await vi.waitFor(() => expect(heard).toEqual([{ echoed: { id: 1, text: 'a\nb' } }]), patience)
  expect(controls).toHaveLength(1)
  await bridge.close()
  await vi.waitFor(() => expect(closed).toHaveBeenCalled(), patience)
})

test('a control connection that sends no JSON, or no end of line, is ended', async () => {
  const { bridge, controls } = createBench()
  await bridge.listen()
  const hub = findHub(join(home, 'run'))
  for (const said of ['not json\n', 'x'.repeat(2 * 1024 * 1024)]) {
    const dialled = hub && (await dial(hub, 'control', { pid: 1, version: '1' }))
    if (dialled?.state !== 'open') throw new Error('not connected')
    const closed = vi.fn()
    dialled.socket.on('close', closed).resume()
    dialled.socket.write(said)
    await vi.waitFor(() => expect(closed).toHaveBeenCalled(), patience)
  }
  expect(controls).toHaveLength(2)
})

test('inspecting a server opens a session as the app itself, lists its tools and leaves', async () => {
  const sent: string[] = []
  const onClose = vi.fn()
  const { bridge } = createBench({
    tools: () => ['one', 'two'],
    onMessage: ({ line }) => void sent.push(line.toString()),
    onClose,
  })
  expect(await bridge.inspect(serverId('echo'))).toEqual({
    latencyMs: expect.any(Number),
    protocolVersion: '2025-11-25',
    serverName: 'echo 1',
    tools: ['one', 'two'].map((name) => ({ name, title: null, description: null, kind: 'unknown' })),
  })
  expect(JSON.parse(sent[0] as string).params.clientInfo).toEqual({
    name: 'causeway',
    title: 'Causeway',
    version: '9.9.9',
  })
  expect(sent.map((line) => JSON.parse(line).method)).toEqual(['initialize', 'notifications/initialized', 'tools/list'])
  expect(onClose).toHaveBeenCalledTimes(1)
})

test('inspecting an unknown or unreachable server throws its problem', async () => {
  await expect(createBench().bridge.inspect(serverId('nobody'))).rejects.toMatchObject({
    code: 'bridge.unknown-server',
  })
  await expect(createBench({ signedOut: true }).bridge.inspect(serverId('echo'))).rejects.toMatchObject({
    code: 'auth.signed-out',
    detail: 'echo',
  })
})

test('what servers answered is remembered over a restart of the app', async () => {
  const first = createBench()
  await first.bridge.listen()
  const peer = await connectBridge('echo')
  peer.say(initializeLine())
  await vi.waitFor(() => expect(peer.heard()).toContain('"result"'), patience)
  await first.bridge.close()

  const second = createBench({ signedOut: true })
  await second.bridge.listen()
  const again = await connectBridge('echo')
  again.say(initializeLine())
  await vi.waitFor(() => expect(again.heard()).toContain('"serverInfo"'), patience)
})

test('when the hub closes, its sessions at the servers are closed and the bridges cut off', async () => {
  const onClose = vi.fn()
  const { bridge } = createBench({ onClose })
  await bridge.listen()
  const peer = await connectBridge('echo')
  const closed = vi.fn()
  peer.socket.on('close', closed)
  peer.say(initializeLine())
  await vi.waitFor(() => expect(peer.heard()).toContain('"result"'), patience)
  await bridge.close()
  expect(onClose).toHaveBeenCalledTimes(1)
  await vi.waitFor(() => expect(closed).toHaveBeenCalled(), patience)
  expect(findHub(join(home, 'run'))).toBeNull()
})

const adHoc = { transport: 'http', url: 'https://mcp.example.com/x', headers: { 'x-team': 'a' } }

test('a server by address is served with its own headers, and counts for nothing of the company’s', async () => {
  const { bridge, links, stages } = createBench()
  const traffic = vi.fn()
  bridge.traffic(traffic)
  await bridge.listen()
  const peer = await connectBridge('echo', { adHoc })
  peer.say(initializeLine())
  await vi.waitFor(() => expect(peer.heard()).toContain('"id":0'), patience)
  expect(links[0]?.server).toMatchObject({ id: 'ad-hoc-mcp-example-com', auth: { kind: 'none' } })
  expect(await links[0]?.headers()).toEqual({ 'x-team': 'a' })
  expect(bridge.sessions()[0]?.server).toBe('ad-hoc-mcp-example-com')
  expect(traffic).not.toHaveBeenCalled()
  expect(stages).toEqual([])
})

test('where servers by address are forbidden nothing is sent, and one that runs is ended', async () => {
  const { bridge, links } = createBench()
  await bridge.listen()
  const peer = await connectBridge('echo', { adHoc })
  peer.say(initializeLine())
  await vi.waitFor(() => expect(peer.heard()).toContain('"result"'), patience)
  world.allowAdHoc = false
  bridge.wake()
  peer.say(callLine(1))
  await vi.waitFor(() => expect(peer.heard()).toContain('bridge.ad-hoc-forbidden'), patience)
  const other = await connectBridge('echo', { adHoc })
  other.say(initializeLine())
  await vi.waitFor(() => expect(other.heard()).toContain('Only servers of the company’s list'), patience)
  expect(links).toHaveLength(1)
})

test('a token of many kilobytes comes through the hello', async () => {
  const { bridge, links } = createBench()
  await bridge.listen()
  const authorization = `Bearer ${'t'.repeat(12_000)}`
  const peer = await connectBridge('echo', { adHoc: { ...adHoc, headers: { authorization } } })
  peer.say(initializeLine())
  await vi.waitFor(() => expect(peer.heard()).toContain('"result"'), patience)
  expect(await links[0]?.headers()).toEqual({ authorization })
})

test('closing waits for the sessions of bridges that have just left', async () => {
  const ended = Promise.withResolvers<void>()
  const { bridge } = createBench({ onClose: () => void setTimeout(ended.resolve, 100), closed: ended.promise })
  await bridge.listen()
  const peer = await connectBridge('echo')
  peer.say(initializeLine())
  await vi.waitFor(() => expect(peer.heard()).toContain('"result"'), patience)
  peer.socket.destroy()
  await vi.waitFor(() => expect(bridge.sessions()).toEqual([]), patience)
  const order: string[] = []
  const both = [ended.promise.then(() => order.push('session')), bridge.close().then(() => order.push('hub'))]
  await Promise.all(both)
  expect(order).toEqual(['session', 'hub'])
})
