import { homedir } from 'node:os'
import { join } from 'node:path'
import { brand } from '../../shared/brand.ts'

type Env = Record<string, string | undefined>

/** Where state lies (README, “Where things are”). All of it is under `CAUSEWAY_HOME` where that is set. */
export type Paths = { home: string; data: string; cache: string; logs: string; run: string; clients: string }

export function createPaths(where: { env: Env; platform: NodeJS.Platform }): Paths {
  const { home, data, run } = createBridgePaths(where)
  return { home, data, cache: join(data, 'cache'), logs: join(data, 'logs'), run, clients: join(data, 'clients') }
}

/** What a bridge needs of them. Three calls of `join` more make V8 compile it, and that is half a megabyte of each bridge. */
export function createBridgePaths({ env, platform }: { env: Env; platform: NodeJS.Platform }) {
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir()
  const data = env.CAUSEWAY_HOME || dataFolder(platform, home, env)
  return { home, data, run: join(data, 'run') }
}

function dataFolder(platform: NodeJS.Platform, home: string, env: Env) {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), brand.product)
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', brand.product)
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), brand.slug)
}
