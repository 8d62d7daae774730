import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { Problem } from '../../../shared/problems.ts'

/** Where an address lies, as far as it matters to who may send us there. */
export type Zone = 'public' | 'private' | 'loopback' | 'forbidden'
export type Resolve = (host: string) => Promise<string[]>

const lists = { loopback: new BlockList(), private: new BlockList(), forbidden: new BlockList() }
lists.loopback.addSubnet('127.0.0.0', 8)
lists.loopback.addAddress('::1', 'ipv6')
// Link-local holds the metadata service of every cloud, whose answers are credentials.
for (const [net, bits] of [
  ['169.254.0.0', 16],
  ['0.0.0.0', 8],
  ['224.0.0.0', 3],
] as const)
  lists.forbidden.addSubnet(net, bits)
for (const [net, bits] of [
  ['fe80::', 10],
  ['ff00::', 8],
  ['::', 128],
  ['fd00:ec2::254', 128],
] as const)
  lists.forbidden.addSubnet(net, bits, 'ipv6')
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  lists.private.addSubnet(net, bits)
lists.private.addSubnet('fc00::', 7, 'ipv6')

export function zoneOf(address: string): Zone {
  const family = isIP(address)
  if (family === 0) return 'forbidden'
  const mapped = family === 6 ? toMappedIpv4(address) : null
  if (mapped) return zoneOf(mapped)
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  if (lists.forbidden.check(address, kind)) return 'forbidden'
  if (lists.loopback.check(address, kind)) return 'loopback'
  return lists.private.check(address, kind) ? 'private' : 'public'
}

/** `::ffff:a.b.c.d` and NAT64 reach the very same machine as `a.b.c.d`. */
function toMappedIpv4(address: string) {
  const { hostname } = new URL(`http://[${address}]/`)
  const [, high, low] = /^\[(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? []
  if (high === undefined || low === undefined) return null
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`
}

const resolveHost: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

type Check = {
  /** The server that led here. Whoever configured a server on a private address has one there. */
  server: string
  /** Hosts the company named itself. */
  trusted: (host: string) => boolean
}

/**
 * Refuses an address that a stranger’s metadata must not make us ask (SSRF): the cloud’s metadata service and other
 * link-local addresses always, loopback and private ones unless the server itself lies there or IT named the host.
 */
export function createAddressGuard(resolve: Resolve = resolveHost) {
  /** None where the name cannot be looked up here: then a proxy does it, and the connection is not ours to make. */
  async function zonesOf(url: string): Promise<Zone[]> {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
    const addresses = isIP(host) ? [host] : await resolve(host).catch(() => [])
    return addresses.map(zoneOf)
  }

  return async function check(url: string, { server, trusted }: Check) {
    const zones = await zonesOf(url)
    const { host, hostname } = new URL(url)
    const refuse = () => new Problem('auth.address-refused', `${new URL(server).host} points to ${host}`)
    if (zones.includes('forbidden')) throw refuse()
    const inside = zones.filter((zone) => zone !== 'public')
    if (inside.length === 0 || trusted(hostname)) return
    const own = await zonesOf(server)
    if (inside.some((zone) => !own.includes(zone))) throw refuse()
  }
}
export type AddressGuard = ReturnType<typeof createAddressGuard>
