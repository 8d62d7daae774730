'use strict'
const { EventEmitter } = require('node:events')

function createIpcMain() {
  const handlers = new Map()
  return Object.assign(new EventEmitter(), {
    handle(channel, handler) {
      if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
      handlers.set(channel, handler)
    },
    removeHandler: (channel) => void handlers.delete(channel),
    /** For the host: what a page's `invoke` is answered with. */
    async answer(event, channel, args) {
      const handler = handlers.get(channel)
      if (!handler) throw new Error(`No handler registered for '${channel}'`)
      return handler(event, ...args)
    },
  })
}
module.exports = { createIpcMain }
