import { cpuMsOf, treeOf } from '../lib/processes.ts'
import { nowMs } from '../lib/stats.ts'
import { type Peer, startPeer } from '../lib/stdio-peer.ts'
import type { Transport } from '../reference/reference-server.ts'
import { hasNative, ourCommand } from './bridges.ts'
import { peers as otherBridges } from './candidates.ts'
import type { CompanyWithHub } from './company.ts'
import { connectDirect } from './direct.ts'

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
  hubPid: () => number | null
  open: (transport: Transport) => Promise<Opened>
}

/** Ours first; `mcp-remote` is what all are compared with. */
export function createSubjects(company: CompanyWithHub): Subject[] {
  const { server, env, token, hubPid } = company
  const bridge = (name: string, hasHub: boolean, command: (transport: Transport) => string[]): Subject => ({
    name,
    isBridge: true,
    hubPid: () => (hasHub ? hubPid() : null),
    async open(transport) {
      const peer = startPeer({ command: command(transport), env })
      await peer.initialize()
      return toOpened(peer, () => (hasHub ? treeOf(hubPid()) : []))
    },
  })
  const target = (transport: Transport) => ({
    ...{ server: `reference-${transport}`, url: server.url(transport), token },
    ...{ kind: transport === 'sse' ? 'sse' : 'http', transport, home: env.HOME ?? '' },
  })
  return [
    ...(hasNative() ? [bridge('causeway, native', true, (transport) => ourCommand('native', target(transport)))] : []),
    bridge('causeway, Node', true, (transport) => ourCommand('node', target(transport))),
    ...otherBridges.map(({ name, command }) => bridge(name, false, (transport) => command(target(transport)))),
    {
      name: 'SDK client, no bridge',
      isBridge: false,
      hubPid: () => null,
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
