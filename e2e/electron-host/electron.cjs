'use strict'
// The `electron` module as the main process sees it: what Causeway uses and no more. What is absent is absent on purpose.
const { createApp } = require('./app.cjs')
const { createIpcMain } = require('./ipc-main.cjs')
const { createProtocol } = require('./protocol.cjs')
const { createSession } = require('./session.cjs')
const { createWindows } = require('./windows.cjs')
const { createMenus } = require('./menus.cjs')
const { createDesktop } = require('./desktop.cjs')

/** What the parts share. */
const host = { browser: null, isReady: false, isQuitting: false, windows: new Map(), contents: new Map() }

host.app = createApp(host)
host.ipcMain = createIpcMain()
host.wire = createProtocol(host)
host.session = createSession(host)
const { BrowserWindow, webContents } = createWindows(host)
host.BrowserWindow = BrowserWindow

module.exports = {
  app: host.app,
  ipcMain: host.ipcMain,
  protocol: host.wire.protocol,
  session: { defaultSession: host.session, fromPartition: () => host.session },
  BrowserWindow,
  webContents,
  ...createMenus(host),
  ...createDesktop(),
}
// Not enumerable, so that the module looks to the app as Electron's does.
Object.defineProperty(module.exports, 'hostOf', { value: () => host })
