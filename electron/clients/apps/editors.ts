import type { AppRow } from '../app-row.ts'
import { appData, applicationFolder, inHome, type Place, xdgConfig } from '../place.ts'
import { ownReader } from './line-limits.ts'

export const cursor: AppRow = {
  id: 'cursor',
  name: 'Cursor',
  format: 'jsonc',
  shape: 'cursor',
  configPath: (place) => inHome(place, '.cursor', 'mcp.json'),
  traces: (place) => [inHome(place, '.cursor'), applicationFolder(place, 'Cursor')],
  commands: ['cursor', 'cursor-agent'],
  macApp: 'Cursor.app',
  processes: ['Cursor', 'Cursor.exe', 'cursor', 'cursor-agent'],
  policy: 'cursor',
  reload: 'Restart Cursor',
  limits: { tools: 80, toolName: 60 },
}

export const windsurf: AppRow = {
  id: 'windsurf',
  name: 'Windsurf',
  format: 'json',
  shape: 'windsurf',
  configPath: (place) => inHome(place, '.codeium', 'windsurf', 'mcp_config.json'),
  traces: (place) => [inHome(place, '.codeium', 'windsurf')],
  commands: ['windsurf'],
  macApp: 'Windsurf.app',
  processes: ['Windsurf', 'Windsurf.exe', 'windsurf'],
  policy: 'windsurf',
  reload: 'Press refresh in Windsurf’s MCP panel',
  limits: { tools: 100 },
}

export const windsurfPlugin: AppRow = {
  ...windsurf,
  id: 'windsurf-jetbrains',
  name: 'Windsurf for JetBrains',
  configPath: (place) => inHome(place, '.codeium', 'mcp_config.json'),
  // The folder alone says nothing: the editor uses it too.
  traces: (place) => [inHome(place, '.codeium', 'mcp_config.json')],
  commands: [],
  macApp: '',
  processes: [],
}

const flatpakOrXdg = (place: Place) =>
  place.env.FLATPAK_XDG_CONFIG_HOME ? xdgConfig(place, 'FLATPAK_XDG_CONFIG_HOME') : xdgConfig(place)

function zedFolder(place: Place) {
  if (place.platform === 'win32') return place.join(appData(place), 'Zed')
  return place.platform === 'darwin' ? inHome(place, '.config', 'zed') : place.join(flatpakOrXdg(place), 'zed')
}

export const zed: AppRow = {
  id: 'zed',
  name: 'Zed',
  format: 'jsonc',
  shape: 'zed',
  configPath: (place) => place.join(zedFolder(place), 'settings.json'),
  traces: (place) => [zedFolder(place)],
  commands: ['zed', 'zeditor'],
  macApp: 'Zed.app',
  processes: ['zed', 'zed-editor', 'Zed.exe'],
  maxLineBytes: ownReader,
  reload: null,
}

export const trae: AppRow = {
  id: 'trae',
  name: 'Trae',
  format: 'json',
  shape: 'trae',
  configPath: (place) => place.join(applicationFolder(place, 'Trae'), 'User', 'mcp.json'),
  traces: (place) => [applicationFolder(place, 'Trae')],
  commands: ['trae'],
  macApp: 'Trae.app',
  processes: ['Trae', 'Trae.exe', 'trae'],
  reload: 'Restart Trae',
}

export const kiro: AppRow = {
  id: 'kiro',
  name: 'Kiro',
  format: 'json',
  shape: 'kiro',
  configPath: (place) => inHome(place, '.kiro', 'settings', 'mcp.json'),
  traces: (place) => [inHome(place, '.kiro')],
  commands: ['kiro', 'kiro-cli'],
  macApp: 'Kiro.app',
  processes: ['Kiro', 'Kiro.exe', 'kiro', 'kiro-cli'],
  reload: 'Restart Kiro',
}

const continueFolder = (place: Place) => place.env.CONTINUE_GLOBAL_DIR || inHome(place, '.continue')

export const continueDev: AppRow = {
  id: 'continue',
  name: 'Continue',
  format: 'yaml',
  shape: 'continue',
  configPath: (place) => place.join(continueFolder(place), 'config.yaml'),
  // Its file cannot do without a name and a version, so only one that is there is added to.
  traces: (place) => [place.join(continueFolder(place), 'config.yaml')],
  processes: [],
  reload: 'Reload the configuration in Continue',
}

export const junie: AppRow = {
  id: 'junie',
  name: 'JetBrains Junie',
  format: 'json',
  shape: 'junie',
  configPath: (place) => inHome(place, '.junie', 'mcp', 'mcp.json'),
  traces: (place) => [inHome(place, '.junie')],
  commands: ['junie'],
  processes: ['junie'],
  reload: 'Restart the IDE',
  note: 'JetBrains AI Assistant has no file of its own: paste what stands here into its settings, under MCP.',
}
