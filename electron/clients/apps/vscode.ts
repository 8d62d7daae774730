import { z } from 'zod'
import type { AppRow } from '../app-row.ts'
import { applicationFolder, inHome, type Place } from '../place.ts'
import { ownReader } from './line-limits.ts'

const microsoft = {
  policy: 'vscode',
  managedChannel: 'the policies ChatMCP = registry and McpGalleryServiceUrl: a registry of the company',
} as const

const row = (id: string, name: string, folder: string, more: Partial<AppRow>): AppRow => ({
  id,
  name,
  format: 'jsonc',
  shape: 'vscode',
  configPath: (place) => place.join(applicationFolder(place, folder), 'User', 'mcp.json'),
  traces: (place) => [applicationFolder(place, folder)],
  processes: [],
  maxLineBytes: ownReader,
  // VSCodium is built without Microsoft’s policies.
  ...(id.startsWith('vscodium') ? {} : microsoft),
  reload: `Start the server in ${name}: run “MCP: List Servers”, or reload the window`,
  variants: (place) => profilesOf(place, { id, name, folder: applicationFolder(place, folder) }),
  ...more,
})

const Storage = z.object({
  userDataProfiles: z.array(
    z.object({
      location: z.string().regex(/^[a-zA-Z0-9-]{1,40}$/),
      name: z.string(),
      useDefaultFlags: z.object({ mcp: z.boolean().optional() }).optional(),
    }),
  ),
})

/** Each profile has servers of its own, unless it was made to share those of the default profile. */
function profilesOf(place: Place, { id, name, folder }: { id: string; name: string; folder: string }): AppRow[] {
  const user = place.join(folder, 'User')
  const storage = Storage.safeParse(parseJson(place.read(place.join(user, 'globalStorage', 'storage.json'))))
  const profiles = (storage.data?.userDataProfiles ?? []).filter(({ useDefaultFlags }) => !useDefaultFlags?.mcp)
  return profiles.map(({ location, name: profile }) => {
    const own = place.join(user, 'profiles', location)
    return row(`${id}-profile-${location.toLowerCase()}`, `${name} (${profile})`, '', {
      configPath: () => place.join(own, 'mcp.json'),
      traces: () => [own],
      variants: () => [],
    })
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const portable = (place: Place) => {
  const folder = place.env.VSCODE_PORTABLE
  return folder ? place.join(folder, 'user-data') : applicationFolder(place, 'Code')
}

export const vscode = row('vscode', 'VS Code', 'Code', {
  configPath: (place) => place.join(portable(place), 'User', 'mcp.json'),
  traces: (place) => [portable(place)],
  variants: (place) => profilesOf(place, { id: 'vscode', name: 'VS Code', folder: portable(place) }),
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

export const vscodiumInsiders = row('vscodium-insiders', 'VSCodium Insiders', 'VSCodium - Insiders', {
  commands: ['codium-insiders'],
  macApp: 'VSCodium - Insiders.app',
  processes: ['VSCodium - Insiders.exe', 'codium-insiders'],
})

/** What remote windows of VS Code run on this host: an SSH server, a WSL distribution, a container. */
export const vscodeServer = row('vscode-server', 'VS Code Server', '', {
  configPath: (place) =>
    place.platform === 'linux' ? inHome(place, '.vscode-server', 'data', 'User', 'mcp.json') : null,
  traces: (place) => [inHome(place, '.vscode-server')],
  variants: () => [],
  note: 'Where VS Code on the desktop has the servers as well, a remote window lists each of them twice.',
})
