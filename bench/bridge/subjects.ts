import { cpuMsOf, treeOf } from '../lib/processes.ts'
import { nowMs } from '../lib/stats.ts'
import { type Peer, startPeer } from '../lib/stdio-peer.ts'
import type { Transport } from '../reference/reference-server.ts'
import { hasNative, ourCommand } from './bridges.ts'
import { peers as otherBridges } from './candidates.ts'
import type { CompanyWithHub } from './company.ts'
import { connectDirect } from './direct.ts'
import type { Floor } from './floor/floor.ts'

/** Anything that answers an echo, opened: a bridge, or the SDK's client without one. */
export type Opened = {
  echo: (payload: string) => Promise<void>
  /** Asks for the tools. */
  list: () => Promise<void>
  /** From the start of its process. */
  initMs: number
  spawnedAt: number
  pids: () => number[]
  /** CPU so far, of its processes and of the hub it shares. */
  cpuMs: () => number
  close: () => Promise<void>
}
export type Subject = {
  name: string
  isBridge: boolean
  /** What is said before, it can say again without the server. */
  remembers: boolean
  hubPid: () => number | null
  /** A hub that has carried nothing yet. */
  renewHub: () => Promise<void>
  transports: Transport[]
  open: (transport: Transport) => Promise<Opened>
}

type Hub = { hubPid: () => number; renewHub: () => Promise<void> }
const all: Transport[] = ['http', 'json', 'sse', 'split']

/** Ours first; `mcp-remote` is what all are compared with. */
export function createSubjects(company: CompanyWithHub, floor: Floor | null = null): Subject[] {
  const { server, env, token } = company
  const bridge = (name: string, hub: Hub | null, command: (transport: Transport) => string[]): Subject => ({
    name,
    isBridge: true,
    remembers: hub === company,
    hubPid: () => hub?.hubPid() ?? null,
    renewHub: async () => hub?.renewHub(),
    transports: all,
    async open(transport) {
      const peer = startPeer({ command: command(transport), env })
      await peer.initialize()
      return toOpened(peer, () => (hub ? treeOf(hub.hubPid()) : []))
    },
  })
  const target = (transport: Transport) => ({
    ...{ server: `reference-${transport}`, url: server.url(transport), token },
    ...{ kind: transport === 'sse' ? 'sse' : 'http', transport, home: env.HOME ?? '' },
  })
  return [
    ...(hasNative()
      ? [bridge('causeway, native', company, (transport) => ourCommand('native', target(transport)))]
      : []),
    bridge('causeway, Node', company, (transport) => ourCommand('node', target(transport))),
    ...otherBridges.map(({ name, command }) => bridge(name, null, (transport) => command(target(transport)))),
    ...(floor
      ? [
          {
            ...bridge('bare relay, bare hub', { hubPid: floor.hubPid, renewHub: floor.renew }, (transport) =>
              floor.command(server.url(transport), token),
            ),
            transports: ['http', 'json'] as Transport[],
          },
        ]
      : []),
    {
      name: 'SDK client, no bridge',
      isBridge: false,
      remembers: false,
      hubPid: () => null,
      renewHub: async () => {},
      transports: all,
      async open(transport) {
        const spawnedAt = nowMs()
        const client = await connectDirect(server.url(transport), token, transport === 'sse' ? 'sse' : 'http')
        return { ...client, spawnedAt, initMs: nowMs() - spawnedAt, pids: () => [], cpuMs: ownCpuMs }
      },
    },
  ]
}

function toOpened(peer: Peer, hubPids: () => number[]): Opened {
  const pids = () => treeOf(peer.pid)
  return {
    echo: (payload) => peer.echo(payload, 60_000),
    list: async () => void (await peer.request('tools/list', {})),
    spawnedAt: peer.spawnedAt,
    initMs: nowMs() - peer.spawnedAt,
    pids,
    cpuMs: () => cpuMsOf([...pids(), ...hubPids()]),
    close: () => peer.kill(),
  }
}
function ownCpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
