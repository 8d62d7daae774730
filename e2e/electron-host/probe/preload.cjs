'use strict'
const { contextBridge, ipcRenderer } = require('electron')

const canRequire = (name) => {
  try {
    require(name)
    return true
  } catch {
    return false
  }
}
contextBridge.exposeInMainWorld('probe', {
  invoke: (channel, value) => ipcRenderer.invoke(channel, value),
  on: (channel, listener) => {
    const heard = (_event, ...args) => listener(...args)
    ipcRenderer.on(channel, heard)
    return () => void ipcRenderer.off(channel, heard)
  },
  facts: {
    argument: process.argv.find((word) => word.startsWith('--probe=')) ?? null,
    sandboxed: process.sandboxed,
    modules: ['electron', 'timers', 'node:fs', 'child_process', './other.cjs'].filter(canRequire),
  },
  nested: { list: [1, [2]], text: 'a' },
  mapLength: () => [1, 2, 3].map((n) => n).length,
  throws: () => {
    throw new Error('from the preload')
  },
})
