import type { AppRow } from '../app-row.ts'
import { applicationFolder, inHome, localAppData, type Place } from '../place.ts'

const file = 'claude_desktop_config.json'

/** Since February 2026 Claude for Windows is an MSIX package and reads its own copy of the roaming folder only. */
function packagedFolder(place: Place) {
  const packages = place.join(localAppData(place), 'Packages')
  const name = place.list(packages).find((candidate) => candidate.startsWith('Claude_'))
  return name && place.join(packages, name)
}

function folderOf(place: Place) {
  const packaged = place.platform === 'win32' ? packagedFolder(place) : undefined
  return packaged ? place.join(packaged, 'LocalCache', 'Roaming', 'Claude') : applicationFolder(place, 'Claude')
}

export const claudeDesktop: AppRow = {
  id: 'claude-desktop',
  name: 'Claude Desktop',
  format: 'json',
  shape: 'claude-desktop',
  configPath: (place) => place.join(folderOf(place), file),
  traces: (place) => [folderOf(place)],
  macApp: 'Claude.app',
  installs: ({ join, env, home }) => [join(env.LOCALAPPDATA ?? home, 'AnthropicClaude'), '/usr/bin/claude-desktop'],
  processes: ['Claude', 'Claude.exe', 'claude-desktop'],
  policy: 'claude-desktop',
  managedChannel: 'managedMcpServers in its own policy (remote servers only)',
  reload: 'Quit Claude and open it again',
  overwrites: true,
  note: 'While Claude runs it undoes changes of its file, so they are made as soon as it has quit.',
}

export const claudeCode: AppRow = {
  id: 'claude-code',
  name: 'Claude Code',
  format: 'json',
  shape: 'claude-code',
  configPath: (place) => place.join(place.env.CLAUDE_CONFIG_DIR || place.home, '.claude.json'),
  traces: (place) => [
    place.env.CLAUDE_CONFIG_DIR || inHome(place, '.claude'),
    place.join(place.env.CLAUDE_CONFIG_DIR || place.home, '.claude.json'),
  ],
  commands: ['claude'],
  processes: ['claude', 'claude.exe'],
  policy: 'claude-code',
  managedChannel: 'managed-mcp.json beside managed-settings.json',
  reload: 'Start a new session in Claude Code',
  overwrites: true,
  note: 'Every running session rewrites its file and can lose changes, so they are made once the last one has ended.',
}

export const xcodeClaude: AppRow = {
  ...claudeCode,
  id: 'xcode-claude',
  name: 'Xcode (Claude Agent)',
  configPath: (place) => (place.platform === 'darwin' ? place.join(xcodeFolder(place), '.claude.json') : null),
  traces: (place) => [xcodeFolder(place)],
  commands: [],
  processes: ['Xcode'],
  reload: 'Quit Xcode and open it again',
}
const xcodeFolder = (place: Place) =>
  inHome(place, 'Library', 'Developer', 'Xcode', 'CodingAssistant', 'ClaudeAgentConfig')
