import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix, win32 } from 'node:path'

export type Env = Record<string, string | undefined>

/** The machine as the table of apps sees it: a platform, a home folder, an environment, and what exists. */
export type Place = {
  platform: NodeJS.Platform
  home: string
  env: Env
  join: (...parts: string[]) => string
  /** Where a path of the system lies: elsewhere in tests, which must not see the machine they run on. */
  system: (path: string) => string
  isAbsolute: (path: string) => boolean
  exists: (path: string) => boolean
  /** Names in a folder; none where there is no folder. */
  list: (folder: string) => string[]
  /** The text of a file; empty where it cannot be read. Only to learn about an app, never for a file to be edited. */
  read: (path: string) => string
}

type Looks = Pick<Place, 'exists' | 'list' | 'read'>
const disk: Looks = {
  exists: existsSync,
  list: (folder) => {
    try {
      return readdirSync(folder)
    } catch {
      return [] // A folder that is not there, or not ours to read, holds no app this person could use.
    }
  },
  read: (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  },
}

type Machine = Pick<Place, 'platform' | 'home' | 'env'> & { systemRoot?: string | undefined }

/** Paths follow the platform asked for, not the one this runs on: so all three are testable on one. */
export function createPlace({ platform, home, env, systemRoot }: Machine, looks: Looks = disk): Place {
  const { join, isAbsolute } = platform === 'win32' ? win32 : posix
  const system = (path: string) => (systemRoot ? join(systemRoot, path) : path)
  return { platform, home, env, join, system, isAbsolute, ...looks }
}

export const inHome = ({ join, home }: Place, ...parts: string[]) => join(home, ...parts)
export const appData = (place: Place) => place.env.APPDATA || inHome(place, 'AppData', 'Roaming')
export const localAppData = (place: Place) => place.env.LOCALAPPDATA || inHome(place, 'AppData', 'Local')

/** The XDG rule: an unset, empty or relative value counts as absent. */
export function xdgConfig(place: Place, variable = 'XDG_CONFIG_HOME') {
  const value = place.env[variable]
  return value && place.isAbsolute(value) ? value : inHome(place, '.config')
}

/** Where apps built like VS Code and Claude Desktop keep a person’s files: one folder per app on each system. */
export function applicationFolder(place: Place, name: string) {
  if (place.platform === 'darwin') return inHome(place, 'Library', 'Application Support', name)
  return place.join(place.platform === 'win32' ? appData(place) : xdgConfig(place), name)
}

/** A program as a shell would find it on the PATH. */
export function findCommand(place: Place, name: string): string | undefined {
  const windows = place.platform === 'win32'
  const folders = (place.env.PATH ?? place.env.Path ?? '').split(windows ? ';' : ':').filter(place.isAbsolute)
  const names = windows ? ['.exe', '.cmd', '.bat'].map((ending) => name + ending) : [name]
  return folders.flatMap((folder) => names.map((file) => place.join(folder, file))).find(place.exists)
}
