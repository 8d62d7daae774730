import type { ServerHealth } from '../../shared/contract/health.ts'
import type { ConnectionFacts, NetworkStep } from '../../shared/contract/network.ts'
import type { ProxyChoice } from '../../shared/contract/settings.ts'
import type { ServerId } from '../../shared/ids.ts'
import { Problem } from '../../shared/problems.ts'
import type { ServerConfig } from '../../shared/server-config.ts'
import type { Check } from './check.ts'
import type { Network } from './network.ts'

type Needs = {
  network: Pick<Network, 'facts' | 'authorities'>
  check: Check
  proxy: () => ProxyChoice
  findServer: (id: ServerId) => { config: ServerConfig } | undefined
  /** The servers this person may use. */
  servers: () => ServerConfig[]
  /** What is known of a server's MCP, which only its own session can tell. */
  healthOf: (id: ServerId) => ServerHealth | undefined
}

const atOnce = 8

/** What a person or a help desk is told about the network: facts of one server, its way step by step, all in text. */
export function createReport({ network, check, proxy, findServer, servers, healthOf }: Needs) {
  function getServer(id: ServerId) {
    const found = findServer(id)
    if (!found) throw new Problem('bridge.unknown-server', id)
    return found.config
  }
  async function walk(config: ServerConfig): Promise<NetworkStep[]> {
    const address = addressOf(config)
    if (!address) return []
    const steps = await check(new URL(address))
    const health = healthOf(config.id)
    if (steps.some(({ ok }) => !ok) || !health || health.state === 'working') return steps
    const mcp: NetworkStep =
      health.state === 'ok'
        ? { step: 'mcp', ok: true, found: `MCP ${health.protocolVersion}, ${health.serverName}` }
        : { step: 'mcp', ok: false, problem: health.problem }
    return [...steps, mcp]
  }
  async function describeAuthorities() {
    const { bundled, system, files } = await network.authorities()
    const lines = files.map(
      ({ path, certificates, trouble }) => `  ${path}: ${trouble ?? `${certificates} certificates`}`,
    )
    return [`authorities: ${bundled} of Node, ${system} of this system, ${files.length} files`, ...lines]
  }

  return {
    async facts({ server }: { server: ServerId }): Promise<ConnectionFacts | null> {
      const address = addressOf(getServer(server))
      return (address && network.facts(address)) || null
    },
    check: async ({ server }: { server: ServerId }) => walk(getServer(server)),
    /** Lines for the diagnostics: the settings, and for each server the way to it with the step that fails. */
    async lines(): Promise<string[]> {
      const chosen = proxy()
      const settings =
        chosen.mode === 'fixed' ? `${chosen.url}, except ${chosen.bypass.join(' ') || 'nothing'}` : chosen.mode
      const reached: string[] = []
      const waiting = servers().filter((config) => addressOf(config) !== null)
      for (let at = 0; at < waiting.length; at += atOnce)
        reached.push(
          ...(await Promise.all(waiting.slice(at, at + atOnce).map(async (each) => toLine(each, await walk(each))))),
        )
      return [`network: proxy ${settings}`, ...(await describeAuthorities()), 'ways:', ...reached]
    },
  }
}

function addressOf({ endpoint }: ServerConfig): string | null {
  if (endpoint.transport === 'stdio') return null
  return endpoint.transport === 'sse-split' ? endpoint.streamUrl : endpoint.url
}

function toLine({ id }: ServerConfig, steps: NetworkStep[]) {
  const parts = steps.map((each) =>
    each.ok
      ? `${each.step} ${each.found}`
      : `${each.step.toUpperCase()} FAILS [${each.problem.code}] ${each.problem.detail ?? each.problem.title}`,
  )
  return `  ${id}: ${parts.join(' · ')}`
}
