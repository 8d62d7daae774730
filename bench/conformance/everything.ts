import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { ourBridges } from '../bridge/bridges.ts'
import { nowMs, within } from '../lib/stats.ts'
import { startPerson } from './person.ts'
import type { Result } from './suite.ts'

const script = join(import.meta.dirname, '../node_modules/@modelcontextprotocol/server-everything/dist/index.js')

/** What the suite has no scenario for, HTTP+SSE above all: a walk through the reference server. */
export async function playEverything(
  transport: 'sse' | 'streamableHttp',
  isWanted: (step: string) => boolean,
): Promise<Result[]> {
  // A step needs the connection, and the first and last step are it.
  if (!Object.keys(steps).some(isWanted)) return []
  const port = await findFreePort()
  const server = spawn(process.execPath, [script, transport], {
    env: { ...process.env, PORT: `${port}` },
    stdio: 'ignore',
  })
  while (!(await answers(port))) await pause(50)
  const url = `http://localhost:${port}/${transport === 'sse' ? 'sse' : 'mcp'}`
  const person = await startPerson()
  const kind = transport === 'sse' ? 'sse' : 'http'
  const args = [ourBridges.alone, url, '--transport', kind]
  const stdio = new StdioClientTransport({ command: process.execPath, args, env: person.env, stderr: 'ignore' })
  const client = new Client(
    { name: 'conformance-driver', version: '1.0.0' },
    { capabilities: { sampling: {}, elicitation: { form: {} }, roots: {} } },
  )
  const results: Result[] = []
  let asked = 0
  client.setRequestHandler('sampling/createMessage', async () => {
    asked += 1
    return { role: 'assistant', model: 'none', content: { type: 'text', text: 'ok' } }
  })
  client.setRequestHandler('elicitation/create', async () => ({ action: 'decline' }))
  client.setRequestHandler('roots/list', async () => ({ roots: [{ uri: 'file:///tmp' }] }))
  try {
    for (const [scenario, play] of Object.entries(steps)) {
      const why = await within(play({ client, stdio, asked: () => asked }), 60_000, scenario).then(
        () => [],
        (error: Error) => [error.message],
      )
      if (isWanted(scenario)) results.push({ scenario, required: true, pass: why.length === 0, why })
    }
  } finally {
    server.kill()
    if (server.exitCode === null) await once(server, 'exit')
    await person.close()
  }
  return results
}

type Scene = { client: Client; stdio: StdioClientTransport; asked: () => number }
function expect(isTrue: unknown, why: string): asserts isTrue {
  if (!isTrue) throw new Error(why)
}
const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text ?? ''

const steps: Record<string, (scene: Scene) => Promise<void>> = {
  connect: ({ client, stdio }) => client.connect(stdio),
  async 'tools, prompts, resources, templates'({ client }) {
    const lists = [client.listTools(), client.listPrompts(), client.listResources(), client.listResourceTemplates()]
    for (const list of await Promise.all(lists)) expect(Object.values(list).flat().length > 0, 'a list is empty')
  },
  async 'odd text, byte for byte'({ client }) {
    const message = `líne 1\nline 2\r\n\u2028 \u0000 \u{1F600} ${'x'.repeat(100)}`
    const result = await client.callTool({ name: 'echo', arguments: { message } })
    expect(textOf(result).includes(message), 'the text is changed')
  },
  async '4 MB there and back'({ client }) {
    const message = 'y'.repeat(4_000_000)
    const result = await client.callTool({ name: 'echo', arguments: { message } })
    expect(textOf(result).length > message.length, 'it is cut short')
  },
  async 'progress of a long call'({ client }) {
    let seen = 0
    const onprogress = () => void seen++
    await client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 2, steps: 4 } },
      { onprogress },
    )
    expect(seen >= 3, `${seen} of 4`)
  },
  async '20 calls interleaved'({ client }) {
    const sums = Array.from({ length: 20 }, (_, a) => client.callTool({ name: 'get-sum', arguments: { a, b: 1000 } }))
    for (const [a, result] of (await Promise.all(sums)).entries())
      expect(textOf(result).includes(`${1000 + a}`), `answer ${a} went astray`)
  },
  async 'a question of the server'({ client, asked }) {
    await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: 'hi', maxTokens: 10 } })
    expect(asked() > 0, 'it was never asked')
  },
  async 'a cancelled call'({ client }) {
    const stop = new AbortController()
    const long = { name: 'trigger-long-running-operation', arguments: { duration: 10, steps: 5 } }
    const call = client.callTool(long, { signal: stop.signal }).then(
      () => 'answered',
      () => 'cancelled',
    )
    setTimeout(() => stop.abort(), 300)
    expect((await call) === 'cancelled', 'it was not cancelled')
    expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'still here' } })), 'no answer after it')
  },
  async 'an unknown tool and a bad completion are errors'({ client }) {
    const result = await client.callTool({ name: 'no-such-tool', arguments: {} }).catch(() => ({ isError: true }))
    expect(result.isError, 'no error')
    const params = { ref: { type: 'ref/prompt' as const, name: 'nope' }, argument: { name: 'x', value: '' } }
    const failed = await client.complete(params).then(
      () => null,
      (error: { code?: unknown }) => error,
    )
    expect(failed === null || failed.code !== undefined, 'the error lost its code')
  },
  async 'a subscription'({ client }) {
    const { resources } = await client.listResources()
    await client.subscribeResource({ uri: resources[0]?.uri ?? '' })
  },
  async 'the bridge ends when stdin closes'({ client }) {
    const since = nowMs()
    await client.close() // it resorts to signals after two seconds
    expect(nowMs() - since < 1_800, 'it had to be ended by a signal')
  },
}

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
function answers(port: number) {
  return new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('connect', () => socket.destroy())
  })
}
