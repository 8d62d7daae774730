import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { createParser } from 'eventsource-parser'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bearer, connectClient, overHttp, overSse, textOf } from './clients.ts'
import { type Company, startCompany } from './company.ts'
import { connectionTools } from './mcp/tool.ts'
import { packageKeys } from './servers/packages.ts'
import { signIn } from './sign-in.ts'

let company: Company
let tokens: Record<'ana' | 'ben' | 'cho', string>
beforeAll(async () => {
  company = await startCompany()
  const tokenOf = async (person: string) => (await signIn(company, person)).access_token
  tokens = { ana: await tokenOf('ana'), ben: await tokenOf('ben'), cho: await tokenOf('cho') }
})
afterAll(() => company?.close())
beforeEach(() => {
  for (const part of Object.values(company.parts)) part.requests.length = 0
})

/** As long as a busy machine may take. */
const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 20_000 })
const toolNames = async (client: { listTools: () => Promise<{ tools: { name: string }[] }> }) =>
  (await client.listTools()).tools.map(({ name }) => name)

test.each(['github', 'sentry'] as const)('%s answers behind the gateway, with a session', async (id) => {
  const client = await connectClient(overHttp(company.resources[id], bearer(tokens.ana)))
  expect(await toolNames(client)).toContain('get_issue')
  expect(company.servers[id].openSessions()).toBe(1)
  await (client.transport as ReturnType<typeof overHttp>).terminateSession()
  await client.close()
  expect(company.servers[id].counts.deletes).toBe(1)
  expect(company.servers[id].openSessions()).toBe(0)
})

test('the gateway tells the server who calls, and no client can say it for itself', async () => {
  const headers = { ...bearer(tokens.ben), 'x-user-id': 'ana', 'x-user-groups': 'admins', 'x-user-role': 'owner' }
  const client = await connectClient(overHttp(company.resources.github, headers))
  const created = await client.callTool({
    name: 'create_issue',
    arguments: { repository: 'fernhill/portal', title: 'Typo' },
  })
  await client.close()
  expect(JSON.parse(textOf(created))).toMatchObject({ title: 'Typo', author: 'ben' })
  const behind = company.parts.github.requests.find(({ messages }) => messages.includes('tools/call create_issue'))
  expect(behind?.headers).toMatchObject({ 'x-user-id': 'ben', 'x-user-groups': 'engineering', 'x-org-id': 'fernhill' })
  expect(behind?.headers).not.toHaveProperty('authorization')
  expect(behind?.headers).not.toHaveProperty('x-user-role')
  expect(company.parts.gateway.requests[0]?.headers.authorization).toMatch(/^sha256:/)
})

test('nobody gets past the gateway to a server behind it', async () => {
  const response = await fetch(`${company.parts.github.origin}/mcp`, { method: 'POST', headers: bearer(tokens.ana) })
  expect(response.status).toBe(403)
})

test('a session is its owner’s alone', async () => {
  const client = await connectClient(overHttp(company.resources.flaky, bearer(tokens.ana)))
  const { sessionId = '' } = client.transport ?? {}
  const request = { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) }
  const accept = 'application/json, text/event-stream'
  const headers = { accept, 'content-type': 'application/json', 'mcp-session-id': sessionId }
  const statusFor = async (token: string) =>
    (await fetch(company.resources.flaky, { ...request, headers: { ...headers, ...bearer(token) } })).status
  expect([await statusFor(tokens.ben), await statusFor(tokens.ana)]).toEqual([404, 200])
  await client.close()
})

test('a server behind the gateway that is down gives 502, and comes back on its port', async () => {
  await company.parts.sentry.setDown(true)
  expect((await fetch(`${company.parts.gateway.origin}/health/sentry`)).status).toBe(502)
  await company.parts.sentry.setDown(false)
  expect((await fetch(`${company.parts.gateway.origin}/health/sentry`)).status).toBe(200)
})

test('without a valid token every SSO server answers 401 and names its metadata (RFC 9728)', async () => {
  for (const resource of Object.values(company.resources)) {
    const url = resource === company.resources.pdf ? `${resource}events` : resource
    for (const headers of [{}, bearer('not-a-token')]) {
      const response = await fetch(url, { headers })
      expect([url, response.status]).toEqual([url, 401])
      const named = /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1] ?? ''
      const metadata = await (await fetch(named)).json()
      expect(metadata).toMatchObject({ resource, authorization_servers: [company.issuer] })
    }
  }
})

test('who is in none of a server’s groups is refused with 403', async () => {
  const statusOf = async (url: string, token: string) => {
    const response = await fetch(url, { headers: { ...bearer(token), accept: 'text/event-stream' } })
    await response.body?.cancel()
    return response.status
  }
  expect(await statusOf(company.resources.iam, tokens.ben)).toBe(403)
  expect(await statusOf(company.resources.github, tokens.cho)).toBe(403)
  expect(await statusOf(company.resources.iam, tokens.ana)).toBe(200)
})

test('iam speaks HTTP+SSE and wants its sticky cookie back', async () => {
  const client = await connectClient(overSse(company.resources.iam, bearer(tokens.ana)))
  expect(await toolNames(client)).toEqual(['list_users', 'list_roles', 'grant_role', 'revoke_role', 'echo', 'slow'])
  const granted = await client.callTool({ name: 'grant_role', arguments: { user: 'cho', role: 'dispatcher' } })
  expect(JSON.parse(textOf(granted))).toEqual({ user: 'cho', roles: ['viewer', 'dispatcher'] })

  const posted = company.parts.iam.requests.find(({ method }) => method === 'POST')
  expect(posted?.path).toMatch(/^\/messages\/\?session_id=[0-9a-f]{32}$/)
  const headers = { ...bearer(tokens.ana), 'content-type': 'application/json' }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'ping' })
  const elsewhere = await fetch(`${company.parts.iam.origin}${posted?.path}`, { method: 'POST', headers, body })
  expect(elsewhere.status).toBe(404)
  await client.close()
})

test('pdf answers on every open stream, under any event name, and only acknowledges in the body', async () => {
  const [mine, hers] = [await openEvents(tokens.cho), await openEvents(tokens.ana)]
  await eventually(() => mine.names).toContain('connected')
  const opened = await rpc(tokens.cho, { id: 1, method: 'initialize', params: { protocolVersion: '2025-03-26' } })
  expect([opened.status, await opened.json()]).toMatchObject([200, { id: 1, result: { serverInfo: { name: 'pdf' } } }])
  const told = await rpc(tokens.cho, { method: 'notifications/initialized' })
  expect([told.status, await told.text()]).toEqual([204, ''])

  const listed = await rpc(tokens.cho, { id: 2, method: 'tools/list' })
  expect([listed.status, await listed.json()]).toEqual([202, { jsonrpc: '2.0', id: 2, result: { status: 'accepted' } }])
  const params = { name: 'extract_text', arguments: { file: 'insurance-2026.pdf' }, _meta: { progressToken: 'p' } }
  await rpc(tokens.cho, { id: 3, method: 'tools/call', params })
  for (const stream of [mine, hers]) {
    await expect
      .poll(() => stream.messages.find(({ id }) => id === 3)?.result?.content?.[0]?.text)
      .toContain('41 trucks')
    const tools = stream.messages.find(({ id }) => id === 2)?.result?.tools?.map(({ name }) => name)
    expect(tools).toEqual(['list_files', 'extract_text', 'echo', 'slow'])
    expect(stream.messages.filter(({ method }) => method === 'notifications/progress')).toHaveLength(3)
    expect(new Set(stream.names)).toEqual(new Set(['connected', 'message', 'progress', 'system']))
    stream.close()
  }

  const wrong = await rpc(tokens.cho, { id: {}, method: 7 })
  expect([wrong.status, await wrong.json()]).toMatchObject([422, { detail: expect.any(Array) }])
})

test('pdf shows more tools to people with more groups', async () => {
  const stream = await openEvents(tokens.ana)
  await rpc(tokens.ana, { id: 'a', method: 'tools/list' })
  await rpc(tokens.ben, { id: 'b', method: 'tools/list' })
  const namesOf = (id: string) =>
    stream.messages.find((message) => message.id === id)?.result?.tools?.map(({ name }) => name)
  await eventually(() => namesOf('a')).toContain('delete_file')
  await eventually(() => namesOf('b')).toContain('merge_files')
  expect(namesOf('b')).not.toContain('delete_file')
  stream.close()
})

test('packages takes an API key, and the key’s role decides about the tools', async () => {
  const url = `${company.parts.packages.origin}/mcp`
  const listWith = async (key: string) => {
    const client = await connectClient(overHttp(url, { 'x-api-key': key }))
    const names = await toolNames(client)
    await client.close()
    return names
  }
  expect(await listWith(packageKeys.user)).toEqual(['search'])
  expect(await listWith(packageKeys.admin)).toEqual(['search', 'publish'])
  await expect(listWith('wrong')).rejects.toThrow('not valid')
  company.servers.packages.replaceKeys({ user: 'another-key' })
  await expect(listWith(packageKeys.user)).rejects.toThrow('not valid')
  expect(await listWith('another-key')).toEqual(['search'])
})

test('database is a process of its own that ends with its client', async () => {
  const endpoint = company.catalog.servers.find(({ id }) => id === 'database')?.endpoint
  if (endpoint?.transport !== 'stdio') throw new Error('database must be a local server')
  const transport = new StdioClientTransport({ command: endpoint.command, args: endpoint.args ?? [] })
  const client = await connectClient(transport)
  const { pid } = transport
  const result = await client.callTool({
    name: 'query',
    arguments: { sql: 'SELECT customer FROM shipments WHERE id = 4711' },
  })
  expect(JSON.parse(textOf(result))).toEqual([{ customer: 'Duarte & Filhos' }])
  const write = await client.callTool({ name: 'query', arguments: { sql: 'DELETE FROM shipments' } })
  expect([write.isError, textOf(write)]).toEqual([true, expect.stringContaining('readonly')])
  await client.close()
  await eventually(() => alive(pid)).toBe(false)
})

test('policies speaks 2026-07-28, asks its question in the result, and refuses initialize', async () => {
  const client = new ModernClient(
    { name: 'modern', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: { form: {} } } },
  )
  client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { read: true } }))
  await client.connect(
    new ModernTransport(new URL(company.resources.policies), { requestInit: { headers: bearer(tokens.cho) } }),
  )
  expect(await toolNames(client)).toContain('search_policies')
  const found = await client.callTool({ name: 'get_policy', arguments: { id: 'data' } })
  expect(JSON.parse(textOf(found))).toMatchObject({ title: 'Customer data' })
  const asked = await client.callTool({ name: 'acknowledge_policy', arguments: { id: 'data' } })
  expect(textOf(asked)).toBe('Recorded: you have read “Customer data”')
  await client.close()

  await expect(connectClient(overHttp(company.resources.policies, bearer(tokens.cho)))).rejects.toThrow('2026-07-28')
})

test('flaky follows its script: lost sessions, errors, and a stream cut before the answer', async () => {
  const call = (client: Awaited<ReturnType<typeof connectClient>>) =>
    client.callTool({ name: 'read_sensor', arguments: { place: 'cold-store' } })
  const connect = () => connectClient(overHttp(company.resources.flaky, bearer(tokens.cho)))

  company.servers.flaky.play(['error-500', 'none', 'cut-stream', 'forget-sessions'])
  const client = await connect()
  await expect(call(client)).rejects.toMatchObject({ code: 500 })
  expect(textOf(await call(client))).toContain('3.6')
  // The client comes back with Last-Event-ID and gets the answer it missed.
  expect(textOf(await call(client))).toContain('3.6')
  expect(company.parts.flaky.requests.some(({ headers }) => headers['last-event-id'])).toBe(true)
  await expect(call(client)).rejects.toThrow('Session not found')
  await client.close()

  company.servers.flaky.play([])
  const healed = await connect()
  expect(textOf(await call(healed))).toContain('3.6')
  await healed.close()
})

test('echo returns what it got and slow reports its progress', async () => {
  const client = await connectClient(overHttp(company.resources.github, bearer(tokens.ben)))
  const text = `${'ü'.repeat(3_000_000)}\u2028"`
  expect(textOf(await client.callTool({ name: 'echo', arguments: { text } }))).toBe(text)
  const seen: number[] = []
  const onprogress = ({ progress }: { progress: number }) => void seen.push(progress)
  await client.callTool({ name: 'slow', arguments: { steps: 3, stepMs: 1 } }, undefined, { onprogress })
  expect(seen).toEqual([1, 2, 3])
  await client.close()
})

test('a new tool is announced to the sessions that are open', async () => {
  const client = await connectClient(overHttp(company.resources.sentry, bearer(tokens.cho)))
  let announced = 0
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void announced++)
  // The announcement goes to the client's GET stream, which it opens on its own after connecting.
  await eventually(() => company.parts.sentry.openStreams()).toBe(1)
  for (const tool of connectionTools) company.servers.sentry.addTool(tool)
  await eventually(() => announced).toBeGreaterThan(0)
  expect(await toolNames(client)).toContain('echo')
  await client.close()
})

test('what is not JSON is answered as JSON-RPC says, and the server goes on', async () => {
  const headers = { ...bearer(tokens.ana), 'content-type': 'application/json', 'x-api-key': packageKeys.admin }
  const { flaky, policies, packages } = company.parts
  for (const { origin } of [flaky, policies, packages]) {
    const response = await fetch(`${origin}/mcp`, { method: 'POST', headers, body: '{"jsonrpc":' })
    expect([origin, response.status, await response.json()]).toMatchObject([origin, 400, { error: { code: -32700 } }])
  }
})

test('every server says how it is at /health', async () => {
  for (const { healthUrl } of company.catalog.servers) {
    if (healthUrl) expect(await (await fetch(healthUrl)).json()).toMatchObject({ status: /ok|healthy/ })
  }
  for (const part of Object.values(company.parts)) expect((await fetch(`${part.origin}/health`)).status).toBe(200)
})

type RpcMessage = {
  id?: unknown
  method?: string
  result?: { tools?: { name: string }[]; content?: { text: string }[] }
}

async function openEvents(token: string) {
  const aborter = new AbortController()
  const response = await fetch(`${company.parts.pdf.origin}/events`, { headers: bearer(token), signal: aborter.signal })
  const names: string[] = []
  const messages: RpcMessage[] = []
  const parser = createParser({
    onEvent({ event = '', data }) {
      names.push(event)
      messages.push(JSON.parse(data))
    },
  })
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }))
  }
  read().catch(() => {})
  return { names, messages, close: () => aborter.abort() }
}

const rpc = (token: string, message: Record<string, unknown>) =>
  fetch(`${company.parts.pdf.origin}/rpc`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  })

function alive(pid: number | null) {
  try {
    return process.kill(pid ?? 0, 0)
  } catch {
    return false
  }
}
