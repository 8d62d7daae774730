import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import type { ConnectionFacts } from '../../shared/contract/network.ts'
import { Problem } from '../../shared/problems.ts'
import type { ServerTls } from '../../shared/server-config.ts'
import { pinsOf } from './pins.ts'
import { describeRoute, type Route } from './proxy.ts'
import { isUntrusted, toTlsProblem } from './tls-problem.ts'
import type { Trust } from './trust.ts'
import { openTunnel } from './tunnel.ts'

export type Dialled = { socket: Socket; facts: ConnectionFacts }

type Needs = {
  routes: (url: URL) => Promise<Route[]>
  trust: Trust
  tlsOf: (origin: string) => ServerTls | undefined
  lookup?: LookupFunction | undefined
  timeoutMs: number
}
type Target = { host: string; port: number }

/**
 * The one place where connections are made: by the right way, over TLS where the address says so, to a server that
 * proves itself. What it throws is a `Problem`, or the system’s own error where a host does not answer.
 */
export function createDial({ routes, trust, tlsOf, lookup, timeoutMs }: Needs) {
  /** Each step has its own time: a slow proxy must not take that of the server behind it. */
  const soon = () => AbortSignal.timeout(timeoutMs)

  async function openTcp({ host, port }: Target): Promise<Socket> {
    // Addresses are tried in turn, 250 ms apart (RFC 8305): an IPv6 that leads nowhere delays, and no more.
    const socket = connectTcp({ host, port, autoSelectFamily: true, ...(lookup ? { lookup } : {}) })
    await settled(socket, 'connect', soon())
    // Half-open connections after sleep or a change of network show themselves within a few probes.
    return socket.setNoDelay(true).setKeepAlive(true, 15_000)
  }

  async function openRoute(route: Route, target: Target): Promise<Socket> {
    if (route.kind === 'direct') return openTcp(target)
    const proxy = route.url
    const host = bare(proxy.hostname)
    const context = proxy.protocol === 'https:' ? await trust.context() : null
    const plain = await openTcp({ host, port: portOf(proxy) }).catch((cause) => {
      throw new Problem('network.proxy-unreachable', proxy.host, { cause })
    })
    const socket = context ? await openProxyTls(plain, proxy, context) : plain
    const name = target.host.includes(':') ? `[${target.host}]` : target.host
    return openTunnel({ socket, proxy, target: `${name}:${target.port}`, signal: soon() })
  }

  const openProxyTls = (socket: Socket, proxy: URL, context: SecureContext) =>
    openTls(socket, { host: bare(proxy.hostname), signal: soon(), context }).catch((error) => {
      socket.destroy()
      throw toTlsProblem(error, proxy.host) ?? error
    })

  /** The first way that leads somewhere. Only a proxy that is not there makes the next one be tried. */
  async function openAny(ways: Route[], target: Target): Promise<{ socket: Socket; route: Route }> {
    let failure: unknown
    for (const route of ways) {
      try {
        return { socket: await openRoute(route, target), route }
      } catch (error) {
        failure = error
        if (!(error instanceof Problem && error.code === 'network.proxy-unreachable')) break
      }
    }
    throw failure
  }

  /** The certificate somebody shows who was not believed, to name its issuer. Nothing is sent over this connection. */
  async function peek(ways: Route[], target: Target) {
    const { socket } = await openAny(ways, target)
    try {
      const shown = connectTls({ socket, servername: nameFor(target.host), rejectUnauthorized: false })
      await settled(shown, 'secureConnect', soon())
      return shown.getPeerCertificate(true)
    } finally {
      socket.destroy()
    }
  }

  return async function dial(url: URL, alpn: string[] = ['http/1.1']): Promise<Dialled> {
    const target = { host: bare(url.hostname), port: portOf(url) }
    const ways = await routes(url)
    const asked = tlsOf(url.origin)
    // Before anything is opened: a file that cannot be read must not leave a connection behind.
    const context = url.protocol === 'https:' ? await trust.context(asked?.clientCertificate) : null
    const { socket, route } = await openAny(ways, target)
    const proxy = describeRoute(route)
    if (!context) return { socket, facts: { proxy, tls: null } }
    const secure = await openTls(socket, { host: target.host, signal: soon(), context, alpn }).catch(async (error) => {
      socket.destroy()
      const seen = isUntrusted(error) ? await peek(ways, target).catch(() => null) : null
      throw toTlsProblem(error, url.host, seen) ?? error
    })
    // With TLS 1.3 a server refuses a client’s certificate only now; what ends the connection first is what is told.
    secure.on('error', (error) => {
      const problem = toTlsProblem(error, url.host)
      if (problem) secure.destroy(problem)
    })
    const pinned = asked?.pins !== undefined
    if (pinned) checkPins(secure, url.host, asked.pins ?? [])
    return { socket: secure, facts: { proxy, tls: factsOf(secure, pinned) } }
  }
}
export type Dial = ReturnType<typeof createDial>

type TlsOptions = { host: string; signal: AbortSignal; context: SecureContext; alpn?: string[] }

async function openTls(socket: Socket, { host, signal, context, alpn = ['http/1.1'] }: TlsOptions) {
  const secure = connectTls({ socket, servername: nameFor(host), host, secureContext: context, ALPNProtocols: alpn })
  await settled(secure, 'secureConnect', signal)
  return secure
}

function checkPins(socket: TLSSocket, host: string, pins: string[]) {
  const shown = pinsOf(socket)
  if (shown.some((pin) => pins.includes(pin))) return
  socket.destroy()
  throw new Problem('network.pin-mismatch', `${host} showed ${shown[0] ?? 'none'}`)
}

function factsOf(socket: TLSSocket, pinned: boolean) {
  const { issuer, valid_to: validTo } = socket.getPeerCertificate()
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    issuer: [issuer?.CN ?? issuer?.O].flat()[0] ?? 'unknown',
    validTo,
    pinned,
  }
}

/** Waits for `event`; until then an error, an end or the signal closes the socket and is thrown. */
function settled(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const late = () => fail(Object.assign(new Error('connecting took too long'), { code: 'ETIMEDOUT' }))
  const hungUp = () => fail(Object.assign(new Error('closed while connecting'), { code: 'ECONNRESET' }))
  function fail(error: Error) {
    stop()
    socket.on('error', () => {}).destroy()
    reject(signal.aborted ? Object.assign(new Error('connecting took too long'), { code: 'ETIMEDOUT' }) : error)
  }
  function stop() {
    socket.off('error', fail).off('close', hungUp)
    signal.removeEventListener('abort', late)
  }
  socket.once('error', fail).once('close', hungUp)
  socket.once(event, () => {
    stop()
    resolve()
  })
  if (signal.aborted) late()
  else signal.addEventListener('abort', late)
  return promise
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')
const portOf = (url: URL) => Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
// An address is no name: SNI takes names only (RFC 6066 §3).
const nameFor = (host: string) => (/^[\d.]+$|:/.test(host) ? '' : host)
