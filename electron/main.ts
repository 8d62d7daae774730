import { homedir, userInfo } from 'node:os'
import { basename, join } from 'node:path'
import { app, dialog, session } from 'electron'
import ElectronStore from 'electron-store'
import { toProblem } from '../shared/problems.ts'
import { findAssets } from './assets.ts'
import { connectRunning } from './connect-running.ts'
import { createCore } from './core.ts'
import { openFilesOnly } from './files-only.ts'
import { ensureBridgeCommand } from './lib/bridge-command.ts'
import { findNode } from './lib/find-node.ts'
import { createFileLog, type Log } from './lib/log.ts'
import { openUrl } from './lib/open-url.ts'
import { onParentGone } from './lib/parent.ts'
import { createPaths } from './lib/paths.ts'
import { systemSources } from './policy/system-sources.ts'
import { createConfStore } from './settings/conf-store.ts'
import { hiddenFlag } from './shell/login-item.ts'
import { openExternal, openPath } from './shell/open-external.ts'
import { type Prepared, prepareApp } from './shell/prepare.ts'
import { createShell } from './shell/shell.ts'
import { createKeytarKeychain } from './vault/keytar-keychain.ts'

const { env, platform } = process
const paths = createPaths({ env, platform })
const assets = findAssets(import.meta.url)
const { log, close: closeLog } = createFileLog({ folder: paths.logs, name: 'app' })

async function start({ onOpen }: Prepared) {
  let open: (screen: null) => void = () => {}
  const core = await createCore({
    mode: 'desktop',
    assets,
    paths,
    env,
    platform,
    store: createConfStore({
      folder: paths.data,
      now: () => new Date(),
      open: (options) => new ElectronStore(options),
    }),
    policySources: systemSources({ platform, user: () => userInfo().username }),
    keychain: createKeytarKeychain({ folder: paths.data }),
    bridgeCommand: await ensureBridgeCommand({
      platform,
      dataFolder: paths.data,
      installed: app.isPackaged ? join(process.resourcesPath, 'bin', basename(assets.bridgeNative)) : null,
      native: assets.bridgeNative,
      node: findNode({ root: app.getAppPath(), env, platform, fallback: process.execPath }),
      script: assets.bridgeScript,
    }),
    // In a checkout Electron needs the app's folder as well.
    launch: [process.execPath, ...(app.isPackaged ? [] : [app.getAppPath()]), hiddenFlag],
    // A PAC file, the system's setting, a group policy: Chromium knows them all.
    resolveProxy: async (url) => session.defaultSession.resolveProxy(url),
    // `BROWSER` is how a script, or a person on a strange desktop, says which program it shall be.
    openUrl: (url) => (env.BROWSER ? openUrl(url, { env, platform }) : openExternal(url, log.child('shell'))),
    openPath,
    openWindow: async () => {
      open(null)
      return { address: null }
    },
    quit: () => app.quit(),
    log,
  })
  open = await createShell({
    api: core.api,
    serve: core.dispatcher,
    navigate: core.show,
    resumed: core.resumed,
    closeCore: () => core.close().finally(closeLog),
    onOpen,
    windowFolder: assets.rendererFolder,
    preload: assets.preload,
    configFolder: env.XDG_CONFIG_HOME || join(homedir(), '.config'),
    log: log.child('shell'),
  })
}

/** Nothing runs yet that could show this in a window. */
function fail(error: unknown, failed: Log) {
  failed.error('app.start-failed', { error })
  const { title, detail, code } = toProblem(error)
  dialog.showErrorBox(title, [detail, `Code ${code}`].filter(Boolean).join('\n'))
  app.exit(1)
}

/**
 * What an uninstaller starts: every AI client’s file as it was, and an exit code; no window, no keychain, no network. An
 * app that runs does it itself, and ends: it would go on from its own record of what it wrote.
 */
async function giveFilesBack() {
  const running = await connectRunning({ paths, version: assets.version })
  const files = running ?? openFilesOnly({ paths, env, platform, version: assets.version, log })
  const given = await files.api.clients.restoreAll().finally(running ? undefined : files.close)
  await running?.api.app.quit().catch(() => {}) // it may be gone before it has answered
  await running?.close()
  return given.some(({ problem }) => problem) ? 1 : 0
}

async function endAfterGivingBack() {
  const code = await giveFilesBack().catch((error) => {
    log.error('app.give-back-failed', { error })
    return 1
  })
  await closeLog()
  app.exit(code)
}

onParentGone(env, process.stdin, () => app.quit())
const givesBack = process.argv.includes('--give-files-back')
const prepared = givesBack ? null : prepareApp({ userData: join(paths.data, 'electron') })
// No top-level await of `ready`: Electron holds it back until this module has loaded.
if (givesBack) void endAfterGivingBack()
else if (prepared)
  void app
    .whenReady()
    .then(() => start(prepared))
    .catch((error) => fail(error, log))
else app.quit()
