'use strict'
/**
 * Chromium knows no scheme of ours, so app://host/x is loaded as http://host.app.localhost/x, every request is held, and
 * the app's own handler answers it in this process. The app only ever sees app://host/x.
 */
function createProtocol(host) {
  const handlers = new Map()
  const privileged = new Set()
  const isOurs = (scheme) => handlers.has(scheme) || privileged.has(scheme)
  return {
    toWire(url) {
      const [, scheme, name, rest] = /^([a-z][\w+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url) ?? []
      return scheme && isOurs(scheme) ? `http://${name}.${scheme}.localhost${rest || '/'}` : url
    },
    fromWire(url) {
      const [, name, scheme, rest] = /^http:\/\/([^/?#]+)\.([\w+-]+)\.localhost(?::\d+)?(.*)$/.exec(url) ?? []
      return scheme && isOurs(scheme) ? `${scheme}://${name}${rest}` : url
    },
    handlerOf: (url) => handlers.get(/^([\w+.-]+):/.exec(url)?.[1]),
    protocol: {
      registerSchemesAsPrivileged(schemes) {
        if (host.isReady) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
        for (const { scheme } of schemes) privileged.add(scheme)
      },
      handle(scheme, handler) {
        if (handlers.has(scheme)) throw new Error(`The scheme '${scheme}' has been registered`)
        handlers.set(scheme, handler)
      },
    },
  }
}
module.exports = { createProtocol }
