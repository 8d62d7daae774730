'use strict'
const { EventEmitter } = require('node:events')
const { createContents } = require('./contents.cjs')
const { preventable } = require('./preventable.cjs')

/** BrowserWindow: what a window says of itself. Each has one Chromium page, which is always there, shown or not. */
function createWindows(host) {
  const WebContents = createContents(host)
  let lastId = 0
  let focused = null

  class BrowserWindow extends EventEmitter {
    #destroyed = false
    #visible
    #minimized = false
    constructor(options = {}) {
      super()
      if (!host.isReady) throw new Error('Cannot create BrowserWindow before app is ready')
      lastId += 1
      this.id = lastId
      this.#visible = options.show !== false
      this.size = { width: options.width ?? 800, height: options.height ?? 600 }
      host.windows.set(this.id, this)
      this.webContents = new WebContents(this, options.webPreferences ?? {})
      setImmediate(() => host.app.emit('browser-window-created', {}, this))
    }
    loadURL(url) {
      return this.webContents.loadURL(url)
    }
    show() {
      this.#visible = true
      focused = this
      this.emit('show')
    }
    hide() {
      this.#visible = false
      this.emit('hide')
    }
    isVisible() {
      return this.#visible && !this.#minimized
    }
    minimize() {
      this.#minimized = true
      this.emit('minimize')
    }
    restore() {
      this.#minimized = false
      this.emit('restore')
    }
    isMinimized() {
      return this.#minimized
    }
    isDestroyed() {
      return this.#destroyed
    }
    close() {
      if (this.#destroyed) return
      const event = preventable()
      this.emit('close', event)
      if (!event.defaultPrevented) this.destroy()
    }
    destroy() {
      if (this.#destroyed) return
      this.gone()
      void this.webContents.closePage()
      if (host.windows.size > 0 || host.isQuitting) return
      setImmediate(() => {
        if (host.windows.size > 0) return
        if (host.app.listenerCount('window-all-closed') > 0) host.app.emit('window-all-closed')
        else host.app.quit()
      })
    }
    /** For the host: the window is no more, whatever becomes of its page. */
    gone() {
      if (this.#destroyed) return
      this.#destroyed = true
      host.windows.delete(this.id)
      if (focused === this) focused = null
      this.webContents.gone()
      this.emit('closed')
    }
    static getAllWindows() {
      return [...host.windows.values()]
    }
    static fromWebContents(contents) {
      return contents?.window ?? null
    }
    static getFocusedWindow() {
      return focused
    }
  }
  return { BrowserWindow, webContents: WebContents }
}
module.exports = { createWindows }
