import { stripComments } from 'jsonc-parser'
import type { Candidate, Policy } from './policy.ts'
import { isTable, type Managed, parseToml, type Sources, type Table } from './sources.ts'
import { allowed, blocked, toText, unreadable } from './verdict.ts'

type Files = { variable: string; mac: string; windows: string; linux: string }

/** Gemini CLI, and Qwen Code which was made from it: a system settings file stands above the person's. */
const bySystemSettings =
  (name: string, files: Files): Policy =>
  async (sources, candidates) => {
    const { env, platform } = sources.place
    const usual = platform === 'win32' ? files.windows : platform === 'darwin' ? files.mac : files.linux
    const [managed] = sources.file(env[files.variable] || usual, (text) => JSON.parse(stripComments(text)))
    if (!managed) return null
    if (managed.data === null) return unreadable(managed)
    return judge(name, { source: managed.source, data: managed.data }, candidates)
  }

function judge(name: string, { source, data }: { source: string; data: Table }, candidates: Candidate[]) {
  const [mcp, admin] = [isTable(data.mcp) ? data.mcp : {}, isTable(data.admin) ? data.admin : {}]
  const switched = isTable(admin.mcp) && admin.mcp.enabled === false
  if (switched)
    return blocked(candidates, {
      source,
      reason: `IT has switched MCP servers off in ${name}.`,
      rule: { where: source, text: toText({ admin: { mcp: { enabled: true } } }) },
    })
  const [allow, deny] = [namesIn(mcp.allowed), namesIn(mcp.excluded)]
  if (!allow && !deny) return null
  const banned = candidates.filter(({ server }) => deny?.includes(server))
  if (banned.length > 0) {
    const rule = { where: `${source}: remove from mcp.excluded`, text: toText(banned.map(({ server }) => server)) }
    return blocked(banned, { source, reason: `${name} is told not to use these servers.`, rule })
  }
  const missing = allow ? candidates.filter(({ server }) => !allow.includes(server)) : []
  if (missing.length === 0) return allowed(source)
  const rule = { where: `${source}, in mcp.allowed`, text: toText(missing.map(({ server }) => server)) }
  return blocked(missing, {
    source,
    reason: `${name} uses only the servers on IT’s list, and these are not on it.`,
    rule,
  })
}

/** Names are compared without regard to case, as both do. */
const namesIn = (value: unknown) =>
  Array.isArray(value) ? value.flatMap((name) => (typeof name === 'string' ? name.trim().toLowerCase() : [])) : null

export const gemini = bySystemSettings('Gemini CLI', {
  variable: 'GEMINI_CLI_SYSTEM_SETTINGS_PATH',
  mac: '/Library/Application Support/GeminiCli/settings.json',
  windows: 'C:\\ProgramData\\gemini-cli\\settings.json',
  linux: '/etc/gemini-cli/settings.json',
})
export const qwen = bySystemSettings('Qwen Code', {
  variable: 'QWEN_CODE_SYSTEM_SETTINGS_PATH',
  mac: '/Library/Application Support/QwenCode/settings.json',
  windows: 'C:\\ProgramData\\qwen-code\\settings.json',
  linux: '/etc/qwen-code/settings.json',
})

/** Codex: with a table `mcp_servers` in its requirements, only servers of that name and that command are on. */
export const codex: Policy = async (sources, candidates) => {
  const [managed] = [...(await readPreferences(sources)), ...readFile(sources)]
  if (!managed) return null
  if (managed.data === null) return unreadable(managed)
  const servers = managed.data.mcp_servers
  if (!isTable(servers)) return null
  const missing = candidates.filter(({ server, command }) => {
    const entry = servers[server]
    return !(isTable(entry) && isTable(entry.identity) && entry.identity.command === command)
  })
  if (missing.length === 0) return allowed(managed.source)
  const text = missing.map(
    ({ server, command }) => `[mcp_servers.${server}.identity]\ncommand = ${JSON.stringify(command)}`,
  )
  return blocked(missing, {
    source: managed.source,
    reason: 'Codex uses only the servers on IT’s list, and these are not on it.',
    rule: { where: managed.source, text: text.join('\n\n') },
  })
}

function readFile({ place, file }: Sources): Managed[] {
  const folder = place.env.ProgramData ?? 'C:\\ProgramData'
  const windows = place.join(folder, 'OpenAI', 'Codex', 'requirements.toml')
  return file(place.platform === 'win32' ? windows : '/etc/codex/requirements.toml', parseToml)
}

async function readPreferences({ preferences }: Sources): Promise<Managed[]> {
  const found = await preferences('com.openai.codex')
  return found.flatMap(({ source, data }) => {
    const text = data?.requirements_toml_base64
    return typeof text === 'string' ? [{ source, data: decode(text) }] : []
  })
}

function decode(base64: string): Table | null {
  try {
    const data = parseToml(Buffer.from(base64, 'base64').toString('utf8'))
    return isTable(data) ? data : null
  } catch {
    return null
  }
}
