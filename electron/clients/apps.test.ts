import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ClientId } from '../../shared/ids.ts'
import type { AppRow } from './app-row.ts'
import { apps, listApps } from './apps.ts'
import { findRunning, findVersion, isInstalled } from './detect.ts'
import { findHost } from './host.ts'
import { createPlace, type Env } from './place.ts'
import { parsePs, parseTasklist, readProcesses } from './processes.ts'

const homes = { darwin: '/Users/ana', linux: '/home/ana', win32: 'C:\\Users\\ana' } as const
type Files = Record<string, string>
type Os = keyof typeof homes
const usual: Record<Os, Env> = {
  darwin: {},
  linux: {},
  win32: { APPDATA: 'C:\\Users\\ana\\AppData\\Roaming', LOCALAPPDATA: 'C:\\Users\\ana\\AppData\\Local' },
}

function machine(
  os: Os,
  {
    env = {},
    exists = [],
    folders = {},
    files = {},
  }: { env?: Env; exists?: string[]; folders?: Record<string, string[]>; files?: Files } = {},
) {
  const looks = {
    exists: (path: string) => exists.includes(path),
    list: (folder: string) => folders[folder] ?? [],
    read: (path: string) => files[path] ?? '',
  }
  return createPlace({ platform: os, home: homes[os], env: { ...usual[os], ...env } }, looks)
}
const row = (id: string) => {
  const found = apps.find((app) => app.id === id)
  if (!found) throw new Error(`no app ${id}`)
  return found
}
const isRunning = (app: AppRow, names: string[]) =>
  findRunning(
    app,
    names.map((name, index) => ({ pid: index + 1, name })),
  ).length > 0
const pathOf = (id: string, os: Os, more?: Parameters<typeof machine>[1]) => row(id).configPath(machine(os, more))

const support = '/Users/ana/Library/Application Support'
const roaming = 'C:\\Users\\ana\\AppData\\Roaming'
const inHome = (path: string): [string, string, string] => [
  `/Users/ana/${path}`,
  `C:\\Users\\ana\\${path.replaceAll('/', '\\')}`,
  `/home/ana/${path}`,
]

describe('where each app keeps its servers', () => {
  const table: Record<string, [mac: string | null, windows: string | null, linux: string | null]> = {
    vscode: [
      `${support}/Code/User/mcp.json`,
      `${roaming}\\Code\\User\\mcp.json`,
      '/home/ana/.config/Code/User/mcp.json',
    ],
    'vscode-insiders': [
      `${support}/Code - Insiders/User/mcp.json`,
      `${roaming}\\Code - Insiders\\User\\mcp.json`,
      '/home/ana/.config/Code - Insiders/User/mcp.json',
    ],
    vscodium: [
      `${support}/VSCodium/User/mcp.json`,
      `${roaming}\\VSCodium\\User\\mcp.json`,
      '/home/ana/.config/VSCodium/User/mcp.json',
    ],
    'claude-desktop': [
      `${support}/Claude/claude_desktop_config.json`,
      `${roaming}\\Claude\\claude_desktop_config.json`,
      '/home/ana/.config/Claude/claude_desktop_config.json',
    ],
    'claude-code': inHome('.claude.json'),
    cursor: inHome('.cursor/mcp.json'),
    windsurf: inHome('.codeium/windsurf/mcp_config.json'),
    'windsurf-jetbrains': inHome('.codeium/mcp_config.json'),
    'gemini-cli': inHome('.gemini/settings.json'),
    antigravity: inHome('.gemini/antigravity/mcp_config.json'),
    codex: inHome('.codex/config.toml'),
    'copilot-cli': inHome('.copilot/mcp-config.json'),
    'copilot-jetbrains': [
      '/Users/ana/.config/github-copilot/intellij/mcp.json',
      'C:\\Users\\ana\\AppData\\Local\\github-copilot\\intellij\\mcp.json',
      '/home/ana/.config/github-copilot/intellij/mcp.json',
    ],
    junie: inHome('.junie/mcp/mcp.json'),
    zed: [
      '/Users/ana/.config/zed/settings.json',
      `${roaming}\\Zed\\settings.json`,
      '/home/ana/.config/zed/settings.json',
    ],
    'vscodium-insiders': [
      `${support}/VSCodium - Insiders/User/mcp.json`,
      `${roaming}\\VSCodium - Insiders\\User\\mcp.json`,
      '/home/ana/.config/VSCodium - Insiders/User/mcp.json',
    ],
    'vscode-server': [null, null, '/home/ana/.vscode-server/data/User/mcp.json'],
    'amazon-q': inHome('.aws/amazonq/mcp.json'),
    cline: inHome('.cline/data/settings/cline_mcp_settings.json'),
    continue: inHome('.continue/config.yaml'),
    'lm-studio': inHome('.lmstudio/mcp.json'),
    goose: [
      '/Users/ana/.config/goose/config.yaml',
      `${roaming}\\Block\\goose\\config\\config.yaml`,
      '/home/ana/.config/goose/config.yaml',
    ],
    opencode: inHome('.config/opencode/opencode.json'),
    amp: [
      '/Users/ana/.config/amp/settings.json',
      `${roaming}\\amp\\settings.json`,
      '/home/ana/.config/amp/settings.json',
    ],
    kiro: inHome('.kiro/settings/mcp.json'),
    warp: inHome('.warp/.mcp.json'),
    boltai: ['/Users/ana/.boltai/mcp.json', null, null],
    'visual-studio': [null, 'C:\\Users\\ana\\.mcp.json', null],
    'xcode-claude': ['/Users/ana/Library/Developer/Xcode/CodingAssistant/ClaudeAgentConfig/.claude.json', null, null],
    'xcode-codex': ['/Users/ana/Library/Developer/Xcode/CodingAssistant/codex/config.toml', null, null],
    'copilot-xcode': ['/Users/ana/.config/github-copilot/xcode/mcp.json', null, null],
    'qwen-code': inHome('.qwen/settings.json'),
    trae: [`${support}/Trae/User/mcp.json`, `${roaming}\\Trae\\User\\mcp.json`, '/home/ana/.config/Trae/User/mcp.json'],
    factory: inHome('.factory/mcp.json'),
  }

  test.each(Object.entries(table))('%s', (id, [mac, windows, linux]) => {
    expect(pathOf(id, 'darwin')).toBe(mac)
    expect(pathOf(id, 'win32')).toBe(windows)
    expect(pathOf(id, 'linux')).toBe(linux)
  })
  test('no app is left out of this table, and every id is one', () => {
    expect(apps.map(({ id }) => id).sort()).toEqual(Object.keys(table).sort())
    for (const { id } of apps) expect(ClientId.safeParse(id).success).toBe(true)
  })
})

test.each<[string, Os, Env, string]>([
  ['vscode', 'linux', { XDG_CONFIG_HOME: '/cfg' }, '/cfg/Code/User/mcp.json'],
  ['vscode', 'linux', { XDG_CONFIG_HOME: 'not/absolute' }, '/home/ana/.config/Code/User/mcp.json'],
  ['vscode', 'win32', { VSCODE_PORTABLE: 'D:\\code\\data' }, 'D:\\code\\data\\user-data\\User\\mcp.json'],
  ['vscode', 'win32', { APPDATA: 'D:\\roam' }, 'D:\\roam\\Code\\User\\mcp.json'],
  ['vscode', 'win32', { APPDATA: '' }, `${roaming}\\Code\\User\\mcp.json`],
  ['claude-code', 'linux', { CLAUDE_CONFIG_DIR: '/work/claude' }, '/work/claude/.claude.json'],
  ['gemini-cli', 'darwin', { GEMINI_CLI_HOME: '/g' }, '/g/.gemini/settings.json'],
  ['codex', 'win32', { CODEX_HOME: 'D:\\codex' }, 'D:\\codex\\config.toml'],
  ['copilot-cli', 'linux', { COPILOT_HOME: '/c', XDG_CONFIG_HOME: '/cfg' }, '/c/mcp-config.json'],
  ['qwen-code', 'linux', { QWEN_HOME: '/q' }, '/q/settings.json'],
  ['zed', 'linux', { XDG_CONFIG_HOME: '/cfg' }, '/cfg/zed/settings.json'],
  ['zed', 'linux', { XDG_CONFIG_HOME: '/cfg', FLATPAK_XDG_CONFIG_HOME: '/flat' }, '/flat/zed/settings.json'],
  ['zed', 'darwin', { XDG_CONFIG_HOME: '/cfg' }, '/Users/ana/.config/zed/settings.json'],
  ['cline', 'linux', { CLINE_DIR: '/cl' }, '/cl/data/settings/cline_mcp_settings.json'],
  ['cline', 'linux', { CLINE_DIR: '/cl', CLINE_DATA_DIR: '/cd' }, '/cd/settings/cline_mcp_settings.json'],
  ['cline', 'linux', { CLINE_DATA_DIR: '/cd', CLINE_MCP_SETTINGS_PATH: '/cm.json' }, '/cm.json'],
  ['continue', 'linux', { CONTINUE_GLOBAL_DIR: '/co' }, '/co/config.yaml'],
  ['goose', 'linux', { XDG_CONFIG_HOME: '/cfg' }, '/cfg/goose/config.yaml'],
  ['goose', 'win32', { GOOSE_PATH_ROOT: 'D:\\g' }, 'D:\\g\\config\\config.yaml'],
  ['goose', 'linux', { GOOSE_PATH_ROOT: 'relative' }, '/home/ana/.config/goose/config.yaml'],
  ['opencode', 'linux', { OPENCODE_CONFIG: '/o.json' }, '/o.json'],
  ['opencode', 'linux', { OPENCODE_CONFIG_DIR: '/od' }, '/od/opencode.json'],
])('%s on %s follows %j', (id, os, env, path) => {
  expect(pathOf(id, os, { env })).toBe(path)
})

describe('an app that moved its file', () => {
  const packages = 'C:\\Users\\ana\\AppData\\Local\\Packages'
  test('Claude from the Windows package reads a file of its own', () => {
    const folders = { [packages]: ['Microsoft.Photos_1', 'Claude_pzs8sxrjxfjjc'] }
    expect(pathOf('claude-desktop', 'win32', { folders })).toBe(
      `${packages}\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json`,
    )
  })
  test.each(['.gemini/config/mcp_config.json', '.gemini/config/.migrated', '.gemini/antigravity/.migrated'])(
    'Antigravity after %s exists',
    (sign) => {
      expect(pathOf('antigravity', 'linux', { exists: [`/home/ana/${sign}`] })).toBe(
        '/home/ana/.gemini/config/mcp_config.json',
      )
    },
  )
  test('LM Studio of old, and of old and new', () => {
    const [now, before] = ['/home/ana/.lmstudio', '/home/ana/.cache/lm-studio']
    expect(pathOf('lm-studio', 'linux', { exists: [before] })).toBe(`${before}/mcp.json`)
    expect(pathOf('lm-studio', 'linux', { exists: [before, now] })).toBe(`${now}/mcp.json`)
  })
  test('opencode with comments', () => {
    const folder = '/home/ana/.config/opencode'
    expect(pathOf('opencode', 'linux', { exists: [`${folder}/opencode.jsonc`] })).toBe(`${folder}/opencode.jsonc`)
    expect(pathOf('opencode', 'linux', { exists: [`${folder}/opencode.jsonc`, `${folder}/opencode.json`] })).toBe(
      `${folder}/opencode.json`,
    )
  })
})

test('each profile of VS Code has a file of its own, unless it shares that of the default', () => {
  const user = '/home/ana/.config/Code/User'
  const storage = {
    userDataProfiles: [
      { location: '-5C0b', name: 'Work' },
      { location: 'ffaa', name: 'Shared', useDefaultFlags: { mcp: true } },
    ],
  }
  const of = (text: string) =>
    listApps(machine('linux', { files: { [`${user}/globalStorage/storage.json`]: text } })).filter(({ id }) =>
      id.startsWith('vscode-profile'),
    )
  expect(of(JSON.stringify(storage)).map(({ id, path, row: { name } }) => [id, path, name])).toEqual([
    ['vscode-profile--5c0b', `${user}/profiles/-5C0b/mcp.json`, 'VS Code (Work)'],
  ])
  expect(of('{ broken')).toEqual([])
  expect(of('{"userDataProfiles":[{"location":"../../x","name":"y"}]}')).toEqual([])
})

describe('Cline before version 4', () => {
  const rows = (os: Os, folder: string, names: string[]) =>
    listApps(machine(os, { folders: { [folder]: names } })).filter(({ id }) => id.startsWith('cline-3-'))
  test.each<[Os, string, string]>([
    ['linux', '/home/ana/.vscode/extensions', '/home/ana/.config/Code/User/globalStorage'],
    ['darwin', '/Users/ana/.vscode/extensions', `${support}/Code/User/globalStorage`],
    ['win32', 'C:\\Users\\ana\\.vscode\\extensions', `${roaming}\\Code\\User\\globalStorage`],
  ])('has a file of its own in each editor on %s', (os, folder, storage) => {
    const tail = ['saoudrizwan.claude-dev', 'settings', 'cline_mcp_settings.json'].join(os === 'win32' ? '\\' : '/')
    const found = rows(os, folder, ['saoudrizwan.claude-dev-3.57.1', 'ms-python.python-2026.1.0'])
    expect(found.map(({ id, path }) => [id, path])).toEqual([
      ['cline-3-vscode', `${storage}${os === 'win32' ? '\\' : '/'}${tail}`],
    ])
  })
  test('is gone once version 4 lies beside it, and was never there without the extension', () => {
    const folder = '/home/ana/.cursor/extensions'
    expect(rows('linux', folder, ['saoudrizwan.claude-dev-3.57.1'])).toMatchObject([{ id: 'cline-3-cursor' }])
    expect(rows('linux', folder, ['saoudrizwan.claude-dev-3.57.1', 'saoudrizwan.claude-dev-4.0.2'])).toEqual([])
    expect(rows('linux', folder, ['saoudrizwanXclaude-dev-3.57.1', 'other-1.0.0'])).toEqual([])
  })
})

describe('signs of an app', () => {
  test.each<[string, Os, Parameters<typeof machine>[1]]>([
    ['cursor', 'linux', { exists: ['/home/ana/.cursor'] }],
    ['claude-code', 'linux', { exists: ['/usr/bin/claude'], env: { PATH: 'bin:/opt/bin:/usr/bin' } }],
    ['claude-code', 'win32', { exists: ['C:\\bin\\claude.cmd'], env: { Path: 'C:\\other;C:\\bin' } }],
    ['claude-desktop', 'darwin', { exists: ['/Applications/Claude.app'] }],
    ['vscode', 'darwin', { exists: ['/Users/ana/Applications/Visual Studio Code.app'] }],
    ['copilot-jetbrains', 'win32', { exists: ['C:\\Users\\ana\\AppData\\Local\\github-copilot\\intellij'] }],
  ])('%s on %s', (id, os, signs) => {
    expect(isInstalled(machine(os), row(id))).toBe(false)
    expect(isInstalled(machine(os, signs), row(id))).toBe(true)
  })
  test('the editor of Windsurf is no sign of its plugin', () => {
    const place = machine('linux', { exists: ['/home/ana/.codeium', '/home/ana/.codeium/windsurf'] })
    expect([isInstalled(place, row('windsurf')), isInstalled(place, row('windsurf-jetbrains'))]).toEqual([true, false])
  })
  test('Claude Desktop and Claude Code are told apart while they run', () => {
    const names = ['/Applications/Claude.app/Contents/MacOS/Claude']
    expect([isRunning(row('claude-desktop'), names), isRunning(row('claude-code'), names)]).toEqual([true, false])
    expect([isRunning(row('claude-desktop'), ['claude']), isRunning(row('claude-code'), ['claude'])]).toEqual([
      false,
      true,
    ])
    expect(isRunning(row('vscode'), ['/Applications/Visual Studio Code.app/Contents/MacOS/Electron'])).toBe(true)
  })
})

describe('on a real disk', () => {
  const made: string[] = []
  afterEach(() => {
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  test('finds the version of a command that npm installed', async () => {
    const root = mkdtempSync(join(tmpdir(), 'causeway-detect-'))
    made.push(root)
    const folder = join(root, 'lib', 'node_modules', '@openai', 'codex')
    mkdirSync(join(folder, 'bin'), { recursive: true })
    mkdirSync(join(root, 'bin'))
    writeFileSync(join(folder, 'package.json'), '{ "name": "x", "version": "0.154.0" }')
    writeFileSync(join(folder, 'bin', 'codex.js'), '')
    symlinkSync(join(folder, 'bin', 'codex.js'), join(root, 'bin', 'codex'))
    const place = createPlace({ platform: 'linux', home: root, env: { PATH: join(root, 'bin') } })
    expect(await findVersion(place, row('codex'))).toBe('0.154.0')
    expect(await findVersion(place, row('cursor'))).toBe(null)
  })
  test.each([
    ['usr/share/cursor', 'usr/share/cursor/resources/app'],
    ['Cursor.app/Contents/Resources/app', 'Cursor.app/Contents/Resources/app'],
  ])('finds the version of an editor beside its command in %s', async (where, app) => {
    const root = mkdtempSync(join(tmpdir(), 'causeway-detect-'))
    made.push(root)
    mkdirSync(join(root, where, 'bin'), { recursive: true })
    mkdirSync(join(root, app), { recursive: true })
    mkdirSync(join(root, 'bin'))
    writeFileSync(join(root, app, 'package.json'), '{ "name": "cursor", "version": "2.4.1" }')
    writeFileSync(join(root, where, 'bin/cursor'), '')
    symlinkSync(join(root, where, 'bin/cursor'), join(root, 'bin/cursor'))
    const place = createPlace({ platform: 'linux', home: root, env: { PATH: join(root, 'bin') } })
    expect(await findVersion(place, row('cursor'))).toBe('2.4.1')
    expect(await findVersion(place, row('codex'))).toBe(null)
  })
  test.runIf(process.platform !== 'win32')('finds the version in a bundle', async () => {
    const root = mkdtempSync(join(tmpdir(), 'causeway-detect-'))
    made.push(root)
    const contents = join(root, 'Applications', 'Claude.app', 'Contents')
    mkdirSync(contents, { recursive: true })
    writeFileSync(
      join(contents, 'Info.plist'),
      '<dict><key>CFBundleShortVersionString</key>\n\t<string>1.2.3</string></dict>',
    )
    const place = createPlace({ platform: 'darwin', home: root, env: {} })
    expect(await findVersion(place, row('claude-desktop'))).toBe('1.2.3')
  })
  test.runIf(process.platform === 'linux')('sees itself among the processes, and a script by its name', async () => {
    const mine = (await readProcesses()).filter(({ pid }) => pid === process.pid)
    expect(mine.some(({ name }) => /node/.test(name))).toBe(true)
  })
  test('a folder that may not be read holds nothing', () => {
    const root = mkdtempSync(join(tmpdir(), 'causeway-detect-'))
    made.push(root)
    writeFileSync(join(root, 'file'), '')
    chmodSync(join(root, 'file'), 0)
    const place = createPlace({ platform: 'linux', home: root, env: {} })
    expect(place.list(join(root, 'file'))).toEqual([])
    expect(place.list(join(root, 'nowhere'))).toEqual([])
  })
})

test('reads a Windows task list, of this person’s session only', () => {
  const list = [
    '"Claude.exe","4242","Console","1","81,920 K"',
    '"Code - Insiders.exe","1","Console","1","1 K"',
    '"Claude.exe","77","RDP-Tcp#2","3","81,920 K"',
    '"svchost.exe","8","Services","0","1 K"',
  ].join('\r\n')
  const names = (own: number) => parseTasklist(list, own).map(({ pid, name }) => `${name} ${pid}`)
  expect(names(1)).toEqual(['Claude.exe 4242', 'Code - Insiders.exe 1'])
  expect(names(77)).toEqual(['Claude.exe 77'])
  // As a service, or unknown: nobody’s session is the right one.
  expect(names(8)).toHaveLength(4)
  expect(names(99)).toHaveLength(4)
})

test('reads a list of processes of macOS', () => {
  const path = '/Applications/Visual Studio Code.app/Contents/MacOS/Electron'
  const list = parsePs(`  501 ${path}\n99999 claude\n`)
  expect(list).toEqual([
    { pid: 501, name: path },
    { pid: 99999, name: 'claude' },
  ])
  expect(findRunning(row('vscode'), list)).toEqual([501])
  expect(findRunning(row('claude-code'), list)).toEqual([99999])
})

test.each([
  [{}, [], 'desktop'],
  [{ SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, [], 'ssh'],
  [{ WSL_DISTRO_NAME: 'Ubuntu' }, [], 'wsl'],
  [{ REMOTE_CONTAINERS: 'true' }, ['/.dockerenv'], 'dev-container'],
  [{ CODESPACES: 'true' }, ['/.dockerenv'], 'codespace'],
  [{}, ['/run/.containerenv'], 'container'],
])('with %j and %j this is a %s', (env, files, host) => {
  const looks = { exists: (path: string) => (files as string[]).includes(path), list: () => [], read: () => '' }
  expect(findHost(createPlace({ platform: 'linux', home: '/home/ana', env }, looks))).toBe(host)
})
