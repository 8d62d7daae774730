import type { AppRow } from '../app-row.ts'
import { appData, inHome, type Place, xdgConfig } from '../place.ts'
import { ownReader } from './line-limits.ts'

const codexFolder = (place: Place) => place.env.CODEX_HOME || inHome(place, '.codex')

export const codex: AppRow = {
  id: 'codex',
  name: 'Codex',
  format: 'toml',
  shape: 'codex',
  configPath: (place) => place.join(codexFolder(place), 'config.toml'),
  traces: (place) => [codexFolder(place)],
  commands: ['codex'],
  processes: ['codex', 'codex.exe'],
  maxLineBytes: ownReader,
  policy: 'codex',
  reload: 'Start a new session in Codex',
}

const xcodeFolder = (place: Place) => inHome(place, 'Library', 'Developer', 'Xcode', 'CodingAssistant', 'codex')

export const xcodeCodex: AppRow = {
  ...codex,
  id: 'xcode-codex',
  name: 'Xcode (Codex)',
  configPath: (place) => (place.platform === 'darwin' ? place.join(xcodeFolder(place), 'config.toml') : null),
  traces: (place) => [xcodeFolder(place)],
  commands: [],
  processes: ['Xcode'],
  reload: 'Quit Xcode and open it again',
}

function gooseFile(place: Place) {
  const root = place.env.GOOSE_PATH_ROOT
  if (root && place.isAbsolute(root)) return place.join(root, 'config', 'config.yaml')
  if (place.platform === 'win32') return place.join(appData(place), 'Block', 'goose', 'config', 'config.yaml')
  const folder = place.platform === 'darwin' ? inHome(place, '.config') : xdgConfig(place)
  return place.join(folder, 'goose', 'config.yaml')
}

export const goose: AppRow = {
  id: 'goose',
  name: 'Goose',
  format: 'yaml',
  shape: 'goose',
  configPath: gooseFile,
  traces: (place) => [gooseFile(place)],
  commands: ['goose'],
  macApp: 'Goose.app',
  processes: ['goose', 'Goose', 'goosed', 'Goose.exe'],
  maxLineBytes: ownReader,
  reload: 'Start a new session in Goose',
}

function opencodeFile(place: Place) {
  const { env, join, exists } = place
  if (env.OPENCODE_CONFIG) return env.OPENCODE_CONFIG
  const folder = env.OPENCODE_CONFIG_DIR || join(xdgConfig(place), 'opencode')
  const plain = join(folder, 'opencode.json')
  const commented = join(folder, 'opencode.jsonc')
  return !exists(plain) && exists(commented) ? commented : plain
}

export const opencode: AppRow = {
  id: 'opencode',
  name: 'opencode',
  format: 'jsonc',
  shape: 'opencode',
  configPath: opencodeFile,
  traces: (place) => [place.env.OPENCODE_CONFIG_DIR || place.join(xdgConfig(place), 'opencode'), opencodeFile(place)],
  commands: ['opencode'],
  processes: ['opencode', 'opencode.exe'],
  managedChannel: 'opencode.json in the managed folder (/etc/opencode, %ProgramData%\\opencode)',
  reload: 'Start opencode again',
}

const ampFolder = (place: Place) =>
  place.platform === 'win32' ? place.join(appData(place), 'amp') : inHome(place, '.config', 'amp')

export const amp: AppRow = {
  id: 'amp',
  name: 'Amp',
  format: 'jsonc',
  shape: 'amp',
  configPath: (place) => place.join(ampFolder(place), 'settings.json'),
  traces: (place) => [ampFolder(place)],
  commands: ['amp'],
  processes: ['amp'],
  reload: 'Start Amp again',
}

export const factory: AppRow = {
  id: 'factory',
  name: 'Factory',
  format: 'json',
  shape: 'factory',
  configPath: (place) => inHome(place, '.factory', 'mcp.json'),
  traces: (place) => [inHome(place, '.factory')],
  commands: ['droid'],
  processes: ['droid', 'droid.exe'],
  reload: null,
}

export const warp: AppRow = {
  id: 'warp',
  name: 'Warp',
  format: 'json',
  shape: 'warp',
  configPath: (place) => inHome(place, '.warp', '.mcp.json'),
  traces: (place) => [inHome(place, '.warp')],
  commands: ['warp-terminal'],
  macApp: 'Warp.app',
  processes: ['warp', 'warp-terminal', 'Warp', 'warp.exe'],
  maxLineBytes: ownReader,
  reload: null,
  note: 'Warp can also start the servers of Claude Code and Codex; the same server may then be listed twice.',
}

/** The newer folder, unless only the older one is there. */
function lmStudioFolder(place: Place) {
  const [now, before] = [inHome(place, '.lmstudio'), inHome(place, '.cache', 'lm-studio')]
  return !place.exists(now) && place.exists(before) ? before : now
}

export const lmStudio: AppRow = {
  id: 'lm-studio',
  name: 'LM Studio',
  format: 'json',
  shape: 'lm-studio',
  configPath: (place) => place.join(lmStudioFolder(place), 'mcp.json'),
  traces: (place) => [lmStudioFolder(place)],
  macApp: 'LM Studio.app',
  processes: ['LM Studio', 'LM Studio.exe', 'lm-studio'],
  reload: 'Restart LM Studio',
}

export const boltAi: AppRow = {
  id: 'boltai',
  name: 'BoltAI',
  format: 'json',
  shape: 'boltai',
  configPath: (place) => (place.platform === 'darwin' ? inHome(place, '.boltai', 'mcp.json') : null),
  traces: (place) => [inHome(place, '.boltai')],
  macApp: 'BoltAI.app',
  processes: ['BoltAI'],
  reload: 'Quit BoltAI and open it again',
}

const amazonFolder = (place: Place) => inHome(place, '.aws', 'amazonq')

/** One file for the plugins of all editors and for the command line, which is in maintenance. */
export const amazonQ: AppRow = {
  id: 'amazon-q',
  name: 'Amazon Q Developer',
  format: 'json',
  shape: 'amazon-q',
  configPath: (place) => place.join(amazonFolder(place), 'mcp.json'),
  traces: (place) => [amazonFolder(place)],
  commands: ['q'],
  processes: ['q', 'qchat'],
  // The plugins watch the file.
  reload: 'Start Amazon Q in the terminal again',
  managedChannel: 'an MCP registry in the profile of Amazon Q Developer',
  note: 'Amazon Q does not read this file where “useLegacyMcpJson” is false in its agents/default.json.',
}
