'use strict'
const { EventEmitter } = require('node:events')

/** What would open something of the desktop's throws, so that no test passes because nothing happened. */
function createDesktop() {
  const refuse = (name) => () => {
    throw new Error(`electron-host: ${name} would open a window of the desktop; record it in the test (e2e/record.cjs)`)
  }
  return {
    dialog: {
      showErrorBox: (title, text) => process.stderr.write(`${title}\n${text}\n`),
      showMessageBox: refuse('dialog.showMessageBox'),
    },
    shell: {
      openExternal: async (url) => refuse(`shell.openExternal(${url})`)(),
      openPath: async () => refuse('shell.openPath')(),
    },
    powerMonitor: new EventEmitter(),
  }
}
module.exports = { createDesktop }
