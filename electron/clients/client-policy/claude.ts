import { isSame } from '../edit/edit-entry.ts'
import type { Candidate, Policy } from './policy.ts'
import { isTable, type Managed, type Sources, type Table } from './sources.ts'
import { allowed, blocked, managedOnly, toText, unreadable } from './verdict.ts'

function folderOf({ place }: Sources) {
  if (place.platform === 'win32') return place.join(place.env.ProgramFiles ?? 'C:\\Program Files', 'ClaudeCode')
  return place.platform === 'darwin' ? '/Library/Application Support/ClaudeCode' : '/etc/claude-code'
}

/** Claude Code: a `managed-mcp.json` shuts every other server out; else lists of allowed and denied servers count. */
export const claudeCode: Policy = async (sources, candidates) => {
  const path = sources.place.join(folderOf(sources), 'managed-mcp.json')
  const [exclusive] = sources.file(path)
  if (exclusive) return onlyThese(exclusive, candidates)
  const managed = await readSettings(sources)
  if (!managed) return null
  if (managed.data === null) return unreadable(managed)
  return judge(sources, { source: managed.source, data: managed.data }, candidates)
}

function onlyThese({ source, data }: Managed, candidates: Candidate[]) {
  const known = isTable(data?.mcpServers) ? data.mcpServers : {}
  const missing = candidates.filter(({ server, command }) => {
    const entry = known[server]
    return !(isTable(entry) && entry.command === command)
  })
  const entries = missing.map(({ server, command, args }) => [server, { type: 'stdio', command, args }])
  const rule =
    missing.length > 0 ? { where: `${source}, under mcpServers`, text: toText(Object.fromEntries(entries)) } : null
  const reason =
    missing.length > 0
      ? 'IT decides which servers Claude Code uses; servers that a person adds do not count.'
      : 'IT has put these servers there itself; nothing has to be written.'
  return managedOnly(missing, { source, reason, rule })
}

/** The first source there is counts and the others do not; a folder of fragments belongs to the file. */
async function readSettings(sources: Sources): Promise<Managed | undefined> {
  const [preferences] = await sources.preferences('com.anthropic.claudecode')
  if (preferences) return preferences
  const registry = await sources.registry('SOFTWARE\\Policies\\ClaudeCode')
  const machine = registry.find(({ source }) => source.startsWith('HKLM'))
  return toSettings(machine) ?? readFiles(sources) ?? toSettings(registry[0])
}

/** In the registry all settings are one JSON text. */
function toSettings(managed: Managed | undefined): Managed | undefined {
  const text = managed?.data?.Settings
  if (!managed || typeof text !== 'string') return undefined
  try {
    const data: unknown = JSON.parse(text)
    return { source: managed.source, data: isTable(data) ? data : null }
  } catch {
    return { source: managed.source, data: null }
  }
}

function readFiles(sources: Sources): Managed | undefined {
  const { place } = sources
  const fragments = place.join(folderOf(sources), 'managed-settings.d')
  const names = place.list(place.system(fragments)).filter((name) => name.endsWith('.json'))
  const paths = [
    place.join(folderOf(sources), 'managed-settings.json'),
    ...names.sort().map((name) => place.join(fragments, name)),
  ]
  const found = paths.flatMap((path) => sources.file(path))
  const [first] = found
  if (!first || found.some(({ data }) => data === null)) return found.find(({ data }) => data === null)
  return { source: first.source, data: found.reduce((all, { data }) => merge(all, data ?? {}), {} as Table) }
}

/** Lists of fragments are joined, other values replaced. */
const merge = (all: Table, next: Table): Table => {
  const joined = Object.entries(next).map(([key, value]) => {
    const before = all[key]
    return [key, Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value]
  })
  return { ...all, ...Object.fromEntries(joined) }
}

type Settings = { source: string; data: Table }

function judge(sources: Sources, { source, data }: Settings, candidates: Candidate[]) {
  const own = data.allowManagedMcpServersOnly === true ? {} : readOwn(sources)
  const denied = [...rulesOf(data.deniedMcpServers), ...rulesOf(readOwn(sources).deniedMcpServers)]
  const allow = data.allowedMcpServers === undefined ? null : rulesOf(data.allowedMcpServers)
  if (!allow && denied.length === 0) return null
  const banned = candidates.filter((candidate) =>
    denied.some((rule) => names(rule, candidate) || runs(rule, candidate)),
  )
  if (banned.length > 0) {
    const text = toText(denied.filter((rule) => banned.some((one) => names(rule, one) || runs(rule, one))))
    const rule = { where: `${source}: remove from deniedMcpServers`, text }
    return blocked(banned, { source, reason: 'Claude Code is told not to use these servers.', rule })
  }
  const all = allow && [...allow, ...rulesOf(own.allowedMcpServers)]
  const missing = all ? candidates.filter((candidate) => !isAllowed(all, candidate)) : []
  if (missing.length === 0) return allowed(source)
  const text = missing.map(({ command, args }) => toText({ serverCommand: [command, ...args] })).join(',\n')
  const reason = 'Claude Code uses only the servers on IT’s list, and these are not on it.'
  return blocked(missing, { source, reason, rule: { where: `${source}, in allowedMcpServers`, text } })
}

function readOwn({ place }: Sources): Table {
  const folder = place.env.CLAUDE_CONFIG_DIR || place.join(place.home, '.claude')
  try {
    const data: unknown = JSON.parse(place.read(place.join(folder, 'settings.json')))
    return isTable(data) ? data : {}
  } catch {
    return {} // the person's own settings can only add to the lists; Claude Code says itself when it cannot read them
  }
}

const rulesOf = (value: unknown) => (Array.isArray(value) ? value.filter(isTable) : [])
const names = (rule: Table, { server }: Candidate) => rule.serverName === server
const runs = (rule: Table, { command, args }: Candidate) => isSame(rule.serverCommand, [command, ...args])

/** As soon as one rule names a command, local servers must match a command; a name is not enough any more. */
function isAllowed(rules: Table[], candidate: Candidate) {
  const byCommand = rules.some(({ serverCommand }) => serverCommand !== undefined)
  return rules.some((rule) => (byCommand ? runs(rule, candidate) : names(rule, candidate)))
}

/** Claude Desktop: IT can switch off servers that stand in the person's file. Values are strings. */
export const claudeDesktop: Policy = async (sources, candidates) => {
  const found = [
    ...(await sources.preferences('com.anthropic.claudefordesktop')),
    ...(await sources.registry('SOFTWARE\\Policies\\Claude')),
  ]
  const [first] = found
  if (!first) return null
  if (first.data === null) return unreadable(first)
  const value = first.data.isLocalDevMcpEnabled
  if (value === undefined) return null
  if (!['false', '0', '0x0'].includes(String(value).toLowerCase())) return allowed(first.source)
  return blocked(candidates, {
    source: first.source,
    reason: 'IT has switched off local servers in Claude Desktop.',
    rule: { where: first.source, text: 'isLocalDevMcpEnabled = "true"' },
  })
}
