'use strict'
// A small app that only asks Electron how it behaves; specs/contract-of-electron.spec.ts reads the answers.
const { app, BrowserWindow, ipcMain, protocol } = require('electron')
const { join } = require('node:path')

const log = []
globalThis.probe = { log, window: null, senders: [] }

app.enableSandbox()
protocol.registerSchemesAsPrivileged([
  { scheme: 'probe', privileges: { standard: true, secure: true, supportFetchAPI: true } },
])
app.on('web-contents-created', () => log.push('web-contents-created'))
for (const name of ['before-quit', 'will-quit', 'window-all-closed']) app.on(name, () => log.push(name))

const files = {
  '/': [
    'text/html',
    '<!doctype html><title>Probe</title><script src="/page.js"></script><a id="out" target="_blank" href="https://example.com/x">out</a>',
  ],
  '/page.js': ['text/javascript', 'globalThis.ran = true'],
  '/inline': ['text/html', '<!doctype html><script>globalThis.ran = true</script>'],
}
function serve(request) {
  const { pathname, host } = new URL(request.url)
  log.push(`request ${host}${pathname}`)
  const [type, body] = files[pathname] ?? []
  const headers = {
    'Content-Type': type ?? 'text/plain',
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; connect-src 'self'",
  }
  return new Response(body ?? 'Not found', { status: type ? 200 : 404, headers })
}

void app.whenReady().then(() => {
  protocol.handle('probe', serve)
  ipcMain.handle('echo', (event, value) => {
    const { url, origin, parent } = event.senderFrame
    globalThis.probe.senders.push({ url, origin, parent, isOwn: event.sender === globalThis.probe.window.webContents })
    return value
  })
  ipcMain.handle('fail', () => {
    throw new TypeError('on purpose')
  })
  ipcMain.handle('function', () => () => {})
  const window = new BrowserWindow({
    show: false,
    webPreferences: { preload: join(__dirname, 'preload.cjs'), additionalArguments: ['--probe=a,b'] },
  })
  globalThis.probe.window = window
  window.once('ready-to-show', () => window.show())
  window.webContents.on('will-navigate', (event) => {
    log.push(`will-navigate ${event.url}`)
    event.preventDefault()
  })
  window.webContents.setWindowOpenHandler(({ url }) => {
    log.push(`open ${url}`)
    return { action: 'deny' }
  })
  void window.loadURL('probe://host/')
})
