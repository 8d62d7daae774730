import { app, ipcMain, Menu, Notification, powerMonitor, session } from 'electron'
import { brand } from '../../shared/brand.ts'
import type { Screen } from '../../shared/contract/app.ts'
import type { CoreApi } from '../../shared/contract/contract.ts'
import type { ServerId } from '../../shared/ids.ts'
import { en } from '../../shared/texts/en.ts'
import type { Log } from '../lib/log.ts'
import { appMenu } from './app-menu.ts'
import { serveWindow } from './app-protocol.ts'
import { applyContentRules, applySessionRules } from './content-rules.ts'
import { findDeepLink } from './deep-link.ts'
import { type Serve, serveIpcMain } from './ipc-main-carrier.ts'
import { createLoginItem, hiddenFlag } from './login-item.ts'
import { openExternal } from './open-external.ts'
import { createQuitOrder } from './quit-order.ts'
import { createTray } from './tray.ts'
import { createWindow } from './window.ts'

type Needs = {
  api: CoreApi
  serve: Serve
  /** Asks every window to show a screen. */
  navigate: (screen: Screen) => void
  /** The machine woke up: what was known about the network may be wrong. */
  resumed: () => void
  closeCore: () => Promise<void>
  onOpen: (listener: (screen: Screen | null) => void) => void
  windowFolder: string
  preload: string
  configFolder: string
  log: Log
}
const quitLimitMs = 5000

/**
 * Everything Electron: window, tray, menu, deep links, login item. It holds no state of its own and decides nothing.
 * Returns what shows the window.
 */
export async function createShell(needs: Needs) {
  const { api, serve, log } = needs
  const openLink = (url: string) => void openExternal(url, log)
  // Rules first, so that no page can exist without them.
  applySessionRules(session.defaultSession)
  app.on('session-created', applySessionRules)
  app.on('web-contents-created', (_event, contents) => applyContentRules(contents, { openLink, log }))
  serveWindow(needs.windowFolder)
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(appMenu({ platform: process.platform, packaged: app.isPackaged, quit: () => app.quit() })),
  )

  // What fails here is in the next snapshot as a state with a reason; a tray has no place for an answer.
  const ask = (work: () => unknown) =>
    void Promise.resolve()
      .then(work)
      .catch((error) => log.debug('tray.failed', { error }))
  const quitOrder = createQuitOrder({ app, close: needs.closeCore, limitMs: quitLimitMs, log })
  const window = createWindow({
    preload: needs.preload,
    channels: serve.channels,
    packaged: app.isPackaged,
    isQuitting: quitOrder.isQuitting,
    navigate: needs.navigate,
    hidden: () => ask(() => hintOnce(api)),
    log,
  })
  serveIpcMain({ ipcMain, serve, contents: window.contents, log })
  const open = window.show

  await createTray(api, {
    open,
    signIn: () => ask(() => api.auth.signIn()),
    cancelSignIn: () => ask(() => api.auth.cancelSignIn()),
    signOut: () => ask(() => api.auth.signOut()),
    recheck: (server) => ask(() => api.health.recheck({ server: server as ServerId })),
    checkNow: () => ask(() => api.health.recheckAll()),
    help: () => ask(() => openHelp(api, open, log)),
    quit: () => app.quit(),
  })

  needs.onOpen(open)
  app.on('activate', () => open(null))
  app.on('window-all-closed', () => {}) // the tray goes on
  powerMonitor.on('resume', needs.resumed)
  powerMonitor.on('shutdown', quitOrder.hurry)
  if (app.isPackaged) {
    app.setAsDefaultProtocolClient(brand.urlScheme)
    await keepLoginItem(needs)
  }
  // The first start may itself be a deep link's.
  if (!process.argv.includes(hiddenFlag)) open(findDeepLink(process.argv))
  return open
}

async function hintOnce(api: CoreApi) {
  if ((await api.settings.snapshot()).trayHintShown) return
  await api.settings.update({ trayHintShown: true })
  const { title, text } = en.notifications.stillRunning
  if (Notification.isSupported()) new Notification({ title, body: text }).show()
}

/** The company's own help desk where there is one; it knows more than we do. */
async function openHelp(api: CoreApi, open: (screen: Screen) => void, log: Log) {
  const { company } = await api.app.snapshot()
  if (!company?.supportUrl || !(await openExternal(company.supportUrl, log))) open('help')
}

/** Only an installed app starts itself at login: a developer's checkout must not. */
async function keepLoginItem({ api, configFolder, log }: Needs) {
  const set = createLoginItem({
    platform: process.platform,
    executable: process.env.APPIMAGE ?? process.execPath,
    configFolder,
    setLoginItem: (settings) => app.setLoginItemSettings(settings),
  })
  const follow = ({ startAtLogin = true }) =>
    set(startAtLogin).catch((error) => log.warn('login-item.failed', { error }))
  api.settings.changed((settings) => void follow(settings))
  await follow(await api.settings.snapshot())
}
