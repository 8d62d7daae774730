import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import type { ServerHealth } from '../../shared/contract/health.ts'
import { ServerId } from '../../shared/ids.ts'
import { ServerConfig } from '../../shared/server-config.ts'
import { createCheck } from './check.ts'
import { createReport } from './report.ts'
import { createAuthority } from './testing/authority.ts'
import { startProxy } from './testing/proxy-server.ts'
import { openTestNetwork, toLoopback } from './testing/test-network.ts'
import { startTlsServer } from './testing/tls-server.ts'

const host = 'mcp.acme.test'
type Options = Parameters<typeof openTestNetwork>[0]

/** The steps to an address, each as `step` or `step: code detail`. */
async function walk(url: string, options: Options = {}, lookup = toLoopback) {
  const network = openTestNetwork({ connectTimeoutMs: 500, ...options })
  const steps = await createCheck({ network, lookup })(new URL(url))
  return steps.map((each) =>
    each.ok ? `${each.step}: ${each.found}` : `${each.step} fails: ${each.problem.code} ${each.problem.detail}`,
  )
}

test('each step says what it found: way, name, TLS with its issuer, HTTP', async () => {
  const authority = createAuthority()
  const server = await startTlsServer(authority.issue('mcp'))
  const steps = await walk(`https://${host}:${server.port}/mcp`, { caFiles: () => [authority.rootFile] })
  expect(steps).toEqual([
    'way: straight',
    'name: 127.0.0.1',
    expect.stringMatching(/^connection: TLSv1\.3, certificate by “Acme Root CA” until .+ GMT$/),
    'http: HTTP 200, application/json',
  ])
  expect(server.requests).toHaveLength(1)
})

test('the step that fails is named, and nothing behind it is tried', async () => {
  const authority = createAuthority()
  const server = await startTlsServer(authority.issue('mcp'))
  const url = `https://${host}:${server.port}/mcp`
  expect((await walk(url)).at(-1)).toMatch(/^connection fails: network\.not-trusted .*“Acme Root CA”/)

  const nobody: typeof toLoopback = (_name, _options, done) =>
    done(Object.assign(new Error('nobody'), { code: 'ENOTFOUND' }), '', 4)
  expect((await walk(url, {}, nobody)).at(-1)).toBe(
    `name fails: bridge.unreachable ${host}:${server.port}: its name is not known`,
  )

  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  expect((await walk(`https://${host}:${port}/`)).at(-1)).toContain('nothing listens there')
  expect((await walk(url, { env: { HTTPS_PROXY: 'socks5://x:1' } })).at(-1)).toMatch(
    /^way fails: network\.proxy-invalid/,
  )
  expect(server.requests).toEqual([])
})

test('behind a proxy the name is the proxy’s to find, and its refusal is the failing step', async () => {
  const authority = createAuthority()
  const server = await startTlsServer(authority.issue('mcp'))
  const proxy = await startProxy({ hosts: { [`${host}:443`]: server.port } })
  const options = { env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }, caFiles: () => [authority.rootFile] }
  expect(await walk(`https://${host}/mcp`, options)).toEqual([
    `way: http://127.0.0.1:${proxy.port}`,
    expect.stringContaining(`through http://127.0.0.1:${proxy.port}`),
    'http: HTTP 200, application/json',
  ])
  expect((await walk('https://forbidden.test/', options)).at(-1)).toMatch(/^connection fails: network\.proxy-refused/)
})

test('the report has the proxy, the authorities with files that cannot be read, and a line for each server', async () => {
  const authority = createAuthority()
  const tls = await startTlsServer(authority.issue('mcp'))
  const config = (id: string, endpoint: object) => ServerConfig.parse({ id, name: id, endpoint })
  const configs = [
    config('crm', { transport: 'http', url: `https://${host}:${tls.port}/mcp` }),
    config('files', { transport: 'stdio', command: 'files' }),
    config('lost', { transport: 'sse-split', streamUrl: `https://${host}:1/sse`, messageUrl: `https://${host}:1/rpc` }),
  ]
  const network = openTestNetwork({ caFiles: () => [authority.rootFile, '/no/such/file'] })
  const crm: ServerHealth = {
    ...{
      server: ServerId.parse('crm'),
      state: 'ok',
      latencyMs: 1,
      checkedAt: '2026-11-20T10:00:00.000Z',
      toolCount: 2,
    },
    ...{ protocolVersion: '2025-11-25', serverName: 'CRM 3' },
  }
  const report = createReport({
    network,
    check: createCheck({ network, lookup: toLoopback }),
    proxy: () => ({ mode: 'fixed', url: 'http://proxy.acme.test:3128', bypass: [host] }),
    findServer: (id) => {
      const found = configs.find((each) => each.id === id)
      return found && { config: found }
    },
    servers: () => configs,
    healthOf: (id) => (id === crm.server ? crm : undefined),
  })
  const lines = (await report.lines()).join('\n')
  expect(lines).toContain(`network: proxy http://proxy.acme.test:3128, except ${host}`)
  expect(lines).toMatch(/authorities: \d+ of Node, \d+ of this system, 2 files/)
  expect(lines).toContain('/no/such/file: ENOENT')
  expect(lines).toMatch(
    / {2}crm: way straight · name 127.0.0.1 · connection TLSv1.3.* · http HTTP 200.* · mcp MCP 2025-11-25, CRM 3/,
  )
  expect(lines).toMatch(/ {2}lost: .* · CONNECTION FAILS \[bridge.unreachable\] .*nothing listens there/)
  expect(lines).not.toContain('files: way')
  expect(await report.facts({ server: crm.server })).toMatchObject({ proxy: null, tls: { issuer: 'Acme Root CA' } })
  expect(await report.check({ server: ServerId.parse('files') })).toEqual([])
  await expect(report.facts({ server: ServerId.parse('nobody') })).rejects.toMatchObject({
    code: 'bridge.unknown-server',
  })
})
