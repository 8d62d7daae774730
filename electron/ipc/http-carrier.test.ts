import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { call, event } from '../../shared/ipc.ts'
import { createMemoryLog } from '../lib/log.ts'
import { createSignal } from '../lib/signal.ts'
import { createDispatcher } from './dispatcher.ts'
import { createHttpCarrier } from './http-carrier.ts'
import { isForeignRow } from './http-guard.ts'

const contract = {
  echo: {
    say: call(z.object({ text: z.string() }), z.string()),
    touch: call(z.void(), z.void()),
    said: event(z.string()),
  },
}
type Sent = { method?: string; path?: string; headers?: Record<string, string>; body?: string; keepOpen?: boolean }

let folder: string
let said: ReturnType<typeof createSignal<string>>
let listening: number
let carrier: Awaited<ReturnType<typeof createHttpCarrier>>
let lines: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-http-'))
  await mkdir(join(folder, 'window'))
  await writeFile(join(folder, 'window', 'index.html'), '<!doctype html><title>Causeway</title>')
  await writeFile(join(folder, 'window', 'app.js'), 'void 0')
  said = createSignal<string>()
  listening = 0
  const memory = createMemoryLog()
  lines = memory.lines
  const api = {
    echo: {
      say: ({ text }: { text: string }) => text,
      touch: () => {},
      said: (listener: (text: string) => void) => {
        listening += 1
        const off = said.on(listener)
        return () => {
          listening -= 1
          off()
        }
      },
    },
  }
  const dispatcher = createDispatcher(contract, api, memory.log)
  carrier = await createHttpCarrier({ dispatcher, folder: join(folder, 'window'), log: memory.log })
})
afterEach(async () => {
  await carrier.close()
  await rm(folder, { recursive: true, force: true })
})

const port = () => new URL(carrier.origin).port

function open({ method = 'GET', path = '/', headers = {}, body }: Sent) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: port(), method, path, headers, agent: false }, resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}
async function send(what: Sent) {
  const response = await open(what)
  let text = ''
  for await (const chunk of response) text += chunk
  const json = response.headers['content-type']?.includes('json') ? JSON.parse(text) : undefined
  return { status: response.statusCode, headers: response.headers, text, json }
}
const own = () => ({ Origin: carrier.origin, 'Content-Type': 'application/json' })
const tokenOf = (address: string) => new URLSearchParams(new URL(address).hash.slice(1)).get('token') ?? ''

async function signIn() {
  const body = JSON.stringify({ token: tokenOf(carrier.mintAddress()) })
  const { headers } = await send({ method: 'POST', path: '/session', headers: own(), body })
  return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}

test('a token opens a session once; the cookie is out of reach of scripts and of other sites', async () => {
  const body = JSON.stringify({ token: tokenOf(carrier.mintAddress()) })
  const first = await send({ method: 'POST', path: '/session', headers: own(), body })
  expect(first.status).toBe(204)
  expect(first.headers['set-cookie']?.[0]).toMatch(
    new RegExp(`^causeway-${port()}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`),
  )
  const second = await send({ method: 'POST', path: '/session', headers: own(), body })
  expect(second).toMatchObject({ status: 403, json: { problem: { code: 'ipc.session-over' } } })
  expect(second.headers['set-cookie']).toBeUndefined()
})

test.each(['', '{}', '{"token":7}', '{"token":""}', `{"token":"${'x'.repeat(43)}"}`, '[]', 'null'])(
  'the session request %j is refused',
  async (body) => {
    const answer = await send({ method: 'POST', path: '/session', headers: own(), body })
    expect(answer.status).toBe(403)
    expect(answer.headers['set-cookie']).toBeUndefined()
  },
)

test('a call with the cookie reaches the core; problems are answers too', async () => {
  const headers = { ...own(), Cookie: await signIn() }
  const said = await send({ method: 'POST', path: '/call/echo.say', headers, body: '{"text":"hällo"}' })
  expect(said).toMatchObject({ status: 200, json: { ok: true, value: 'hällo' } })
  expect(await send({ method: 'POST', path: '/call/echo.touch', headers })).toMatchObject({ json: { ok: true } })
  const unknown = await send({ method: 'POST', path: '/call/__proto__', headers })
  expect(unknown).toMatchObject({ status: 200, json: { ok: false, problem: { code: 'ipc.bad-request' } } })
})

test('another session can be opened from a new address while the first goes on', async () => {
  const cookies = [await signIn(), await signIn()]
  expect(cookies[0]).not.toBe(cookies[1])
  for (const Cookie of cookies) {
    const answer = await send({ method: 'POST', path: '/call/echo.touch', headers: { ...own(), Cookie } })
    expect(answer.status).toBe(200)
  }
})

test.each(['', 'causeway=x', `causeway-1=${'x'.repeat(43)}`])(
  'without a session (%j) nothing is served',
  async (Cookie) => {
    const called = await send({ method: 'POST', path: '/call/echo.touch', headers: { ...own(), Cookie } })
    expect(called).toMatchObject({ status: 401, json: { problem: { code: 'ipc.session-over' } } })
    expect(await send({ path: '/events', headers: { Cookie } })).toMatchObject({ status: 401 })
  },
)

test('DNS rebinding: a request under another name is refused, even with the cookie', async () => {
  const Cookie = await signIn()
  for (const Host of [
    'evil.example',
    `evil.example:${port()}`,
    '127.0.0.1',
    '127.0.0.1:1',
    `127.0.0.1.nip.io:${port()}`,
  ]) {
    const headers = { Cookie, Host, Origin: `http://${Host}`, 'Content-Type': 'application/json' }
    const called = await send({ method: 'POST', path: '/call/echo.touch', headers })
    expect(called.status, Host).toBe(403)
    expect(await send({ path: '/', headers: { Host } })).toMatchObject({ status: 403 })
  }
  expect(lines.join()).toContain('request.refused')
})

test('the window may also be opened as localhost, as port forwards do', async () => {
  const Host = `localhost:${port()}`
  expect(await send({ headers: { Host } })).toMatchObject({ status: 200 })
  const body = JSON.stringify({ token: tokenOf(carrier.mintAddress()) })
  const headers = { Host, Origin: `http://${Host}`, 'Content-Type': 'application/json' }
  expect(await send({ method: 'POST', path: '/session', headers, body })).toMatchObject({ status: 204 })
})

test.each([
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { Origin: 'http://127.0.0.1:1' },
  { Origin: 'http://localhost:1' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
])('another site’s page cannot call, open a session or listen: %j', async (foreign) => {
  const cookie = await signIn()
  const headers: Record<string, string> = { ...own(), Cookie: cookie, ...foreign }
  expect(await send({ method: 'POST', path: '/call/echo.touch', headers })).toMatchObject({ status: 403 })
  const body = JSON.stringify({ token: tokenOf(carrier.mintAddress()) })
  expect(await send({ method: 'POST', path: '/session', headers, body })).toMatchObject({ status: 403 })
  expect(await send({ path: '/events', headers: { Cookie: cookie, ...foreign } })).toMatchObject({ status: 403 })
  expect(await send({ path: '/app.js', headers: { ...foreign } })).toMatchObject({ status: 403 })
})

test('a POST that does not say where it comes from is refused', async () => {
  const headers = { 'Content-Type': 'application/json', Cookie: await signIn() }
  expect(await send({ method: 'POST', path: '/call/echo.touch', headers })).toMatchObject({ status: 403 })
})

test('the page itself may be opened from a link or the address bar, but not framed or fetched from elsewhere', async () => {
  const from = (site: string, mode: string) => send({ headers: { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': mode } })
  expect((await from('none', 'navigate')).status).toBe(200)
  expect((await from('cross-site', 'navigate')).status).toBe(200)
  expect((await from('cross-site', 'no-cors')).status).toBe(403)
  expect((await from('none', 'navigate')).headers['content-security-policy']).toContain("frame-ancestors 'none'")
})

test('bad bodies are refused before anything is called', async () => {
  const headers = { ...own(), Cookie: await signIn() }
  const say = (body: string, more = {}) =>
    send({ method: 'POST', path: '/call/echo.say', headers: { ...headers, ...more }, body })
  expect(await say('{"text":')).toMatchObject({ status: 400, json: { problem: { code: 'ipc.bad-request' } } })
  expect(await say('{"text":"x"}', { 'Content-Type': 'text/plain' })).toMatchObject({ status: 400 })
  expect(await say('{"text":"x"}', { 'Content-Type': 'application/jsonx' })).toMatchObject({ status: 400 })
  expect(await say(JSON.stringify({ text: 'x'.repeat(1024 * 1024) }))).toMatchObject({ status: 400 })
  expect(await say('{"text":"still here"}')).toMatchObject({ status: 200 })
})

test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'POST'])('%s of anything else is not found', async (method) => {
  expect(await send({ method, path: '/call', headers: own() })).toMatchObject({ status: 404 })
})

test('events are pushed with their channel as name, until the reader goes', async () => {
  const response = await open({ path: '/events', headers: { Cookie: await signIn() } })
  expect(response.headers['content-type']).toBe('text/event-stream')
  let text = ''
  response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  await vi.waitFor(() => expect(listening).toBe(1))
  said.emit('line one\nline two')
  await vi.waitFor(() => expect(text).toContain('event: echo.said\ndata: "line one\\nline two"\n\n'))
  response.destroy()
  await vi.waitFor(() => expect(listening).toBe(0))
})

test('a reader that does not read is dropped instead of buffered for', async () => {
  const response = await open({ path: '/events', headers: { Cookie: await signIn() } })
  response.pause()
  await vi.waitFor(() => expect(listening).toBe(1))
  const large = 'x'.repeat(512 * 1024)
  for (let count = 0; count < 64 && listening > 0; count += 1) {
    said.emit(large)
    await new Promise(setImmediate)
  }
  await vi.waitFor(() => expect(listening).toBe(0))
})

test('closing ends open event streams and frees the port', async () => {
  const response = await open({ path: '/events', headers: { Cookie: await signIn() } })
  const ended = new Promise((resolve) => response.once('close', resolve))
  response.on('error', () => {}).resume()
  await carrier.close()
  await ended
  const { log } = createMemoryLog()
  const dispatcher = createDispatcher({}, {}, log)
  const again = await createHttpCarrier({ dispatcher, folder, port: Number(port()), log })
  await again.close()
})

test('a port that is taken is ipc.port-taken, with its number', async () => {
  const { log } = createMemoryLog()
  const dispatcher = createDispatcher({}, {}, log)
  await expect(createHttpCarrier({ dispatcher, folder, port: Number(port()), log })).rejects.toMatchObject({
    code: 'ipc.port-taken',
    detail: `port ${port()}`,
  })
})

test('no token and no cookie is ever in the log', async () => {
  const cookie = await signIn()
  await send({ method: 'POST', path: '/call/echo.touch', headers: { Cookie: cookie } })
  expect(lines.join()).not.toContain(cookie.split('=')[1] ?? 'no cookie')
})

test('another person on this machine is told apart by the kernel’s table', () => {
  const row = (state: string, uid: number) =>
    `  sl  local_address rem_address   st tx_queue\n   7: 0100007F:9C40 0100007F:1F90 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 12345 1 0000\n`
  const ports = { remotePort: 40_000, localPort: 8080 }
  expect(isForeignRow(row('01', 1000), ports, 1000)).toBe(false)
  expect(isForeignRow(row('01', 0), ports, 1000)).toBe(false)
  expect(isForeignRow(row('01', 1001), ports, 1000)).toBe(true)
  expect(isForeignRow(row('06', 0), ports, 1000)).toBe(true)
  expect(isForeignRow('', ports, 1000)).toBe(false)
})
