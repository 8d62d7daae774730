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

const { app, ipcMain } = host
const { protocol } = host.wire
const session = { defaultSession: host.session, fromPartition: () => host.session }
const { Menu, MenuItem, Tray, Notification, nativeImage } = createMenus(host)
const { dialog, shell, powerMonitor } = createDesktop()

// One name after another: an ESM main imports them by name, and Node finds those by reading this text.
module.exports = {
  app,
  ipcMain,
  protocol,
  session,
  BrowserWindow,
  webContents,
  Menu,
  MenuItem,
  Tray,
  Notification,
  nativeImage,
  dialog,
  shell,
  powerMonitor,
}
// Not enumerable, so that the module looks to the app as Electron's does.
Object.defineProperty(module.exports, 'hostOf', { value: () => host })
