import type { AddressInfo } from 'node:net'
import { createServer as createSocketServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Problem } from '../../../shared/problems.ts'
import { createAuthority } from '../../network/testing/authority.ts'
import { openTestNetwork } from '../../network/testing/test-network.ts'
import { startTlsServer } from '../../network/testing/tls-server.ts'
import { event, startRawServer, streamable } from './raw-server.ts'
import { codeOf, openTestLink, until } from './test-link.ts'

const open = (url: string, options: Parameters<typeof openTestLink>[1] = {}) =>
  openTestLink({ transport: 'http', url: `${url}/mcp` }, options)

/** A sign-in whose token can be renewed, and counts how often it is. */
function createSignIn({ renews = true } = {}) {
  const state = { token: 1, renewals: [] as { rejected?: Record<string, string>; challenge?: string }[] }
  const headers = async (options?: { rejected?: Record<string, string>; challenge?: string }) => {
    if (options?.rejected) {
      state.renewals.push(options)
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (renews) state.token += 1
    }
    return { Authorization: `Bearer t${state.token}` }
  }
  return { state, headers }
}

describe('sign-in', () => {
  test('edge 29, pain 1, 401: one renewal for all in flight, each repeated once', async () => {
    let valid = 'Bearer t1'
    const server = await startRawServer(
      streamable((seen, reply) =>
        seen.headers.authorization === valid
          ? reply.result()
          : reply.text('', 401, { 'www-authenticate': 'Bearer scope="a, b"' }),
      ),
    )
    const { state, headers } = createSignIn()
    const link = open(server.url, { headers })
    await link.initialize()
    await link.call(0)
    valid = 'Bearer t2'
    const answers = await Promise.all(Array.from({ length: 20 }, (_, id) => link.call(`c${id}`)))
    expect(answers.every(({ result }) => result)).toBe(true)
    expect(state.renewals).toEqual([{ rejected: { authorization: 'Bearer t1' }, challenge: 'Bearer scope="a, b"' }])
  })

  test('edge 29, 401 with a fresh token as well: one renewal, then an error that says to sign in', async () => {
    const server = await startRawServer(streamable((_, reply) => reply.text('', 401)))
    const { state, headers } = createSignIn()
    const link = open(server.url, { headers })
    await link.initialize()
    const answer = await link.call(1)
    expect(answer.error?.data).toEqual({ code: 'bridge.unauthorized', remedy: 'sign-in' })
    expect(server.posts('tools/call')).toHaveLength(2)
    expect(state.renewals).toHaveLength(1)
    expect(JSON.stringify([answer, link.logLines])).not.toMatch(/Bearer t\d/)
  })

  test('edge 32, 401 without a challenge and with nothing to renew: an error at once, no loop', async () => {
    const server = await startRawServer(streamable((_, reply) => reply.text('', 401)))
    const link = open(server.url, { headers: async () => ({ 'X-API-Key': 'k' }) })
    await link.initialize()
    expect(codeOf(await link.call(1))).toBe('bridge.unauthorized')
    expect(server.posts('tools/call')).toHaveLength(1)
  })

  test('edge 32, 401 on the GET stream and on DELETE is renewed alike', async () => {
    let valid = 'Bearer t1'
    const server = await startRawServer((seen, reply) => {
      if (seen.headers.authorization !== valid) return reply.text('', 401)
      if (seen.message.method === 'notifications/initialized') valid = 'Bearer t2'
      if (seen.method === 'GET') return reply.stream().write(event({ jsonrpc: '2.0', method: 'notifications/x' }))
      return reply.result({ protocolVersion: '2025-11-25', capabilities: {} }, { 'mcp-session-id': 's' })
    })
    const { headers } = createSignIn()
    const link = open(server.url, { headers })
    await link.initialize()
    await until(() => link.delivered.length === 2)
    valid = 'Bearer t3'
    await link.link.close()
    expect(
      server.requests.filter((seen) => seen.method === 'DELETE').map((seen) => seen.headers.authorization),
    ).toEqual(['Bearer t2', 'Bearer t3'])
  })

  test('edge 31, 403 with insufficient_scope: asked for more once, then an error; any other 403 is an error at once', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) =>
        reply.text(
          '',
          403,
          message.params?.name === 'scope'
            ? { 'www-authenticate': 'Bearer error="insufficient_scope", scope="x"' }
            : {},
        ),
      ),
    )
    const { state, headers } = createSignIn()
    const link = open(server.url, { headers })
    await link.initialize()
    expect(codeOf(await link.call(1, 'scope'))).toBe('bridge.forbidden')
    expect(state.renewals).toHaveLength(1)
    expect(codeOf(await link.call(2, 'other'))).toBe('bridge.forbidden')
    expect(server.posts('tools/call')).toHaveLength(3)
  })

  test('a problem with the sign-in itself is what the call says', async () => {
    const server = await startRawServer(streamable((_, reply) => reply.result()))
    const link = open(server.url, { headers: () => Promise.reject(new Problem('auth.signed-out')) })
    expect(codeOf(await link.initialize())).toBe('auth.signed-out')
    expect(server.requests).toHaveLength(0)
  })

  test('edge 36, configured headers never replace those of the protocol', async () => {
    const server = await startRawServer(streamable((_, reply) => reply.result()))
    const link = open(server.url, {
      headers: async () => ({
        'X-Team': 'a',
        'MCP-Session-Id': 'mine',
        'Content-Type': 'text/plain',
        Host: 'evil.example',
        Accept: 'x',
      }),
    })
    await link.initialize()
    await link.call(1)
    expect(server.posts('tools/call')[0]?.headers).toMatchObject({
      'x-team': 'a',
      'mcp-session-id': 's-1',
      'content-type': 'application/json',
      host: `127.0.0.1:${server.port}`,
      accept: 'application/json, text/event-stream',
    })
  })

  test.each([
    [{ 'x-key': 'a\r\nx-evil: 1' }, 'the value of x-key'],
    [{ 'x-key': 'a\u0000' }, 'the value of x-key'],
    [{ 'x key': 'a' }, 'the name "x key"'],
  ])('a header that could smuggle another is refused by name, its value unsaid', async (bad, words) => {
    const server = await startRawServer(streamable((_, reply) => reply.result()))
    const link = open(server.url, { headers: async () => bad as unknown as Record<string, string> })
    const answer = await link.initialize()
    expect(codeOf(answer)).toBe('bridge.bad-header')
    expect(answer.error?.message).toMatch(new RegExp(`${words}$`))
    expect(server.requests).toHaveLength(0)
  })
})

describe('redirects', () => {
  test.each([307, 308])('edge 22, %i within the origin keeps method, body and sign-in', async (status) => {
    const handler = streamable((_, reply) => reply.result({ moved: true }))
    const server = await startRawServer((seen, reply) =>
      seen.path === '/mcp' ? reply.text('', status, { location: '/moved/mcp' }) : handler(seen, reply),
    )
    const link = open(server.url, { headers: async () => ({ authorization: 'Bearer t' }) })
    await link.initialize()
    expect(await link.call(1)).toMatchObject({ result: { moved: true } })
    expect(server.posts('tools/call').at(-1)).toMatchObject({
      path: '/moved/mcp',
      headers: { authorization: 'Bearer t' },
    })
  })

  test.each([302, 303, 307, 308])(
    'edge 22, case 52, %i to another host is not followed, and nothing is sent there',
    async (status) => {
      const other = await startRawServer((_, reply) => reply.result())
      const server = await startRawServer((_, reply) => reply.text('', status, { location: `${other.url}/mcp` }))
      const link = open(server.url, { headers: async () => ({ authorization: 'Bearer t' }) })
      const answer = await link.initialize()
      expect(codeOf(answer)).toBe('bridge.redirected')
      expect(answer.error?.message).toContain(other.url)
      expect(other.requests).toHaveLength(0)
    },
  )

  test.each([
    ['302 of a POST', 302, '/moved'],
    ['without end', 307, '/mcp'],
    ['to no address', 307, 'http://['],
    ['with a name and password', 307, 'http://user:pass@127.0.0.1/'],
  ])('edge 22, %s is an error', async (_name, status, location) => {
    const server = await startRawServer((_, reply) => reply.text('', status, { location }))
    expect(codeOf(await open(server.url).initialize())).toBe('bridge.redirected')
    expect(server.requests.length).toBeLessThan(8)
  })
})

describe('busy servers and load balancers', () => {
  test.each([429, 503])('edge 23, %i with Retry-After is waited for', async (status) => {
    let refusals = 2
    const server = await startRawServer(
      streamable((_, reply) => (refusals-- > 0 ? reply.text('', status, { 'retry-after': '0' }) : reply.result())),
    )
    const link = open(server.url)
    await link.initialize()
    expect(await link.call(1)).toMatchObject({ result: {} })
    expect(server.posts('tools/call')).toHaveLength(3)
  })

  test('edge 23, a Retry-After beyond reason, and one that never ends, are reported', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) =>
        reply.text('', 429, { 'retry-after': message.params?.name === 'long' ? '3600' : '0' }),
      ),
    )
    const link = open(server.url)
    await link.initialize()
    const answer = await link.call(1, 'long')
    expect(codeOf(answer)).toBe('bridge.rate-limited')
    expect(answer.error?.message).toContain('try again in 3600 s')
    expect(codeOf(await link.call(2, 'forever'))).toBe('bridge.rate-limited')
    expect(server.posts('tools/call')).toHaveLength(5)
  })

  test('edge 23, cookies of a sticky load balancer are kept', async () => {
    const server = await startRawServer(
      streamable((seen, reply) =>
        reply.result({ cookie: seen.headers.cookie ?? null }, { 'set-cookie': 'route=b; Path=/' }),
      ),
    )
    const link = open(server.url)
    await link.initialize()
    await link.call(1)
    expect(await link.call(2)).toMatchObject({ result: { cookie: 'route=b' } })
  })
})

describe('the network', () => {
  test('a server that is down is an error at once, and works when it is up', async () => {
    const server = await startRawServer(streamable((_, reply) => reply.result()))
    await server.close()
    const link = open(server.url)
    const answer = await link.initialize(1)
    expect(codeOf(answer)).toBe('bridge.unreachable')
    expect(answer.error?.message).toContain(`127.0.0.1:${server.port}: nothing listens there`)
    await startRawServer(
      streamable((_, reply) => reply.result()),
      server.port,
    )
    expect(await link.initialize(2)).toMatchObject({ result: {} })
  })

  test('a name nobody knows is said so', async () => {
    const answer = await open('http://no-such-host.invalid').initialize()
    expect(codeOf(answer)).toBe('bridge.unreachable')
  })

  test('case 46, a kept connection that is gone: reading is tried again, a tool call never is', async () => {
    const server = await startRawServer(
      streamable(({ message }, reply) => {
        const isFirst = server.posts(message.method).length === 1
        if (isFirst) return reply.response.destroy()
        return reply.result()
      }),
    )
    const link = open(server.url)
    await link.initialize()
    expect(await link.request(1, 'tools/list')).toMatchObject({ result: {} })
    expect(codeOf(await link.call(2))).toBe('bridge.interrupted')
    expect(server.posts('tools/call')).toHaveLength(1)
  })

  test('case 49, a certificate that is not trusted is refused, with the reason; trusted, the server is reached', async () => {
    const authority = createAuthority()
    const { port } = await startTlsServer(authority.issue('mcp'))
    const url = `https://mcp.acme.test:${port}`
    const answer = await open(url, { dispatcher: openTestNetwork().dispatcher }).initialize()
    expect(codeOf(answer)).toBe('network.not-trusted')
    expect(answer.error?.message).toContain('“Acme Root CA”')
    // It speaks no MCP, but it is spoken to.
    const { dispatcher } = openTestNetwork({ caFiles: () => [authority.rootFile] })
    expect(codeOf(await open(url, { dispatcher }).initialize())).toBe('bridge.bad-answer')
  })

  test.each([
    ['does not speak HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['sent endless headers', `HTTP/1.1 200 OK\r\n${'x-fill: 0123456789\r\n'.repeat(10_000)}`],
  ])('a host that %s is named', async (words, bytes) => {
    const server = createSocketServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write(bytes))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const answer = await open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).initialize()
    expect(codeOf(answer)).toBe('bridge.bad-answer')
    expect(answer.error?.message).toContain(words)
  })
})
