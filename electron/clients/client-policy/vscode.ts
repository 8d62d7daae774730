import type { PolicyVerdict } from '../../../shared/contract/clients.ts'
import type { Candidate, Policy } from './policy.ts'
import { allowed, blocked, toText, unreadable } from './verdict.ts'

const product = 'SOFTWARE\\Policies\\Microsoft\\VSCode'

/** VS Code: the policy `ChatMCP` allows every server, those of a registry, or none. */
export const vscode: Policy = async (sources, candidates) => {
  const found = [
    ...(await sources.preferences('com.microsoft.VSCode')),
    ...(await sources.registry(product)),
    ...(sources.place.platform === 'linux' ? sources.file('/etc/vscode/policy.json') : []),
  ]
  const broken = found.find(({ data }) => data === null)
  if (broken) return unreadable(broken)
  const managed = found.find(({ data }) => data?.ChatMCP !== undefined)
  if (!managed) return null
  const { source } = managed
  const value = managed.data?.ChatMCP
  if (value === 'all' || value === true) return allowed(source)
  const open = { where: source, text: toText({ ChatMCP: 'all' }) }
  if (value !== 'registry')
    return blocked(candidates, { source, reason: 'IT has switched MCP servers off in VS Code.', rule: open })
  const names = candidates.map(({ server }) => server).join(', ')
  return blocked(candidates, {
    source,
    reason: 'VS Code uses only servers that IT lists in its registry, by exactly these names.',
    rule: { where: 'the MCP registry of the company (McpGalleryServiceUrl)', text: names },
  })
}

/** Their lists lie with the vendor, where nothing on this machine can look; the rule is what IT would add there. */
const elsewhere =
  (source: string, reason: string, toRule: (candidates: Candidate[]) => string): Policy =>
  async (_, candidates): Promise<PolicyVerdict | null> =>
    candidates.length === 0
      ? null
      : { verdict: 'unknown', source, reason, servers: [], rule: { where: source, text: toRule(candidates) } }

export const copilot = elsewhere(
  'the enterprise’s managed-settings.json, in allowedMcpServers',
  'If the company keeps a list of allowed servers for Copilot, these belong on it.',
  (candidates) => candidates.map(({ command, args }) => toText({ serverCommand: [command, ...args] })).join(',\n'),
)

/** Compared by regular expressions that must match whole, each argument by its own, as many as there are. */
export const windsurf = elsewhere(
  'the team’s settings, list of allowed MCP servers',
  'If the company keeps a list of allowed servers for Windsurf, these belong on it.',
  (candidates) =>
    toText(
      candidates.map(({ server, command, args }) => ({
        serverId: server,
        command: toPattern(command),
        args: args.map(toPattern),
      })),
    ),
)
/** How its rules are written is nowhere to be read, so this is what they must let through, name and command line. */
export const cursor = elsewhere(
  'the dashboard of the company’s Cursor team, MCP trust rules',
  'If the company keeps rules for MCP servers in Cursor, these must be let through.',
  (candidates) =>
    candidates.map(({ server, command, args }) => `${server}: ${[command, ...args].join(' ')}`).join('\n'),
)
const toPattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
