import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type LookupFunction } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAuthority } from './testing/authority.ts'
import { startHttp2Server } from './testing/http2-server.ts'
import { startProxy } from './testing/proxy-server.ts'
import { openTestNetwork, toLoopback } from './testing/test-network.ts'
import { startTlsServer } from './testing/tls-server.ts'

// A stream may be silent for as long as it likes, so nothing but the system notices that its other end is gone: the
// table of waits in bridge/links/README.md hangs on this option.
const host = 'mcp.acme.test'
const onlyProxies: LookupFunction = (name, options, done) =>
  name === 'proxy.test' || name === '127.0.0.1'
    ? toLoopback(name, options, done)
    : done(Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' }), '', 4)

/** Of each connection from here to a port: the seconds until the system asks whether it still stands; null for never. */
function probesTo(port: number): (number | null)[] {
  const rows = readFileSync('/proc/self/net/tcp', 'utf8').split('\n').slice(1, -1)
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , remote = '', state]) => state === '01' && Number.parseInt(remote.split(':')[1] ?? '', 16) === port)
    .map(([, , , , , timer = '']) => (timer.startsWith('02:') ? Number.parseInt(timer.slice(3), 16) / 100 : null))
}

const ways: Record<string, () => Promise<{ port: number; open: () => Promise<unknown> }>> = {
  async 'plain http'() {
    const server = createServer((socket) => void socket.on('error', () => {}).resume())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    return { port, open: () => openTestNetwork().dial(new URL(`http://127.0.0.1:${port}`)) }
  },
  async 'http/1.1 over TLS'() {
    const authority = createAuthority()
    const { port } = await startTlsServer(authority.issue('mcp'))
    const network = openTestNetwork({ caFiles: () => [authority.rootFile] })
    return { port, open: () => network.ask(`https://${host}:${port}`) }
  },
  async 'HTTP/2'() {
    const authority = createAuthority()
    const server = await startHttp2Server(authority.issue('mcp'), (stream) => stream.respond({ ':status': 200 }))
    const network = openTestNetwork({ caFiles: () => [authority.rootFile] })
    const asked = { origin: server.url, path: '/', method: 'GET' as const, headers: {} }
    return { port: Number(new URL(server.url).port), open: () => network.dispatcher.request(asked) }
  },
  async 'a proxy'() {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const { port } = await startProxy({ hosts: { [`${host}:443`]: server.port } })
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` }
    const network = openTestNetwork({ env, caFiles: () => [authority.rootFile], lookup: onlyProxies })
    return { port, open: () => network.ask(`https://${host}`) }
  },
  async 'a proxy that is spoken to over TLS'() {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const tls = authority.issue('proxy', { names: ['proxy.test'] })
    const { port } = await startProxy({ hosts: { [`${host}:443`]: server.port }, tls })
    const env = { HTTPS_PROXY: `https://proxy.test:${port}` }
    const network = openTestNetwork({ env, caFiles: () => [authority.rootFile], lookup: onlyProxies })
    return { port, open: () => network.ask(`https://${host}`) }
  },
}

describe.skipIf(process.platform !== 'linux')('edge 21: the system asks after the other end', () => {
  test.each(Object.keys(ways))('of a connection by %s', async (way) => {
    const { port, open } = (await ways[way]?.()) ?? { port: 0, open: async () => {} }
    await open()
    const probes = probesTo(port)
    expect(probes).toHaveLength(1)
    expect(probes[0]).toBeGreaterThan(0)
    expect(probes[0]).toBeLessThanOrEqual(15)
  })
})

test('a tunnel outlives the time in which it had to be made', async () => {
  const authority = createAuthority()
  const server = await startTlsServer(authority.issue('mcp'))
  const { port, asked } = await startProxy({ hosts: { [`${host}:443`]: server.port } })
  const network = openTestNetwork({
    env: { HTTPS_PROXY: `http://127.0.0.1:${port}` },
    caFiles: () => [authority.rootFile],
    lookup: onlyProxies,
    connectTimeoutMs: 1500,
  })
  expect(await network.ask(`https://${host}`)).toEqual({ status: 200 })
  await delay(1700)
  expect(await network.ask(`https://${host}`)).toEqual({ status: 200 })
  expect(asked).toHaveLength(1)
})
