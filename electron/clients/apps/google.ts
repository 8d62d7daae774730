import type { AppRow } from '../app-row.ts'
import { inHome, type Place } from '../place.ts'

const geminiFolder = (place: Place) => place.join(place.env.GEMINI_CLI_HOME || place.home, '.gemini')

export const geminiCli: AppRow = {
  id: 'gemini-cli',
  name: 'Gemini CLI',
  format: 'json-comments',
  shape: 'gemini-cli',
  configPath: (place) => place.join(geminiFolder(place), 'settings.json'),
  traces: (place) => [geminiFolder(place)],
  commands: ['gemini'],
  processes: ['gemini'],
  policy: 'gemini',
  managedChannel: 'mcpServers in the system settings file',
  reload: 'Type /mcp reload in Gemini CLI, or start it again',
  limits: { toolName: 64 },
}

/** The unified file once Antigravity moved there, the old one before. */
function antigravityFile(place: Place) {
  const config = inHome(place, '.gemini', 'config')
  const old = inHome(place, '.gemini', 'antigravity')
  const moved = [place.join(config, 'mcp_config.json'), place.join(config, '.migrated'), place.join(old, '.migrated')]
  return place.join(moved.some(place.exists) ? config : old, 'mcp_config.json')
}

export const antigravity: AppRow = {
  id: 'antigravity',
  name: 'Antigravity',
  format: 'json',
  shape: 'antigravity',
  configPath: antigravityFile,
  traces: (place) => [inHome(place, '.gemini', 'antigravity'), inHome(place, '.antigravity'), antigravityFile(place)],
  commands: ['antigravity', 'agy'],
  macApp: 'Antigravity.app',
  processes: ['Antigravity', 'Antigravity.exe', 'antigravity'],
  reload: 'Restart Antigravity',
  limits: { tools: 50 },
}

const qwenFolder = (place: Place) => place.env.QWEN_HOME || inHome(place, '.qwen')

export const qwenCode: AppRow = {
  id: 'qwen-code',
  name: 'Qwen Code',
  format: 'json-comments',
  shape: 'gemini-cli',
  configPath: (place) => place.join(qwenFolder(place), 'settings.json'),
  traces: (place) => [qwenFolder(place)],
  commands: ['qwen'],
  processes: ['qwen'],
  policy: 'qwen',
  managedChannel: 'mcpServers in the system settings file',
  reload: 'Start Qwen Code again',
  limits: { toolName: 64 },
}
