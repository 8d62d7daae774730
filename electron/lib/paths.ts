import { homedir } from 'node:os'
import { join } from 'node:path'
import { brand } from '../../shared/brand.ts'

type Env = Record<string, string | undefined>

/** Where state lies (README, “Where things are”). All of it is under `CAUSEWAY_HOME` where that is set. */
export type Paths = { home: string; data: string; cache: string; logs: string; run: string; clients: string }

export function createPaths({ env, platform }: { env: Env; platform: NodeJS.Platform }): Paths {
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir()
  const data = env.CAUSEWAY_HOME || dataFolder(platform, home, env)
  return {
    home,
    data,
    cache: join(data, 'cache'),
    logs: join(data, 'logs'),
    run: join(data, 'run'),
    clients: join(data, 'clients'),
  }
}

function dataFolder(platform: NodeJS.Platform, home: string, env: Env) {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), brand.product)
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', brand.product)
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), brand.slug)
}
