import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, onTestFinished, test } from 'vitest'
import { ourBridges } from '../bridge/bridges.ts'
import { createEnv } from '../lib/clean-env.ts'
import { startFront } from './front.ts'
import { startUpstream } from './upstream/upstream.ts'

// The suite itself is installed by `npm run conformance`; this is its server leg with an SDK client in its place.

async function openLeg() {
  const home = await mkdtemp(join(tmpdir(), 'causeway-leg-'))
  const upstream = await startUpstream()
  const front = await startFront({
    command: process.execPath,
    args: [ourBridges.alone, upstream.url],
    env: createEnv(home),
  })
  onTestFinished(async () => {
    await front.close()
    await upstream.close()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })
  return { upstream, front }
}

async function connect(url: string, mode: 'legacy' | { pin: string }) {
  const client = new Client(
    { name: 'leg', version: '1' },
    { capabilities: { sampling: {}, elicitation: { form: {} } }, versionNegotiation: { mode } },
  )
  client.setRequestHandler('sampling/createMessage', () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'from the model' },
  }))
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ana' } }))
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  onTestFinished(() => client.close())
  return client
}
const say = (text: string) => ({ content: [{ type: 'text', text }] })

test('with sessions: lists, progress and a question of the server come through as they are', async () => {
  const { upstream, front } = await openLeg()
  const [straight, client] = [await connect(upstream.url, 'legacy'), await connect(front.url, 'legacy')]
  expect(await client.listTools()).toEqual(await straight.listTools())
  expect(await client.callTool({ name: 'test_sampling', arguments: { prompt: 'hi' } })).toEqual(
    say('LLM response: from the model'),
  )
  const seen: number[] = []
  const onprogress = ({ progress }: { progress: number }) => void seen.push(progress)
  await client.callTool({ name: 'test_tool_with_progress', arguments: {} }, { onprogress })
  expect(seen).toEqual([0, 50, 100])
})

test('without sessions: lists and a question in a result come through as they are', async () => {
  const { upstream, front } = await openLeg()
  const mode = { pin: '2026-07-28' }
  const [straight, client] = [await connect(upstream.url, mode), await connect(front.url, mode)]
  expect(await client.listTools()).toEqual(await straight.listTools())
  const asking = { name: 'test_input_required_result_elicitation', arguments: {} }
  expect(await client.callTool(asking)).toMatchObject(say('Hello, Ana!'))
})

test('a listening stream is acknowledged first, and its notices carry the id the client gave', async () => {
  const { front } = await openLeg()
  const stream = await ask(front.url, 7, 'subscriptions/listen', { notifications: { toolsListChanged: true } })
  const reader = (stream.body ?? new ReadableStream<Uint8Array>()).getReader()
  const readText = async () => new TextDecoder().decode((await reader.read()).value)
  const first = await readText()
  expect(first).toContain('notifications/subscriptions/acknowledged')
  await ask(front.url, 8, 'tools/call', { name: 'test_trigger_tool_change', arguments: {} })
  const second = await readText()
  expect(second).toContain('notifications/tools/list_changed')
  for (const text of [first, second]) expect(text).toContain('"io.modelcontextprotocol/subscriptionId":7')
  await reader.cancel()
})

function ask(url: string, id: number, method: string, params: Record<string, unknown>) {
  const version = '2026-07-28'
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'leg', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  return fetch(url, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      ...{ 'mcp-protocol-version': version, 'mcp-method': method },
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } }),
  })
}
