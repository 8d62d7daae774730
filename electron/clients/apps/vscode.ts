import type { AppRow } from '../app-row.ts'
import { applicationFolder, type Place } from '../place.ts'

const row = (id: string, name: string, folder: string, more: Partial<AppRow>): AppRow => ({
  id,
  name,
  format: 'jsonc',
  shape: 'vscode',
  configPath: (place) => place.join(applicationFolder(place, folder), 'User', 'mcp.json'),
  traces: (place) => [applicationFolder(place, folder)],
  processes: [],
  reload: `Start the server in ${name}: run “MCP: List Servers”, or reload the window`,
  ...more,
})

const portable = (place: Place) => {
  const folder = place.env.VSCODE_PORTABLE
  return folder ? place.join(folder, 'user-data') : applicationFolder(place, 'Code')
}

export const vscode = row('vscode', 'VS Code', 'Code', {
  configPath: (place) => place.join(portable(place), 'User', 'mcp.json'),
  traces: (place) => [portable(place)],
  commands: ['code'],
  macApp: 'Visual Studio Code.app',
  installs: ({ join, env, home }) => [
    '/usr/share/code/resources/app/package.json',
    join(env.LOCALAPPDATA ?? home, 'Programs', 'Microsoft VS Code', 'resources', 'app', 'package.json'),
  ],
  processes: ['Code.exe', 'code'],
})

export const vscodeInsiders = row('vscode-insiders', 'VS Code Insiders', 'Code - Insiders', {
  commands: ['code-insiders'],
  macApp: 'Visual Studio Code - Insiders.app',
  installs: () => ['/usr/share/code-insiders/resources/app/package.json'],
  processes: ['Code - Insiders.exe', 'code-insiders'],
})

export const vscodium = row('vscodium', 'VSCodium', 'VSCodium', {
  commands: ['codium'],
  macApp: 'VSCodium.app',
  installs: () => ['/usr/share/codium/resources/app/package.json'],
  processes: ['VSCodium.exe', 'codium', 'VSCodium'],
})
