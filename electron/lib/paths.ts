import { sep } from 'node:path'
import { brand } from '../../shared/brand.ts'

type Env = Record<string, string | undefined>

/** Where state lies (README, “Where things are”). All of it is under `CAUSEWAY_HOME` where that is set. */
export type Paths = { home: string; data: string; cache: string; logs: string; run: string; clients: string }

export function createPaths(where: { env: Env; platform: NodeJS.Platform }): Paths {
  const { home, data, run } = createBridgePaths(where)
  return { home, data, cache: under(data, 'cache'), logs: under(data, 'logs'), run, clients: under(data, 'clients') }
}

/** What a bridge needs of them. Loading node:os would cost each bridge a quarter of a megabyte. */
export function createBridgePaths({ env, platform }: { env: Env; platform: NodeJS.Platform }) {
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || process.getBuiltinModule('node:os').homedir()
  const data = env.CAUSEWAY_HOME || dataFolder(platform, home, env)
  return { home, data, run: under(data, 'run') }
}

function dataFolder(platform: NodeJS.Platform, home: string, env: Env) {
  if (platform === 'win32') return under(env.LOCALAPPDATA || under(home, 'AppData', 'Local'), brand.product)
  if (platform === 'darwin') return under(home, 'Library', 'Application Support', brand.product)
  return under(env.XDG_DATA_HOME || under(home, '.local', 'share'), brand.slug)
}

/**
 * A path below a folder, as the native bridge makes it. `join` looks at each letter by a call, which V8 takes for worth
 * optimizing: a megabyte and a half of every bridge.
 */
export const under = (folder: string, ...names: string[]) => [folder, ...names].join(sep)
