import { describe, expect, test } from 'vitest'
import { ServerId } from '../../../shared/ids.ts'
import { createPlace, type Env } from '../place.ts'
import { type PolicyName, policies } from './client-policy.ts'
import { createSources, type Run } from './sources.ts'

const bridge = '/opt/causeway/causeway-bridge'
const github = { server: ServerId.parse('github'), command: bridge, args: ['github', '--client', 'x'] }
const iam = { server: ServerId.parse('iam'), command: bridge, args: ['iam', '--client', 'x'] }
const both = [github, iam]
const commandOf = ({ command, args }: typeof github) => [command, ...args]

type Machine = { platform?: NodeJS.Platform; files?: Record<string, unknown>; env?: Env; run?: Run }
const homes = { win32: 'C:\\Users\\ana', darwin: '/Users/ana', linux: '/home/ana' } as const
const toText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** A machine as data: what lies in which file, and what the programs of the system answer. */
async function judge(
  name: PolicyName,
  { platform = 'linux', files = {}, env = {}, run = async () => '' }: Machine = {},
) {
  const place = createPlace(
    { platform, home: homes[platform as 'linux'], env },
    {
      exists: (path) => path in files,
      read: (path) => toText(files[path]),
      list: (folder) =>
        Object.keys(files).flatMap((path) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [])),
    },
  )
  return policies[name](createSources({ place, run, now: () => new Date(0) }), both)
}

test.each(['vscode', 'claude-code', 'claude-desktop', 'gemini', 'qwen', 'codex'] as const)(
  '%s says nothing where no policy is set',
  async (name) => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) expect(await judge(name, { platform })).toBeNull()
  },
)

describe('Claude Code', () => {
  const settings = '/etc/claude-code/managed-settings.json'
  const withSettings = (value: unknown, more: Record<string, unknown> = {}) =>
    judge('claude-code', { files: { [settings]: value, ...more } })

  test('with managed-mcp.json nothing a person adds counts, and the rule is what IT must put there', async () => {
    const path = '/etc/claude-code/managed-mcp.json'
    const mcpServers = { github: { command: bridge } }
    const verdict = await judge('claude-code', { files: { [path]: { mcpServers } } })
    expect(verdict).toMatchObject({ verdict: 'managed-only', source: path, servers: ['iam'] })
    expect(verdict?.rule?.where).toBe(`${path}, under mcpServers`)
    expect(JSON.parse(verdict?.rule?.text ?? '')).toEqual({ iam: { type: 'stdio', command: bridge, args: iam.args } })
  })

  test('a managed-mcp.json that cannot be read shuts us out all the same', async () => {
    const verdict = await judge('claude-code', { files: { '/etc/claude-code/managed-mcp.json': '{ nonsense' } })
    expect(verdict).toMatchObject({ verdict: 'managed-only', servers: ['github', 'iam'] })
  })

  test.each([
    ['no list', {}, null],
    ['an empty list', { allowedMcpServers: [] }, ['github', 'iam']],
    ['one name', { allowedMcpServers: [{ serverName: 'github' }] }, ['iam']],
    ['both commands', { allowedMcpServers: both.map((one) => ({ serverCommand: commandOf(one) })) }, []],
    [
      'a command with other arguments',
      { allowedMcpServers: [{ serverCommand: [bridge, 'github'] }] },
      ['github', 'iam'],
    ],
    [
      'a name beside somebody else’s command, which makes names not enough',
      { allowedMcpServers: [{ serverName: 'github' }, { serverCommand: ['npx', 'x'] }] },
      ['github', 'iam'],
    ],
    ['a list of addresses only', { allowedMcpServers: [{ serverUrl: 'https://*' }] }, ['github', 'iam']],
    [
      'an allowed name that is denied as well',
      {
        allowedMcpServers: [{ serverName: 'github' }, { serverName: 'iam' }],
        deniedMcpServers: [{ serverName: 'iam' }],
      },
      ['iam'],
    ],
    ['a denied command', { deniedMcpServers: [{ serverCommand: commandOf(github) }] }, ['github']],
  ])('%s', async (_, value, servers) => {
    const verdict = await withSettings(value)
    if (servers === null) expect(verdict).toBeNull()
    else
      expect(verdict).toMatchObject({ verdict: servers.length > 0 ? 'blocked' : 'allowed', servers, source: settings })
  })

  test('the rule to add is the exact command line of each server that is missing', async () => {
    const verdict = await withSettings({ allowedMcpServers: [{ serverName: 'github' }] })
    expect(JSON.parse(verdict?.rule?.text ?? '')).toEqual({ serverCommand: commandOf(iam) })
    expect(verdict?.rule?.where).toBe(`${settings}, in allowedMcpServers`)
  })

  test('lists of fragments are joined; the person’s own list counts unless IT says otherwise', async () => {
    const fragment = {
      '/etc/claude-code/managed-settings.d/10-mcp.json': { allowedMcpServers: [{ serverName: 'iam' }] },
    }
    const first = { allowedMcpServers: [{ serverName: 'github' }] }
    expect(await withSettings(first, fragment)).toMatchObject({ verdict: 'allowed' })
    const own = { '/home/ana/.claude/settings.json': { allowedMcpServers: [{ serverName: 'iam' }] } }
    expect(await withSettings(first, own)).toMatchObject({ verdict: 'allowed' })
    expect(await withSettings({ ...first, allowManagedMcpServersOnly: true }, own)).toMatchObject({ servers: ['iam'] })
  })

  test('a policy that cannot be read is said, not taken for none', async () => {
    expect(await withSettings('{ "allowedMcpServers": ')).toMatchObject({ verdict: 'unreadable', source: settings })
  })

  test('the registry of the machine and the preferences of a Mac stand above files', async () => {
    const value = JSON.stringify({ allowedMcpServers: [] })
    const run: Run = async (program, [, key]) =>
      program.endsWith('reg.exe') && key === 'HKLM\\SOFTWARE\\Policies\\ClaudeCode'
        ? `\r\n${key}\r\n    Settings    REG_SZ    ${value}\r\n\r\n`
        : ''
    expect(await judge('claude-code', { platform: 'win32', run })).toMatchObject({
      verdict: 'blocked',
      source: 'HKLM\\SOFTWARE\\Policies\\ClaudeCode',
    })
    const plist = '/Library/Managed Preferences/com.anthropic.claudecode.plist'
    const files = { [plist]: 'binary' }
    expect(await judge('claude-code', { platform: 'darwin', files, run: async () => value })).toMatchObject({
      verdict: 'blocked',
      source: plist,
    })
  })
})

describe('VS Code', () => {
  const withPolicy = (value: unknown) => judge('vscode', { files: { '/etc/vscode/policy.json': value } })
  test.each([
    [{ ChatMCP: 'none' }, 'blocked'],
    [{ ChatMCP: false }, 'blocked'],
    [{ ChatMCP: 'registry' }, 'blocked'],
    [{ ChatMCP: 'all' }, 'allowed'],
    ['nonsense', 'unreadable'],
  ])('%j is %s', async (value, verdict) => expect(await withPolicy(value)).toMatchObject({ verdict }))

  test('other policies say nothing about MCP', async () => expect(await withPolicy({ UpdateMode: 'none' })).toBeNull())
  test('of a registry IT gets the exact names to publish', async () =>
    expect((await withPolicy({ ChatMCP: 'registry' }))?.rule?.text).toBe('github, iam'))
  test('on Windows it is a value in the registry', async () => {
    const run: Run = async (_, [, key]) => (key?.startsWith('HKCU') ? '    ChatMCP    REG_SZ    none\n' : '')
    expect(await judge('vscode', { platform: 'win32', run })).toMatchObject({
      source: 'HKCU\\SOFTWARE\\Policies\\Microsoft\\VSCode',
    })
  })
})

describe('Gemini CLI and Qwen Code', () => {
  const paths = { gemini: '/etc/gemini-cli/settings.json', qwen: '/etc/qwen-code/settings.json' }
  describe.each(['gemini', 'qwen'] as const)('%s', (name) => {
    test.each([
      [{ mcp: { allowed: ['GitHub'] } }, 'blocked', ['iam']],
      [{ mcp: { allowed: ['github', 'iam'] } }, 'allowed', []],
      [{ mcp: { excluded: ['iam'] } }, 'blocked', ['iam']],
      [{ admin: { mcp: { enabled: false } } }, 'blocked', ['github', 'iam']],
      ['// by IT\n{ "mcp": { "allowed": [] } }', 'blocked', ['github', 'iam']],
      ['[', 'unreadable', []],
    ])('%j is %s', async (value, verdict, servers) =>
      expect(await judge(name, { files: { [paths[name]]: value } })).toMatchObject({ verdict, servers }),
    )
  })
  test('the file can be moved by a variable', async () => {
    const env = { GEMINI_CLI_SYSTEM_SETTINGS_PATH: '/it/gemini.json' }
    const files = { '/it/gemini.json': { mcp: { allowed: [] } } }
    expect(await judge('gemini', { env, files })).toMatchObject({ source: '/it/gemini.json' })
  })
})

describe('Codex', () => {
  const path = '/etc/codex/requirements.toml'
  test.each([
    ['approval_policy = "never"\n', null, []],
    [`[mcp_servers.github.identity]\ncommand = "${bridge}"\n`, 'blocked', ['iam']],
    [
      `[mcp_servers.github]\nidentity = { command = "npx" }\n[mcp_servers.iam]\nidentity = { command = "${bridge}" }\n`,
      'blocked',
      ['github'],
    ],
    ['[mcp_servers]\n', 'blocked', ['github', 'iam']],
    ['mcp_servers = ', 'unreadable', []],
  ])('%j is %s', async (value, verdict, servers) => {
    const found = await judge('codex', { files: { [path]: value } })
    if (verdict === null) expect(found).toBeNull()
    else expect(found).toMatchObject({ verdict, servers, source: path })
  })

  test('its rule, once added, lets us through', async () => {
    const verdict = await judge('codex', { files: { [path]: '[mcp_servers]\n' } })
    const after = await judge('codex', { files: { [path]: verdict?.rule?.text } })
    expect(after).toMatchObject({ verdict: 'allowed' })
  })

  test('on a Mac it is a preference in base64', async () => {
    const plist = '/Library/Managed Preferences/ana/com.openai.codex.plist'
    const requirements_toml_base64 = Buffer.from('[mcp_servers]\n').toString('base64')
    const run: Run = async () => JSON.stringify({ requirements_toml_base64 })
    const files = { [plist]: 'binary' }
    expect(await judge('codex', { platform: 'darwin', files, run })).toMatchObject({
      verdict: 'blocked',
      source: plist,
    })
  })
})

test('Claude Desktop: local servers switched off, in strings as Windows and a Mac hold them', async () => {
  const run: Run = async (_, [, key]) =>
    key?.startsWith('HKLM') ? '    isLocalDevMcpEnabled    REG_SZ    false\r\n' : ''
  expect(await judge('claude-desktop', { platform: 'win32', run })).toMatchObject({ verdict: 'blocked' })
  const files = { '/Library/Managed Preferences/com.anthropic.claudefordesktop.plist': 'binary' }
  const preferences: Run = async () => '{"isLocalDevMcpEnabled":"true"}'
  expect(await judge('claude-desktop', { platform: 'darwin', files, run: preferences })).toMatchObject({
    verdict: 'allowed',
  })
})

test('lists that lie with the vendor are unknown, with the rule for them', async () => {
  expect(JSON.parse((await judge('windsurf'))?.rule?.text ?? '')[0]).toEqual({
    ...{ serverId: 'github', command: bridge.replaceAll('.', '\\.') },
    args: github.args,
  })
  expect(await judge('copilot')).toMatchObject({ verdict: 'unknown', servers: [] })
  const cursor = await judge('cursor')
  expect(cursor).toMatchObject({ verdict: 'unknown', servers: [] })
  expect(cursor?.rule?.text.split('\n')[0]).toBe(`github: ${[bridge, ...github.args].join(' ')}`)
})

test('the programs of the system are asked once a minute, not at every look', async () => {
  let asked = 0
  const run: Run = async () => String(asked++)
  const place = createPlace(
    { platform: 'win32', home: homes.win32, env: {} },
    { exists: () => false, read: () => '', list: () => [] },
  )
  let now = 0
  const sources = createSources({ place, run, now: () => new Date(now) })
  await policies.vscode(sources, both)
  await policies.vscode(sources, both)
  expect(asked).toBe(2)
  now = 61_000
  await policies.vscode(sources, both)
  expect(asked).toBe(4)
})
