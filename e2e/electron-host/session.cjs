'use strict'
const { EventEmitter } = require('node:events')

/** Keeps the handlers it is given. Chromium is not asked to use them: see README, “What it cannot show”. */
function createSession() {
  const session = new EventEmitter()
  session.handlers = {}
  for (const name of ['setPermissionRequestHandler', 'setPermissionCheckHandler', 'setDevicePermissionHandler'])
    session[name] = (handler) => {
      session.handlers[name] = handler
    }
  // The system of a test has no proxy. The real one answers in a PAC file's words as well.
  session.resolveProxy = async () => 'DIRECT'
  return session
}
module.exports = { createSession }
