import { BlockList, isIP } from 'node:net'
import type { ProxyChoice } from '../../shared/contract/settings.ts'
import { Problem } from '../../shared/problems.ts'

/** One way to a host: straight, or through a proxy at an http or https address. */
export type Route = { kind: 'direct' } | { kind: 'proxy'; url: URL }

const direct: Route = { kind: 'direct' }

type Needs = {
  env: Record<string, string | undefined>
  choice: () => ProxyChoice
  /** What the system says, in a PAC file’s words (`PROXY host:port; DIRECT`); absent under plain Node. */
  resolveProxy: ((url: string) => Promise<string>) | undefined
}

/**
 * Knows the ways to a host, in the order they are tried: what the person or IT chose, else the environment, else the
 * system. This machine itself is never reached through a proxy.
 */
export function createProxies({ env, choice, resolveProxy }: Needs) {
  return async (url: URL): Promise<Route[]> => {
    if (isThisMachine(url.hostname)) return [direct]
    const chosen = choice()
    if (chosen.mode === 'none') return [direct]
    if (chosen.mode === 'fixed') return isBypassed(url, chosen.bypass) ? [direct] : [toRoute(chosen.url, 'Settings')]
    const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
    const set = [name, name.toUpperCase(), 'all_proxy', 'ALL_PROXY'].find((each) => env[each])
    if (set) return isBypassed(url, toEntries(env)) ? [direct] : [toRoute(env[set] ?? '', set)]
    // A PAC file that fails is the system’s to judge; where even asking fails, the way is straight, as in browsers.
    return resolveProxy ? parsePac(await resolveProxy(url.href).catch(() => 'DIRECT')) : [direct]
  }
}

const toEntries = (env: Needs['env']) => (env.no_proxy ?? env.NO_PROXY ?? '').split(/[,\s]+/).filter(Boolean)

function toRoute(text: string, from: string): Route {
  const full = /^[a-z][\w+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(full) ? new URL(full) : null
  // Never its text: a password may stand in it.
  if (!url?.hostname) throw new Problem('network.proxy-invalid', `${from} holds no address`)
  if (!/^https?:$/.test(url.protocol))
    throw new Problem(
      'network.proxy-invalid',
      `${from} names a proxy of kind ${url.protocol}//, which is not supported`,
    )
  return { kind: 'proxy', url }
}

/** `PROXY a:8080; HTTPS b:443; DIRECT` as routes. Kinds that are not supported are passed over. */
export function parsePac(text: string): Route[] {
  const entries = text.split(';').map((entry) => entry.trim().split(/\s+/))
  const routes = entries.flatMap(([kind = '', place]): Route[] => {
    if (kind.toUpperCase() === 'DIRECT') return [direct]
    const protocol = { PROXY: 'http', HTTP: 'http', HTTPS: 'https' }[kind.toUpperCase()]
    return protocol && place ? [toRoute(`${protocol}://${place}`, 'the system’s proxy setting')] : []
  })
  if (routes.length > 0) return routes
  const kinds = entries.map(([kind]) => kind).filter(Boolean)
  if (kinds.length === 0) return [direct]
  throw new Problem('network.proxy-invalid', `the system names only proxies of kind ${kinds.join(', ')}`)
}

function isThisMachine(hostname: string) {
  const name = hostname.toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(\.\d+){3}$/.test(name)
}

/** `example.com` and `.example.com` with all below them, `host:port`, addresses, `10.0.0.0/8`, `<local>`, `*`. */
export function isBypassed(url: URL, entries: string[]): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return entries.some((entry) => {
    if (entry === '*') return true
    if (entry === '<local>') return !host.includes('.') && !host.includes(':')
    if (/\/\d+$/.test(entry)) return isWithin(host, entry)
    const [, name = '', onlyPort] =
      /^(.+?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry.toLowerCase()) ?? []
    if (onlyPort && onlyPort !== port) return false
    const wanted = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '')
    return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`))
  })
}

function isWithin(host: string, range: string) {
  const [net = '', bits] = range.split('/')
  const kind = isIP(net)
  if (kind === 0 || kind !== isIP(host) || Number(bits) > (kind === 4 ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(net, Number(bits), kind === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, kind === 4 ? 'ipv4' : 'ipv6')
}

/** A route for people and logs: never with what stands before the `@`. */
export const describeRoute = (route: Route) =>
  route.kind === 'direct' ? null : `${route.url.protocol}//${route.url.host}`
