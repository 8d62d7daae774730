import { mkdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { Assets } from './assets.ts'
import { type Core, type CoreOptions, createCore } from './core.ts'
import { ensureBridgeCommand } from './lib/bridge-command.ts'
import type { Log } from './lib/log.ts'
import { openPath } from './lib/open-path.ts'
import { openUrl } from './lib/open-url.ts'
import type { Paths } from './lib/paths.ts'
import { systemSources } from './policy/system-sources.ts'
import { createConfStore } from './settings/conf-store.ts'
import { createKeytarKeychain } from './vault/keytar-keychain.ts'

type Needs = {
  assets: Assets
  paths: Paths
  env: Record<string, string | undefined>
  platform: NodeJS.Platform
  openWindow: CoreOptions['openWindow']
  quit: () => void
  log: Log
}

/** The core with everything it needs of a machine, under plain Node: for the command line and the headless app. */
export async function startNodeCore({ assets, paths, env, platform, openWindow, quit, log }: Needs): Promise<Core> {
  await mkdir(paths.data, { recursive: true, mode: 0o700 })
  const bridgeCommand = await ensureBridgeCommand({
    platform,
    dataFolder: paths.data,
    installed: null,
    native: assets.bridgeNative,
    node: process.execPath,
    script: assets.bridgeScript,
  })
  return createCore({
    mode: 'headless',
    ...{ assets, paths, env, platform, bridgeCommand, openWindow, quit, log },
    store: createConfStore({ folder: paths.data, now: () => new Date() }),
    policySources: systemSources({ platform, user: () => userInfo().username }),
    keychain: createKeytarKeychain({ folder: paths.data, platform }),
    launch: [process.execPath, assets.cliScript, 'agent'],
    openUrl: (url) => openUrl(url, { env, platform }),
    openPath: (path) => openPath(path, { env, platform }),
  })
}
