import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ServerTls } from '../../shared/server-config.ts'
import { fetchDocument } from '../lib/fetch-document.ts'
import { createAuthority } from './testing/authority.ts'
import { startProxy } from './testing/proxy-server.ts'
import { openTestNetwork, serverAt, toLoopback } from './testing/test-network.ts'
import { startTlsServer } from './testing/tls-server.ts'

const host = 'mcp.acme.test'
/** What Node says for a name nobody knows: only a proxy can have found it. */
const nowhere: typeof toLoopback = (name, options, done) =>
  /^[\d.]+$|^proxy\.test$/.test(name)
    ? toLoopback(name, options, done)
    : done(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }), '', 4)

describe('certificates', () => {
  test('case 49: a company’s own authority is refused, with its name and what to do', async () => {
    const authority = createAuthority('Acme Inspection CA')
    const server = await startTlsServer(authority.issue('mcp'))
    const answer = await openTestNetwork().ask(`https://${host}:${server.port}/`)
    expect(answer.code).toBe('network.not-trusted')
    expect(answer.detail).toContain(`${host}:${server.port}`)
    expect(answer.detail).toContain('“Acme Inspection CA”')
    expect(answer.detail).toContain('Settings, Network')
    expect(server.requests).toEqual([])
  })

  test('pain 7: it is trusted from a file of the settings, in PEM with other text or in DER, and from NODE_EXTRA_CA_CERTS', async () => {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const url = `https://${host}:${server.port}/`
    const pem = authority.write('bundle.pem', `# of IT\r\n${createAuthority('Other').root}\n${authority.root}`)
    authority.openssl('x509', '-in', 'root.pem', '-outform', 'der', '-out', 'root.cer')
    for (const file of [pem, authority.file('root.cer')])
      expect(await openTestNetwork({ caFiles: () => [file] }).ask(url)).toEqual({ status: 200 })
    expect(await openTestNetwork({ env: { NODE_EXTRA_CA_CERTS: authority.rootFile } }).ask(url)).toEqual({
      status: 200,
    })
  })

  test('a file that is gone or holds nothing is said and harms nothing else', async () => {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const junk = authority.write('junk.pem', 'hello')
    const network = openTestNetwork({ caFiles: () => [junk, '/no/such/file', authority.rootFile] })
    expect(await network.ask(`https://${host}:${server.port}/`)).toEqual({ status: 200 })
    expect((await network.authorities()).files).toEqual([
      { path: junk, certificates: 0, trouble: 'it holds no certificate' },
      { path: '/no/such/file', certificates: 0, trouble: 'ENOENT' },
      { path: authority.rootFile, certificates: 1, trouble: null },
    ])
    expect(network.logLines.join()).toContain('authorities.unreadable')
  })

  test('the authorities of Node and of the system are all there', async () => {
    const { ca, bundled } = await openTestNetwork().authorities()
    expect(bundled).toBeGreaterThan(100)
    expect(ca.length).toBeGreaterThanOrEqual(bundled)
  })

  test('a file that is put right later is read at the next reset', async () => {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const files: string[] = []
    const network = openTestNetwork({ caFiles: () => files })
    const url = `https://${host}:${server.port}/`
    expect((await network.ask(url)).code).toBe('network.not-trusted')
    files.push(authority.rootFile)
    network.reset()
    expect(await network.ask(url)).toEqual({ status: 200 })
  })

  test.each([
    ['expired', { days: ['20240101000000Z', '20240201000000Z'] }, /ended on Feb {2}1 00:00:00 2024/],
    ['not valid yet', { days: ['20990101000000Z', '20990201000000Z'] }, /is this clock right/],
    ['of another host', { names: ['other.acme.test'] }, /is for other\.acme\.test, not for mcp\.acme\.test/],
  ] as const)('a certificate that is %s is refused in words', async (_, leaf, words) => {
    const authority = createAuthority()
    const { days, names } = { days: undefined, names: undefined, ...leaf }
    const issued = authority.issue('mcp', {
      ...(days ? { days: [...days] } : {}),
      ...(names ? { names: [...names] } : {}),
    })
    const server = await startTlsServer(issued)
    const answer = await openTestNetwork({ caFiles: () => [authority.rootFile] }).ask(`https://${host}:${server.port}/`)
    expect(answer.code).toBe('network.not-trusted')
    expect(answer.detail).toMatch(words)
    expect(server.requests).toEqual([])
  })

  test('an incomplete chain is refused and named; with its intermediate it is taken', async () => {
    const authority = createAuthority()
    const between = authority.intermediate('Acme Issuing CA')
    const leaf = authority.issue('mcp', { by: 'Acme Issuing CA' })
    const network = openTestNetwork({ caFiles: () => [authority.rootFile] })
    const short = await startTlsServer(leaf)
    const answer = await network.ask(`https://${host}:${short.port}/`)
    expect(answer.code).toBe('network.not-trusted')
    expect(answer.detail).toContain('leaves out an intermediate certificate')
    expect(answer.detail).toContain('“Acme Issuing CA”')
    const whole = await startTlsServer({ ...leaf, cert: leaf.cert + between.cert })
    expect(await network.ask(`https://${host}:${whole.port}/`)).toEqual({ status: 200 })
  })

  test('TLS 1.3 alone is spoken, TLS 1.1 alone is not', async () => {
    const authority = createAuthority()
    const issued = authority.issue('mcp')
    const network = openTestNetwork({ caFiles: () => [authority.rootFile] })
    const modern = await startTlsServer({ ...issued, minVersion: 'TLSv1.3' })
    expect(await network.ask(`https://${host}:${modern.port}/`)).toEqual({ status: 200 })
    expect(modern.requests).toMatchObject([{ protocol: 'TLSv1.3' }])
    const old = await startTlsServer({
      ...issued,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    expect((await network.ask(`https://${host}:${old.port}/`)).code).toBe('network.tls')
    expect(network.facts(`https://${host}:${modern.port}/any`)).toMatchObject({
      proxy: null,
      tls: { protocol: 'TLSv1.3', issuer: 'Acme Root CA', pinned: false },
    })
  })
})

describe('client certificates', () => {
  async function start() {
    const authority = createAuthority()
    const server = await startTlsServer({ ...authority.issue('mcp'), ca: authority.root, requestCert: true })
    const url = `https://${host}:${server.port}/`
    const ask = (clientCertificate: ServerTls['clientCertificate'], at = new URL(url).origin) =>
      openTestNetwork({
        caFiles: () => [authority.rootFile],
        servers: () => (clientCertificate ? [serverAt(at, { clientCertificate })] : []),
      }).ask(url)
    return { authority, server, ask }
  }

  test('a certificate from PEM or PKCS#12 files is shown to its server alone', async () => {
    const { authority, server, ask } = await start()
    authority.issue('Laptop 7', { client: true })
    const [certFile, keyFile] = [authority.file('Laptop 7.pem'), authority.file('Laptop 7.key')]
    expect(await ask({ certFile, keyFile })).toEqual({ status: 200 })
    const passphraseFile = authority.write('secret', 'hunter2\n')
    const pfx = [
      'pkcs12',
      '-export',
      '-in',
      certFile,
      '-inkey',
      keyFile,
      '-out',
      'laptop.p12',
      '-passout',
      'pass:hunter2',
    ]
    authority.openssl(...pfx)
    expect(await ask({ pfxFile: authority.file('laptop.p12'), passphraseFile })).toEqual({ status: 200 })
    expect(server.requests.map(({ client }) => client)).toEqual(['Laptop 7', 'Laptop 7'])
    expect((await ask({ certFile, keyFile }, 'https://other.acme.test')).code).not.toBe(undefined)
    expect(server.requests).toHaveLength(2)
  })

  test('without one the server’s refusal is said; a file that cannot be used likewise', async () => {
    const { authority, ask } = await start()
    const refused = await ask(undefined)
    expect(refused.code).toBe('network.client-certificate')
    const missing = await ask({ certFile: '/no/such.pem', keyFile: '/no/such.key' })
    expect(missing).toMatchObject({ code: 'network.client-certificate' })
    expect(missing.detail).toContain('/no/such.pem')
    const junk = authority.write('junk.p12', 'junk')
    expect((await ask({ pfxFile: junk })).detail).toContain('junk.p12')
  })
})

describe('pins', () => {
  const spare = `sha256/${'A'.repeat(43)}=`

  test('case 50: another key is blocked for that server and said; the backup pin is accepted', async () => {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const origin = `https://${host}:${server.port}`
    let pins = [authority.pin('mcp'), spare]
    const network = openTestNetwork({
      caFiles: () => [authority.rootFile],
      servers: () => [serverAt(`${origin}/mcp`, { pins })],
    })
    expect(await network.ask(origin)).toEqual({ status: 200 })
    expect(network.facts(origin)?.tls?.pinned).toBe(true)
    pins = [spare, authority.pin('root')]
    network.reset()
    expect(await network.ask(origin)).toEqual({ status: 200 })
    pins = [spare, `sha256/${'B'.repeat(43)}=`]
    network.reset()
    const blocked = await network.ask(origin)
    expect(blocked).toMatchObject({ code: 'network.pin-mismatch' })
    expect(blocked.detail).toContain(authority.pin('mcp'))
    expect(server.requests).toHaveLength(2)
    const other = await startTlsServer(authority.issue('other'))
    expect(await network.ask(`https://${host}:${other.port}/`)).toEqual({ status: 200 })
  })

  test('new pins of the catalog hold at once, also for connections that are open', async () => {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const origin = `https://${host}:${server.port}`
    let known: ReturnType<typeof serverAt>[] = []
    const network = openTestNetwork({ caFiles: () => [authority.rootFile], servers: () => known })
    expect(await network.ask(origin)).toEqual({ status: 200 })
    known = [serverAt(origin, { pins: [spare, `sha256/${'B'.repeat(43)}=`] })]
    network.reconsider()
    expect((await network.ask(origin)).code).toBe('network.pin-mismatch')
  })

  test('a certificate that signed nothing here pins nothing, though it is shown and bears the issuer’s name', async () => {
    const authority = createAuthority('Twin')
    const twin = createAuthority('Twin')
    const leaf = twin.issue('mcp')
    const server = await startTlsServer({ ...leaf, cert: leaf.cert + authority.root })
    const url = `https://${host}:${server.port}/`
    const network = openTestNetwork({
      caFiles: () => [twin.rootFile, authority.rootFile],
      servers: () => [serverAt(url, { pins: [authority.pin('root'), spare] })],
    })
    expect((await network.ask(url)).code).toBe('network.pin-mismatch')
  })

  test('one pin alone is no configuration: its key may be lost', () => {
    expect(ServerTls.safeParse({ pins: [spare] }).success).toBe(false)
    expect(ServerTls.safeParse({ pins: [spare, 'md5/x'] }).success).toBe(false)
    expect(ServerTls.safeParse({ pins: [spare, spare] }).success).toBe(true)
  })
})

describe('proxies', () => {
  async function startBehindProxy(options: Partial<Parameters<typeof startProxy>[0]> = {}) {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const proxy = await startProxy({ hosts: { [`${host}:443`]: server.port }, ...options })
    const open = (address: string, more: Parameters<typeof openTestNetwork>[0] = {}) =>
      openTestNetwork({
        env: { HTTPS_PROXY: address },
        caFiles: () => [authority.rootFile],
        lookup: nowhere,
        ...more,
      })
    return { authority, server, proxy, open }
  }
  const url = `https://${host}/mcp`

  test('pain 7: a host only the proxy knows is reached through it, and the certificate is still checked', async () => {
    const { server, proxy, open } = await startBehindProxy()
    const network = open(`http://127.0.0.1:${proxy.port}`)
    expect(await network.ask(url)).toEqual({ status: 200 })
    expect(proxy.asked).toEqual([`${host}:443`])
    expect(network.facts(url)?.proxy).toBe(`http://127.0.0.1:${proxy.port}`)
    expect(server.requests).toHaveLength(1)
    const distrusting = open(`http://127.0.0.1:${proxy.port}`, { caFiles: () => [] })
    const answer = await distrusting.ask(url)
    expect(answer.code).toBe('network.not-trusted')
    expect(answer.detail).toContain('“Acme Root CA”')
    expect((await openTestNetwork({ lookup: nowhere }).ask(url)).code).toBe('ENOTFOUND')
  })

  test('TLS to the proxy itself works by the same trust', async () => {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const tls = authority.issue('proxy', { names: ['proxy.test'] })
    const proxy = await startProxy({ hosts: { [`${host}:443`]: server.port }, tls })
    const env = { https_proxy: `https://proxy.test:${proxy.port}` }
    const network = openTestNetwork({ env, caFiles: () => [authority.rootFile], lookup: nowhere })
    expect(await network.ask(url)).toEqual({ status: 200 })
  })

  test('case 51: name and password of the address are given to the proxy and to no log', async () => {
    const { proxy, open } = await startBehindProxy({ credentials: 'ana:p@ss word' })
    const network = open(`http://ana:p%40ss%20word@127.0.0.1:${proxy.port}`)
    expect(await network.ask(url)).toEqual({ status: 200 })
    expect(network.facts(url)?.proxy).toBe(`http://127.0.0.1:${proxy.port}`)
    const wrong = open(`http://ana:hunter2@127.0.0.1:${proxy.port}`)
    const answer = await wrong.ask(url)
    expect(answer).toMatchObject({ code: 'network.proxy-sign-in' })
    expect(answer.detail).toContain('did not accept')
    expect((await open(`http://127.0.0.1:${proxy.port}`).ask(url)).detail).toContain('wants a name and password')
    expect([...network.logLines, ...wrong.logLines, String((answer.error as Error).cause)].join()).not.toMatch(
      /hunter2|p@ss|p%40ss|YW5h/,
    )
    // Three networks, one attempt each: a refusal is not tried again and again.
    expect(proxy.asked).toHaveLength(3)
  })

  test('a proxy that takes only Windows sign-ins is named as such', async () => {
    const { proxy, open } = await startBehindProxy({ credentials: 'a:b', challenge: 'Negotiate, NTLM' })
    const answer = await open(`http://127.0.0.1:${proxy.port}`).ask(url)
    expect(answer).toMatchObject({ code: 'network.proxy-sign-in' })
    expect(answer.detail).toContain('Negotiate or NTLM')
  })

  test('a proxy that refuses a host, hangs up, or is not there is told apart', async () => {
    const { proxy, open } = await startBehindProxy({ hosts: {} })
    const refused = await open(`http://127.0.0.1:${proxy.port}`).ask(url)
    expect(refused).toMatchObject({ code: 'network.proxy-refused' })
    expect(refused.detail).toContain('HTTP 403')
    const rude = await startProxy({ hosts: {}, answer: (socket) => socket.destroy() })
    expect((await open(`http://127.0.0.1:${rude.port}`).ask(url)).code).toBe('network.proxy-unreachable')
    await proxy.close()
    expect((await open(`http://127.0.0.1:${proxy.port}`).ask(url)).code).toBe('network.proxy-unreachable')
  })

  test('a proxy that says nothing is given up in time', async () => {
    const { open } = await startBehindProxy()
    const mute = await startProxy({ hosts: {}, answer: () => {} })
    const answer = await open(`http://127.0.0.1:${mute.port}`, { connectTimeoutMs: 300 }).ask(url)
    expect(answer).toMatchObject({ code: 'network.proxy-unreachable' })
    expect(answer.detail).toContain('says nothing')
  })

  test('of several ways the first that is there is taken', async () => {
    const { proxy, open } = await startBehindProxy()
    const gone = await startProxy({ hosts: {} })
    await gone.close()
    const resolveProxy = async () => `PROXY 127.0.0.1:${gone.port}; PROXY 127.0.0.1:${proxy.port}; DIRECT`
    expect(await open('', { resolveProxy }).ask(url)).toEqual({ status: 200 })
    expect(proxy.asked).toEqual([`${host}:443`])
  })
})

describe('connecting', () => {
  test('case 48: an IPv6 that leads nowhere delays, and no more', async () => {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const lookup: typeof toLoopback = (_name, _options, done) =>
      done(null, [
        { address: '100::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ])
    const network = openTestNetwork({ caFiles: () => [authority.rootFile], lookup })
    expect(await network.ask(`https://${host}:${server.port}/`)).toEqual({ status: 200 })
  })

  test('connections are kept, and dropped at a change of network while what runs goes on', async () => {
    const authority = createAuthority()
    const server = await startTlsServer(authority.issue('mcp'))
    const network = openTestNetwork({ caFiles: () => [authority.rootFile] })
    const url = `https://${host}:${server.port}/`
    for (let count = 0; count < 10; count += 1) await network.ask(url)
    // A request right behind the last byte of an answer may come before its connection is free.
    const kept = server.connections()
    expect(kept).toBeLessThanOrEqual(2)
    const running = network.fetch(url)
    network.reset()
    expect((await running).status).toBe(200)
    await network.ask(url)
    expect(server.connections()).toBe(kept + 1)
  })

  test('a host that takes the connection and never speaks TLS is given up in time', async () => {
    const mute = createServer((socket) => void socket.on('error', () => {}))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    const answer = await openTestNetwork({ connectTimeoutMs: 300 }).ask(`https://${host}:${port}/`)
    expect(answer.code).toBe('ETIMEDOUT')
    mute.close()
  })
})

test('a document behind a certificate nobody knows is not read, and its reader learns whose it is', async () => {
  const authority = createAuthority('Acme Inspection CA')
  const server = await startTlsServer(authority.issue('mcp'))
  const { fetch } = openTestNetwork()
  const asked = fetchDocument(`https://${host}:${server.port}/`, { schema: z.unknown(), fetch })
  await expect(asked).rejects.toMatchObject({
    kind: 'network',
    message: expect.stringContaining('“Acme Inspection CA”'),
  })
})
