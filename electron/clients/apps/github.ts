import type { AppRow } from '../app-row.ts'
import { inHome, localAppData, type Place } from '../place.ts'

const copilotFolder = (place: Place) => place.env.COPILOT_HOME || inHome(place, '.copilot')

export const copilotCli: AppRow = {
  id: 'copilot-cli',
  name: 'GitHub Copilot CLI',
  format: 'json',
  shape: 'copilot-cli',
  configPath: (place) => place.join(copilotFolder(place), 'mcp-config.json'),
  traces: (place) => [copilotFolder(place)],
  commands: ['copilot'],
  processes: ['copilot'],
  policy: 'copilot',
  reload: 'Type /mcp reload in Copilot CLI, or start it again',
}

const pluginFolder = (place: Place, host: string) =>
  place.platform === 'win32'
    ? place.join(localAppData(place), 'github-copilot', host)
    : inHome(place, '.config', 'github-copilot', host)

export const copilotJetBrains: AppRow = {
  id: 'copilot-jetbrains',
  name: 'GitHub Copilot for JetBrains',
  format: 'json-comments',
  shape: 'vscode',
  configPath: (place) => place.join(pluginFolder(place, 'intellij'), 'mcp.json'),
  traces: (place) => [pluginFolder(place, 'intellij')],
  processes: [],
  policy: 'copilot',
  reload: 'Open the file in the IDE and save it, or restart the IDE',
}

export const copilotXcode: AppRow = {
  ...copilotJetBrains,
  id: 'copilot-xcode',
  name: 'GitHub Copilot for Xcode',
  configPath: (place) => (place.platform === 'darwin' ? place.join(pluginFolder(place, 'xcode'), 'mcp.json') : null),
  traces: (place) => [pluginFolder(place, 'xcode')],
  macApp: 'GitHub Copilot for Xcode.app',
  reload: 'Quit Xcode and open it again',
}

export const visualStudio: AppRow = {
  id: 'visual-studio',
  name: 'Visual Studio',
  format: 'jsonc',
  shape: 'visual-studio',
  configPath: (place) => (place.platform === 'win32' ? inHome(place, '.mcp.json') : null),
  traces: (place) => [place.join(localAppData(place), 'Microsoft', 'VisualStudio')],
  processes: ['devenv.exe'],
  policy: 'copilot',
  reload: null,
  note: 'Visual Studio keeps the tools of a new server off until they are ticked.',
}
