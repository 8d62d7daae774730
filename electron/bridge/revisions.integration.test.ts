import { fileURLToPath } from 'node:url'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio'
import {
  ElicitRequestSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startModernServer } from './testing/modern-server.ts'
import { callText, createProcesses } from './testing/processes.ts'
import { startSdkServer } from './testing/sdk-server.ts'

const modernStdio = fileURLToPath(new URL('./testing/modern-stdio.ts', import.meta.url))
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })
const patience = { timeout: 60_000, interval: 50 }

let processes: Awaited<ReturnType<typeof createProcesses>>
let closers: (() => Promise<unknown>)[]
beforeEach(async () => {
  closers = []
  processes = await createProcesses()
  await processes.writeSlowLaunch()
})
afterEach(async () => {
  for (const close of closers) await close()
  await processes.close()
})

async function startModern(legacy?: 'reject' | 'stateless') {
  const server = await startModernServer(legacy)
  closers.push(server.close)
  await processes.startHub(server.endpoint)
  return server
}
const connectLegacy = () =>
  processes.connectClient('real', (client) => {
    client.registerCapabilities({ elicitation: {} })
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
      action: 'accept',
      content: { name: `you (${params.message})` },
    }))
  })
async function connectModern(mode: 'auto' | { pin: string }) {
  const client = new ModernClient(
    { name: 'Modern app', version: '2' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode } },
  )
  client.setRequestHandler('elicitation/create', ({ params }) => ({
    action: 'accept',
    content: { name: `you (${params.message})` },
  }))
  closers.unshift(() => client.close())
  await client.connect(new ModernTransport({ ...processes.bridgeCommand('real'), stderr: 'inherit' }))
  return client
}
const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text

describe.each([
  ['only 2026-07-28', 'reject'],
  ['both, without sessions for older clients', 'stateless'],
] as const)('an official client of 2025-11-25 with an official server that speaks %s', (_, legacy) => {
  test('1.3: initialize, tools, mirrored parameters, progress, questions, errors and cancels', async () => {
    const server = await startModern(legacy)
    const client = await connectLegacy()
    expect(client.getServerVersion()).toMatchObject({ name: 'modern', title: 'Modern', version: '7' })
    expect(client.getInstructions()).toBe('Be kind.')
    expect(client.getServerCapabilities()).toMatchObject({
      tools: { listChanged: true },
      resources: { subscribe: true },
    })
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['echo', 'regional', 'steps', 'slow', 'greet'])
    expect(await callText(client, 'echo', { text: 'hi' })).toBe('hi')
    const args = { region: ' Zürich ', where: { tenant: -7 }, dry: true }
    expect(await callText(client, 'regional', args)).toBe(' Zürich ')
    const steps: number[] = []
    const onprogress = ({ progress }: { progress: number }) => {
      if (steps.push(progress) === 3) server.release()
    }
    await client.callTool({ name: 'steps' }, undefined, { onprogress })
    expect(steps).toEqual([1, 2, 3])
    const greetings = await Promise.all(['hello', 'bye'].map((greeting) => callText(client, 'greet', { greeting })))
    expect(greetings).toEqual([
      'hello you (Who is to be told hello?), state of hello',
      'bye you (Who is to be told bye?), state of bye',
    ])
    await expect(client.readResource({ uri: 'file:///gone' })).rejects.toMatchObject({ code: -32002 })
    await client.ping()
    await client.setLoggingLevel('debug')
    const controller = new AbortController()
    const call = client.callTool({ name: 'slow' }, undefined, { signal: controller.signal })
    await vi.waitFor(
      () => expect(server.methods.filter((each) => each.includes('tools/call')).length).toBe(8),
      patience,
    )
    controller.abort()
    await expect(call).rejects.toThrow()
    await vi.waitFor(() => expect(server.aborted).toEqual(['slow']), patience)
  })

  test('1.3.4: changed lists and resources are told, also after the stream broke', async () => {
    const server = await startModern(legacy)
    const client = await connectLegacy()
    const news: string[] = []
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void news.push('tools'))
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void news.push(params.uri))
    await client.subscribeResource({ uri: 'note://1' })
    server.notify.toolsChanged()
    server.notify.resourceUpdated('note://1')
    await vi.waitFor(() => expect(news).toEqual(['tools', 'note://1']), patience)
    server.cut()
    // What may have been missed is told again.
    await vi.waitFor(() => expect(news).toEqual(['tools', 'note://1', 'tools', 'note://1']), patience)
    await client.unsubscribeResource({ uri: 'note://1' })
    await vi.waitFor(() => {
      server.notify.toolsChanged()
      expect(news.length).toBeGreaterThan(4)
    }, patience)
    server.notify.resourceUpdated('note://1')
    server.notify.toolsChanged()
    const before = news.length
    await vi.waitFor(() => expect(news.length).toBeGreaterThan(before - 1), patience)
    expect(news.slice(4)).not.toContain('note://1')
  })
})

describe.each([['auto'], ['pinned']] as const)('an official client of 2026-07-28 (%s)', (mode) => {
  const connect = () => connectModern(mode === 'auto' ? 'auto' : { pin: '2026-07-28' })

  test('with a server of the same: tools, mirrored parameters, progress, questions, cancels, subscriptions', async () => {
    const server = await startModern()
    const client = await connect()
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
    expect((await client.listTools()).tools).toHaveLength(5)
    expect(textOf(await client.callTool({ name: 'echo', arguments: { text: 'hi' } }))).toBe('hi')
    const args = { region: ' Zürich ', where: { tenant: -7 }, dry: true }
    expect(textOf(await client.callTool({ name: 'regional', arguments: args }))).toBe(' Zürich ')
    const steps: number[] = []
    const onprogress = ({ progress }: { progress: number }) => {
      if (steps.push(progress) === 3) server.release()
    }
    await client.callTool({ name: 'steps' }, { onprogress })
    expect(steps).toEqual([1, 2, 3])
    const greeting = await client.callTool({ name: 'greet', arguments: { greeting: 'hello' } })
    expect(textOf(greeting)).toBe('hello you (Who is to be told hello?), state of hello')
    const controller = new AbortController()
    const call = client.callTool({ name: 'slow' }, { signal: controller.signal })
    const isRunning = () => server.methods.filter((each) => each.includes('tools/call')).length === 6
    await vi.waitFor(() => expect(isRunning()).toBe(true), patience)
    controller.abort()
    await expect(call).rejects.toThrow()
    await vi.waitFor(() => expect(server.aborted).toEqual(['slow']), patience)
    let changes = 0
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      changes += 1
    })
    const subscription = await client.listen({ toolsListChanged: true })
    server.notify.toolsChanged()
    await vi.waitFor(() => expect(changes).toBe(1), patience)
    // 19: the stream is opened again under the client's own id, and what may have been missed is told.
    server.cut()
    await vi.waitFor(() => expect(changes).toBe(2), patience)
    server.notify.toolsChanged()
    await vi.waitFor(() => expect(changes).toBe(3), patience)
    await subscription.close()
    expect(server.methods.every((each) => each.startsWith('POST '))).toBe(true)
    expect(server.methods.some((each) => each.includes('notifications/'))).toBe(false)
  })
})

describe.each([
  ['of its own', false],
  ['that is shared', true],
])('a local server of 2026-07-28, in a process %s', (_process, shared) => {
  const start = (...args: string[]) =>
    processes.startHub({ transport: 'stdio', command: process.execPath, args: [modernStdio, ...args], shared })

  test('1.3: an official client of 2025-11-25 is translated', async () => {
    await start()
    const client = await connectLegacy()
    expect(client.getServerVersion()).toMatchObject({ name: 'modern' })
    expect(await callText(client, 'greet', { greeting: 'hello' })).toBe(
      'hello you (Who is to be told hello?), state of hello',
    )
    await expect(client.readResource({ uri: 'file:///gone' })).rejects.toMatchObject({ code: -32002 })
    expect(await client.subscribeResource({ uri: 'note://1' })).toEqual({})
    const controller = new AbortController()
    const call = client.callTool({ name: 'slow' }, undefined, { signal: controller.signal })
    controller.abort()
    await expect(call).rejects.toThrow()
    await client.ping()
  })

  test.each([['only'], ['serve']])('an official client of 2026-07-28 goes straight through (%s)', async (legacy) => {
    await start(legacy)
    const client = await connectModern('auto')
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
    const greeting = await client.callTool({ name: 'greet', arguments: { greeting: 'hello' } })
    expect(textOf(greeting)).toBe('hello you (Who is to be told hello?), state of hello')
    const subscription = await client.listen({ toolsListChanged: true })
    await subscription.close()
  })

  test('clients of both kinds use it side by side, and each is asked what its own call needs', async () => {
    await start('serve')
    const clients = [await connectLegacy(), await connectModern('auto'), await connectLegacy()]
    for (const [at, client] of clients.entries()) {
      const greeting = await client.callTool({ name: 'greet', arguments: { greeting: `${at}` } })
      expect(textOf(greeting)).toBe(`${at} you (Who is to be told ${at}?), state of ${at}`)
    }
  })
})

test.each([
  ['http', 'mcp'],
  ['sse', 'sse'],
])('1.4: a client of both kinds falls back by itself before an older server over %s', async (transport, path) => {
  const server = await startSdkServer()
  closers.push(server.close)
  await processes.startHub({ transport, url: `${server.url}/${path}` })
  const client = await connectModern('auto')
  expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25')
  expect(textOf(await client.callTool({ name: 'echo', arguments: { text: 'hi' } }))).toBe('hi')
})
