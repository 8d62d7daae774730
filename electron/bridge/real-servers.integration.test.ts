import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callText, createProcesses, kill } from './testing/processes.ts'
import { startSdkServer } from './testing/sdk-server.ts'

const stdioServer = fileURLToPath(new URL('./testing/sdk-stdio.ts', import.meta.url))
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })
const patience = { timeout: 60_000, interval: 50 }

let processes: Awaited<ReturnType<typeof createProcesses>>
let server: Awaited<ReturnType<typeof startSdkServer>>
beforeEach(async () => {
  processes = await createProcesses()
  await processes.writeSlowLaunch()
  server = await startSdkServer()
})
afterEach(async () => {
  await processes.close()
  await server.close()
})

describe.each([
  ['http', 'mcp'],
  ['sse', 'sse'],
])('client and server of the official SDK, the server speaking %s', (transport, path) => {
  const endpoint = () => ({ transport, url: `${server.url}/${path}` })

  test('tools, progress and a question of the server go through, over one session', async () => {
    await processes.startHub(endpoint())
    const client = await processes.connectClient('real', (each) =>
      each.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///work' }] })),
    )
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo', 'roots', 'steps'])
    expect(await callText(client, 'echo', { text: 'hi' })).toBe('hi')
    expect(await callText(client, 'roots')).toBe('file:///work')
    // At the transport: where notices and result come in one piece, this SDK answers first and then drops the notices.
    const steps: unknown[] = []
    const { transport: stdio } = client
    const take = stdio?.onmessage
    if (stdio)
      stdio.onmessage = (message, extra) => {
        if ('method' in message && message.method === 'notifications/progress') steps.push(message.params?.progress)
        take?.(message, extra)
      }
    await client.callTool({ name: 'steps' }, undefined, { onprogress: () => {} })
    expect(steps).toEqual([1, 2, 3])
    expect(server.counts().opened).toBe(1)
    if (transport !== 'http') return
    await client.close()
    await vi.waitFor(() => expect(server.counts().deleted).toBe(1), patience)
  })

  test('the hub is killed and started again between two calls', async () => {
    const hub = await processes.startHub(endpoint())
    const client = await processes.connectClient('real')
    expect(await callText(client, 'echo', { text: 'before' })).toBe('before')
    await kill(hub, 'SIGKILL')
    await processes.startHub(endpoint())
    expect(await callText(client, 'echo', { text: 'after' })).toBe('after')
  })

  test('the server is down at the start, then comes, then restarts: calls fail with a sentence and work again', async () => {
    const { port } = server
    await server.close()
    await processes.startHub(endpoint())
    await expect(processes.connectClient('real')).rejects.toThrow('The server does not answer: 127.0.0.1')
    server = await startSdkServer(port)
    const client = await processes.connectClient('real')
    expect(await callText(client, 'echo', { text: 'up' })).toBe('up')
    await server.close()
    await expect(callText(client, 'echo', { text: 'down' })).rejects.toThrow(
      /server does not answer|connection was lost/,
    )
    server = await startSdkServer(port)
    await vi.waitFor(async () => expect(await callText(client, 'echo', { text: 'again' })).toBe('again'), patience)
  })
})

test.each([
  ['one process for both', true, 1],
  ['a process for each', false, 2],
])('two official clients at a local server of the official SDK, %s', async (_way, shared, started) => {
  const starts = join(processes.home, 'starts')
  await processes.startHub({ transport: 'stdio', command: process.execPath, args: [stdioServer, starts], shared })
  const connect = (root: string) =>
    processes.connectClient('real', (each) =>
      each.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: root }] })),
    )
  const [one, two] = [await connect('file:///one'), await connect('file:///two')]
  const texts = Array.from({ length: 40 }, (_, at) => `${at}`)
  const all = await Promise.all(texts.map((text, at) => callText(at % 2 ? one : two, 'echo', { text })))
  expect(all).toEqual(texts)
  expect(await callText(one, 'roots')).toBe('file:///one')
  expect(await callText(two, 'roots')).toBe('file:///two')
  expect((await readFile(starts, 'utf8')).trim().split('\n')).toHaveLength(started)
  await one.close()
  expect(await callText(two, 'echo', { text: 'still here' })).toBe('still here')
})
