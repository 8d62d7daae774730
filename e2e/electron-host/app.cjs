'use strict'
const { EventEmitter } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { startChromium } = require('./chromium.cjs')
const { preventable } = require('./preventable.cjs')

/** `app`, and the part of the host that starts and ends. */
function createApp(host) {
  const state = { appPath: '', manifest: {}, paths: {}, name: undefined, login: {}, lock: null, handOver: null }
  const ready = Promise.withResolvers()
  const app = new EventEmitter()

  const configFolder = () => process.env.XDG_CONFIG_HOME ?? path.join(os.homedir(), '.config')
  const defaults = {
    home: os.homedir,
    appData: configFolder,
    userData: () => path.join(configFolder(), app.getName()),
    sessionData: () => app.getPath('userData'),
    temp: os.tmpdir,
    exe: () => process.argv[0],
    logs: () => path.join(app.getPath('userData'), 'logs'),
  }

  Object.assign(app, {
    isPackaged: false,
    whenReady: () => ready.promise,
    isReady: () => host.isReady,
    enableSandbox() {
      if (host.isReady) throw new Error('app.enableSandbox() can only be called before app is ready')
    },
    getName: () => state.name ?? state.manifest.productName ?? state.manifest.name ?? 'Electron',
    setName(name) {
      state.name = name
    },
    getVersion: () => state.manifest.version ?? process.versions.electron,
    getAppPath: () => state.appPath,
    getPath(name) {
      const found = state.paths[name] ?? defaults[name]?.()
      if (!found) throw new Error(`Failed to get '${name}' path`)
      return found
    },
    setPath(name, value) {
      if (!path.isAbsolute(value)) throw new Error('Path must be absolute')
      state.paths[name] = value
    },
    setLoginItemSettings: (settings) => Object.assign(state.login, settings),
    getLoginItemSettings: () => ({ ...state.login }),
    setAsDefaultProtocolClient: () => true,
    commandLine: createCommandLine(),
    requestSingleInstanceLock: () => takeLock(app, state),
    hasSingleInstanceLock: () => state.lock !== null,
    quit() {
      if (host.isQuitting) return
      if (isPrevented(app, 'before-quit')) return
      for (const window of [...host.windows.values()]) {
        window.close()
        if (!window.isDestroyed()) return
      }
      if (!isPrevented(app, 'will-quit')) app.exit(0)
    },
    exit(code = 0) {
      if (host.isQuitting) return
      host.isQuitting = true
      for (const window of [...host.windows.values()]) window.gone()
      app.emit('quit', {}, code)
      host.browser?.cdp.close()
      state.lock?.close()
      void Promise.allSettled([host.browser?.stop(), state.handOver]).then(() => process.exit(code))
    },
  })
  process.on('exit', () => host.browser?.kill())
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => app.quit())

  host.init = ({ appPath, manifest }) => {
    Object.assign(state, { appPath, manifest })
    const folder = process.argv.find((word) => word.startsWith('--user-data-dir='))
    if (folder) state.paths.userData = path.resolve(folder.slice('--user-data-dir='.length))
  }
  host.start = async ({ debugPort, switches }) => {
    host.browser = await startChromium(debugPort, switches)
    Object.defineProperty(process.versions, 'chrome', { value: host.browser.version, enumerable: true })
    return host.browser.line
  }
  host.ready = () => {
    host.isReady = true
    ready.resolve()
    app.emit('ready', {}, {})
  }
  return app
}

function isPrevented(app, name) {
  const event = preventable()
  app.emit(name, event)
  return event.defaultPrevented
}

function createCommandLine() {
  const switches = new Map()
  const plain = (name) => name.replace(/^--/, '')
  return {
    appendSwitch: (name, value = '') => void switches.set(plain(name), value),
    hasSwitch: (name) => switches.has(plain(name)),
    getSwitchValue: (name) => switches.get(plain(name)) ?? '',
  }
}

/** A socket in the user data folder: a second process hands over its command line and is told no. */
function takeLock(app, state) {
  if (state.lock) return true
  const folder = app.getPath('userData')
  fs.mkdirSync(folder, { recursive: true })
  const socket = path.join(folder, 'SingletonSocket')
  const pidFile = path.join(folder, 'SingletonPid')
  const other = Number(fs.existsSync(pidFile) && fs.readFileSync(pidFile, 'utf8'))
  if (other && other !== process.pid && isAlive(other)) {
    const told = net.connect(socket).on('error', () => {})
    state.handOver = new Promise((resolve) => told.once('close', resolve))
    told.end(JSON.stringify({ argv: process.argv, cwd: process.cwd() }))
    return false
  }
  fs.rmSync(socket, { force: true })
  fs.writeFileSync(pidFile, String(process.pid))
  state.lock = net
    .createServer((connection) => {
      let text = ''
      connection.on('data', (part) => {
        text += part
      })
      connection.on('end', () => {
        const { argv, cwd } = JSON.parse(text)
        app.emit('second-instance', {}, argv, cwd, null)
      })
    })
    .listen(socket)
    .unref()
  return true
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
module.exports = { createApp }
