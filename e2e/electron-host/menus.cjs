'use strict'
const { EventEmitter } = require('node:events')

/** Menus, tray, images and notifications: they keep what they are given, and a test clicks in the host's stead. */
function createMenus(host) {
  const mustBeReady = (what) => {
    if (!host.isReady) throw new Error(`Cannot create ${what} before app is ready`)
  }

  class MenuItem {
    constructor(options) {
      const type = options.submenu ? 'submenu' : 'normal'
      Object.assign(this, { type, label: '', enabled: true, visible: true, checked: false, id: '', ...options })
      if (options.submenu && !(options.submenu instanceof Menu)) this.submenu = Menu.buildFromTemplate(options.submenu)
      this.click = (event = {}, window = host.BrowserWindow.getFocusedWindow()) => {
        if (!this.enabled) return
        if (this.type === 'checkbox') this.checked = !this.checked
        if (options.role === 'quit') host.app.quit()
        options.click?.(this, window ?? undefined, event)
      }
    }
  }

  class Menu extends EventEmitter {
    items = []
    static #application = null
    append(item) {
      item.menu = this
      this.items.push(item)
    }
    getMenuItemById(id) {
      for (const item of this.items) {
        const found = item.id === id ? item : item.submenu?.getMenuItemById(id)
        if (found) return found
      }
      return null
    }
    static buildFromTemplate(template) {
      const menu = new Menu()
      for (const item of template) menu.append(item instanceof MenuItem ? item : new MenuItem(item))
      return menu
    }
    static setApplicationMenu(menu) {
      Menu.#application = menu
    }
    static getApplicationMenu() {
      return Menu.#application
    }
  }

  class NativeImage {
    constructor(png) {
      this.png = png
      this.representations = []
    }
    isEmpty() {
      return this.png.length === 0
    }
    toPNG() {
      return this.png
    }
    addRepresentation(representation) {
      this.representations.push(representation)
    }
    setTemplateImage(isTemplate) {
      this.isTemplate = isTemplate
    }
  }

  class Tray extends EventEmitter {
    #destroyed = false
    constructor(image) {
      super()
      mustBeReady('Tray')
      this.image = image
    }
    setImage(image) {
      this.image = image
    }
    setToolTip(text) {
      this.toolTip = text
    }
    setContextMenu(menu) {
      this.contextMenu = menu
    }
    destroy() {
      this.#destroyed = true
    }
    isDestroyed() {
      return this.#destroyed
    }
  }

  class Notification extends EventEmitter {
    constructor(options = {}) {
      super()
      Object.assign(this, options)
    }
    show() {
      setImmediate(() => this.emit('show', {}))
    }
    static isSupported() {
      return true
    }
  }

  const nativeImage = {
    createEmpty: () => new NativeImage(Buffer.alloc(0)),
    createFromBuffer: (png) => new NativeImage(png),
  }
  return { Menu, MenuItem, Tray, Notification, nativeImage }
}
module.exports = { createMenus }
