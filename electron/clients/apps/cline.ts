import type { AppRow } from '../app-row.ts'
import { applicationFolder, inHome, type Place } from '../place.ts'

/** One file for every editor that hosts Cline and for its command line, since version 4. */
function clineFile(place: Place) {
  const { env, join } = place
  if (env.CLINE_MCP_SETTINGS_PATH) return env.CLINE_MCP_SETTINGS_PATH
  const data = env.CLINE_DATA_DIR || join(env.CLINE_DIR || inHome(place, '.cline'), 'data')
  return join(data, 'settings', 'cline_mcp_settings.json')
}

const base = {
  name: 'Cline',
  format: 'json',
  shape: 'cline',
  reload: null,
} as const satisfies Partial<AppRow>

export const cline: AppRow = {
  ...base,
  id: 'cline',
  configPath: clineFile,
  traces: (place) => [place.env.CLINE_DIR || inHome(place, '.cline'), clineFile(place)],
  commands: ['cline'],
  lockFolder: true,
  processes: ['cline'],
  variants: (place) => hosts.flatMap((host) => beforeFour(place, host)),
}

type HostEditor = { id: string; name: string; folder: string; extensions: string }
const hosts: HostEditor[] = [
  { id: 'vscode', name: 'VS Code', folder: 'Code', extensions: '.vscode' },
  { id: 'vscode-insiders', name: 'VS Code Insiders', folder: 'Code - Insiders', extensions: '.vscode-insiders' },
  { id: 'vscodium', name: 'VSCodium', folder: 'VSCodium', extensions: '.vscode-oss' },
  { id: 'cursor', name: 'Cursor', folder: 'Cursor', extensions: '.cursor' },
  { id: 'windsurf', name: 'Windsurf', folder: 'Windsurf', extensions: '.windsurf' },
]
const extension = 'saoudrizwan.claude-dev'

/**
 * Version 3 keeps a file in each editor. Version 4 reads that once and never again, so the newest version that lies
 * there decides; editors leave the folders of older ones behind.
 */
function beforeFour(place: Place, { id, name, folder, extensions }: HostEditor): AppRow[] {
  const found = place.list(inHome(place, extensions, 'extensions')).flatMap((entry) => {
    const version = new RegExp(`^${extension.replace('.', '\\.')}-(\\d+)\\.`, 'i').exec(entry)?.[1]
    return version === undefined ? [] : [Number(version)]
  })
  if (found.length === 0 || Math.max(...found) >= 4) return []
  const own = place.join(applicationFolder(place, folder), 'User', 'globalStorage', extension, 'settings')
  return [
    {
      ...base,
      id: `cline-3-${id}`,
      name: `Cline (in ${name})`,
      configPath: ({ join }) => join(own, 'cline_mcp_settings.json'),
      traces: () => [inHome(place, extensions, 'extensions')],
      processes: [],
    },
  ]
}
