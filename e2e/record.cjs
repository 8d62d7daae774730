'use strict'
// Loaded with `-r` before the app, on real Electron and on electron-host alike. It keeps what has no page to look at:
// tray menus, notifications, links that would leave for the browser.
const { Notification, Tray, shell } = require('electron')

const seen = { menu: null, toolTip: '', notifications: [], opened: [] }
globalThis.causewaySeen = seen

const { setContextMenu, setToolTip } = Tray.prototype
Tray.prototype.setContextMenu = function (menu) {
  seen.menu = menu
  return setContextMenu.call(this, menu)
}
Tray.prototype.setToolTip = function (text) {
  seen.toolTip = text
  return setToolTip.call(this, text)
}
const { show } = Notification.prototype
Notification.prototype.show = function () {
  seen.notifications.push({ title: this.title, body: this.body })
  return show.call(this)
}
shell.openExternal = async (url) => void seen.opened.push(url)
