import { request } from 'node:http'
import type { Socket } from 'node:net'
import { Problem } from '../../shared/problems.ts'

type Needs = {
  /** A connection to the proxy, TLS included where its address says so. */
  socket: Socket
  proxy: URL
  /** `host:port` behind it. */
  target: string
  signal: AbortSignal
}

/** Asks a proxy for a way to `target` (RFC 9110 §9.3.6). Its credentials go to the proxy and into no message. */
export function openTunnel({ socket, proxy, target, signal }: Needs): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const asked = request({
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...toCredentials(proxy) },
    createConnection: () => socket,
    signal,
  })
  asked.once('connect', (answer, tunnel, head) => {
    if (answer.statusCode === 200) {
      if (head.length > 0) tunnel.unshift(head)
      return resolve(tunnel as Socket)
    }
    tunnel.destroy()
    reject(toProblem(answer.statusCode ?? 0, [answer.headers['proxy-authenticate']].flat().join(', ')))
  })
  asked.once('error', (cause) => {
    socket.destroy()
    const why = signal.aborted ? `${proxy.host} took the connection and says nothing` : proxy.host
    reject(new Problem('network.proxy-unreachable', why, { cause }))
  })
  asked.end()
  return promise

  function toProblem(status: number, challenge: string) {
    if (status !== 407) return new Problem('network.proxy-refused', `${proxy.host} (HTTP ${status}) for ${target}`)
    const kinds = challenge.split(',').flatMap((part) => /^\s*(basic|digest|ntlm|negotiate)\b/i.exec(part)?.[1] ?? [])
    if (kinds.length > 0 && !kinds.some((kind) => /basic/i.test(kind)))
      return new Problem(
        'network.proxy-sign-in',
        `${proxy.host} takes only ${kinds.join(' or ')}, which this app cannot do`,
      )
    const given = proxy.username ? 'did not accept the name and password it was given' : 'wants a name and password'
    return new Problem('network.proxy-sign-in', `${proxy.host} ${given}`)
  }
}

function toCredentials({ username, password }: URL): Record<string, string> {
  if (!username) return {}
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` }
}
